import { connect, createServer } from 'node:net';

/** One execution of a statement. */
export interface Statement {
  /** The SQL. */
  readonly text: string;
  /** All of the message that bound its parameters, byte by byte (latin1): for a search, not for reading. */
  readonly bound: string;
}

export interface StatementProxy {
  /** The database's URL by way of the proxy. */
  readonly url: string;
  /** Takes no new connections; those that are open stay. */
  close(): void;
}

/** A place in front of PostgreSQL that tells each statement as it is executed, and forwards everything unchanged. */
export async function statementProxy(
  databaseUrl: string,
  onStatement: (statement: Statement) => void,
): Promise<StatementProxy> {
  const target = new URL(databaseUrl);
  const server = createServer((client) => {
    const upstream = connect(Number(target.port || 5432), target.hostname);
    const look = createReader(onStatement);
    client.on('data', look);
    client.pipe(upstream).pipe(client);
    const end = () => {
      client.destroy();
      upstream.destroy();
    };
    for (const socket of [client, upstream]) socket.on('error', end).on('close', end);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const own = new URL(databaseUrl);
  own.hostname = '127.0.0.1';
  own.port = String((server.address() as { port: number }).port);
  return { url: own.href, close: () => void server.close() };
}

/**
 * Reads what a client says (PostgreSQL's protocol 3.0, "Message Flow"): Parse names a text, Bind chooses one and its
 * parameters, Execute runs it; Query is all in one.
 */
function createReader(onStatement: (statement: Statement) => void): (data: Buffer) => void {
  const prepared = new Map<string, string>();
  let chosen: Statement = { text: '', bound: '' };
  let rest: Buffer = Buffer.alloc(0);
  let started = false;

  function message(type: string, body: Buffer): void {
    if (!'PBEQ'.includes(type)) return;
    const bound = body.toString('latin1');
    const [first = '', second = ''] = bound.split('\0', 2);
    if (type === 'P') prepared.set(first, second);
    if (type === 'B') chosen = { text: prepared.get(second) ?? '', bound };
    if (type === 'E') onStatement(chosen);
    if (type === 'Q') onStatement({ text: first, bound: '' });
  }

  return (data) => {
    rest = rest.length === 0 ? data : Buffer.concat([rest, data]);
    for (;;) {
      const head = started ? 1 : 0; // the first message has no type
      if (rest.length < head + 4) return;
      const size = head + rest.readInt32BE(head);
      if (rest.length < size) return;
      if (started) message(String.fromCharCode(rest[0]!), rest.subarray(5, size));
      started = true;
      rest = rest.subarray(size);
    }
  };
}
