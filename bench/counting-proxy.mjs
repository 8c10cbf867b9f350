import { connect, createServer } from 'node:net';

/** What a statement is about, by its text; the first that fits. */
const KINDS = [
  ['rooms', /jsonb_agg/], // a room, its members and its newest messages: what opening one in memory reads
  ['writes', /append_messages|join_rooms|mark_read|leave_room|open_room|set_room|expire_rooms|\bINSERT\b|\bDELETE\b/i],
  ['messages', /\bmessages\b.*ORDER BY/is],
  ['heads', /\blast_seq\b/i],
  ['membership', /\bFROM "?(?:chat"?\.")?(?:members|rooms)\b/i],
];

/** Forwards to the PostgreSQL of the URL and counts the statements that are executed. */
export async function countingProxy(url) {
  const target = new URL(url);
  const texts = new Map();
  let counts = empty();

  const server = createServer((client) => {
    const upstream = connect(Number(target.port || 5432), target.hostname);
    const prepared = new Map();
    let bound = '';
    let rest = Buffer.alloc(0);
    let started = false;
    client.on('data', (data) => {
      rest = Buffer.concat([rest, data]);
      for (;;) {
        const head = started ? 1 : 0; // the first message has no type
        if (rest.length < head + 4) break;
        const size = head + rest.readInt32BE(head);
        if (rest.length < size) break;
        if (started) look(String.fromCharCode(rest[0]), rest.subarray(5, size));
        started = true;
        rest = rest.subarray(size);
      }
    });
    client.pipe(upstream).pipe(client);
    const end = () => {
      client.destroy();
      upstream.destroy();
    };
    for (const socket of [client, upstream]) socket.on('error', end).on('close', end);

    /** Parse names a text, Bind chooses one, Execute runs it; Query is all in one. */
    function look(type, body) {
      const [first = '', second = ''] = body.toString('utf8').split('\0', 2);
      if (type === 'P') prepared.set(first, second);
      if (type === 'B') bound = prepared.get(second) ?? '';
      if (type === 'E') count(bound);
      if (type === 'Q') count(first);
    }
  });

  function count(text) {
    const [kind] = KINDS.find(([, pattern]) => pattern.test(text)) ?? ['others'];
    counts[kind]++;
    texts.set(kind, text);
  }

  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const own = new URL(url);
  own.hostname = '127.0.0.1';
  own.port = String(server.address().port);
  return {
    url: own.href,
    counts: () => counts,
    /** The last statement of that kind. */
    textOf: (kind) => texts.get(kind),
    reset() {
      counts = empty();
    },
    close: () => server.close(),
  };
}

const empty = () => ({ rooms: 0, membership: 0, messages: 0, heads: 0, writes: 0, others: 0 });
