import { connect, createServer, type Socket } from 'node:net';
import { freePort } from '@gongu/testkit';
import { createReplySplitter, type Reply } from './resp.ts';

/** What happens to messages of channels on their way to a subscriber; everything else passes as it is. */
export type BusMode = 'pass' | 'doubled' | 'reordered' | 'dropped';

export interface BusProxy {
  readonly port: number;
  set(mode: BusMode): void;
  /** Messages that were doubled, swapped or dropped. */
  readonly harmed: number;
  close(): Promise<void>;
}

/** How long a message is held back for one that may overtake it. */
const HOLD_MS = 150;
/** How many may be held back; the last one goes first. */
const HOLD_MOST = 3;

/**
 * Between one instance and Redis: it reads the replies, and harms those that are messages of rooms. Beats pass, else the
 * instance would notice that its bus is ill, and stop to rely on it.
 */
export async function startBusProxy({ target }: { target: number }): Promise<BusProxy> {
  const port = await freePort();
  const sockets = new Set<Socket>();
  let mode: BusMode = 'pass';
  let harmed = 0;
  let turn = 0;

  const server = createServer((client) => {
    const upstream = connect(target, '127.0.0.1');
    const split = createReplySplitter();
    const held: Buffer[] = [];
    let timer: NodeJS.Timeout | undefined;
    const release = () => {
      clearTimeout(timer);
      for (const bytes of held.splice(0).reverse()) client.write(bytes);
    };
    const pass = (reply: Reply) => {
      if (mode === 'pass' || !isOfRoom(reply)) {
        // Nothing may overtake a reply to a command.
        release();
        client.write(reply.bytes);
        return;
      }
      turn += 1;
      if (mode === 'doubled') {
        harmed += 1;
        client.write(Buffer.concat([reply.bytes, reply.bytes]));
      } else if (mode === 'dropped') {
        if (turn % 3 === 0) harmed += 1;
        else client.write(reply.bytes);
      } else {
        held.push(Buffer.from(reply.bytes));
        if (held.length > 1) harmed += 1;
        if (held.length >= HOLD_MOST) return release();
        clearTimeout(timer);
        timer = setTimeout(release, HOLD_MS);
      }
    };
    upstream.on('data', (chunk) => {
      for (const reply of split(chunk)) pass(reply);
    });
    client.on('data', (chunk) => upstream.write(chunk));
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(one);
      one.on('error', () => {}); // 'close' follows
      one.on('close', () => {
        sockets.delete(one);
        clearTimeout(timer);
        other.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));

  return {
    port,
    set(next) {
      mode = next;
    },
    get harmed() {
      return harmed;
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function isOfRoom({ texts }: Reply): boolean {
  const [kind, channel] = texts ?? [];
  return kind?.toString() === 'message' && channel?.includes(':room:') === true;
}
