import { createServer, isIP } from 'node:net';
import { StartError } from '@gongu/host';

/**
 * The port to use: the wanted one, or any free one for 0.
 *
 * @throws StartError naming the variable when somebody listens there
 */
export async function claimPort(name: string, wanted: number, host: string): Promise<number> {
  try {
    return await tryListen(wanted, host);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const cause = { cause: error };
    if (code === 'EADDRINUSE') {
      throw new StartError(`port ${wanted} is in use: stop what listens there, or set ${name} to another port`, cause);
    }
    if (code === 'EACCES') {
      throw new StartError(`port ${wanted} is not allowed to this user: set ${name} to another port`, cause);
    }
    throw new StartError(`${host} is no address to listen on: set HOST to one of this machine (${code})`, cause);
  }
}

/** What a client on this machine puts before the port. */
export function localHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}

/** Whether nobody but this machine reaches it. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

function tryListen(port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(port, host, () => {
      const found = (server.address() as { port: number }).port;
      server.close(() => resolve(found));
    });
  });
}
