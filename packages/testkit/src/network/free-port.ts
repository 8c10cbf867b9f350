import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/** Below the range that the system gives to outgoing connections (Linux: from 32768), from which a free port may be taken at any moment. */
const FIRST_PORT = 10_240;
const LAST_PORT = 22_000;
const ATTEMPTS = 200;

/**
 * A TCP port of 127.0.0.1 that nobody listens on now. Where a server can take port 0 itself, let it.
 *
 * @param alsoFree distances of further ports that must be free too; a Redis Cluster node listens 10 000 above its port
 * @throws Error when none was found
 */
export async function freePort(alsoFree: readonly number[] = []): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const port = randomInt(FIRST_PORT, LAST_PORT);
    const wanted = [port, ...alsoFree.map((distance) => port + distance)];
    if ((await Promise.all(wanted.map(canListen))).every(Boolean)) return port;
  }
  throw new Error(`no free port between ${FIRST_PORT} and ${LAST_PORT}`);
}

function canListen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
