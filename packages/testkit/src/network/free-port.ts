import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/** Below the range that the system gives to outgoing connections (Linux: from 32768), from which a free port may be taken at any moment. */
const FIRST_PORT = 10_240;
/** So many that 10 000 above them are none of them, and all are below that range: Redis Cluster. */
const PORTS = 10_000;
/** One for each worker of the tests (`vitest.config.ts` has four), and one for all other processes. */
const SHARES = 5;
const ATTEMPTS = 200;

// Between the look and the program that then listens pass seconds, and a service that a test has killed comes back to its port: with
// a share of its own and no port twice, no worker is given one that another waits for.
let given = randomInt(PORTS / SHARES);

/** The ports of a worker. @param worker `VITEST_POOL_ID`, from 1 on; undefined: of what is none */
export function portsOf(worker: string | undefined): { readonly first: number; readonly count: number } {
  const count = PORTS / SHARES;
  return { first: FIRST_PORT + (Number(worker ?? 0) % SHARES) * count, count };
}

/**
 * A TCP port of 127.0.0.1 that nobody listens on now, and that this process was not given before (of 2 000). Where a server can
 * take port 0 itself, let it.
 *
 * @param alsoFree distances of further ports that must be free too; a Redis Cluster node listens 10 000 above its port
 * @throws Error when none was found
 */
export async function freePort(alsoFree: readonly number[] = []): Promise<number> {
  const { first, count } = portsOf(process.env.VITEST_POOL_ID);
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const port = first + (given++ % count);
    const wanted = [port, ...alsoFree.map((distance) => port + distance)];
    if ((await Promise.all(wanted.map(canListen))).every(Boolean)) return port;
  }
  throw new Error(`no free port from ${first} to ${first + count - 1}`);
}

function canListen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
