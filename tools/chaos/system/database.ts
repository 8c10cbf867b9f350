import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '@gongu/host/embedded';

/** Connections that services, migrations and this run may have at once. */
const SETTINGS = { max_connections: '120' };

/** An embedded PostgreSQL, with fsync, that can be restarted in its place. */
export async function startDatabase({ dataDir }: { dataDir: string }) {
  let server: EmbeddedPostgres = await startEmbeddedPostgres({ dataDir, settings: SETTINGS });
  const { port, url } = server;

  async function startAgain(): Promise<void> {
    server = await startEmbeddedPostgres({ dataDir, port, settings: SETTINGS });
  }

  return {
    port,
    /** With the superuser's password. */
    url,
    get pid() {
      return server.pid;
    },
    /** Ends its connections, writes a checkpoint, and comes back after `forMs`. */
    async restart(forMs: number) {
      await server.stop();
      await sleep(forMs);
      await startAgain();
    },
    /** Immediate shutdown, as a crash: no checkpoint, and the log is replayed at the start. */
    async crash(forMs: number) {
      process.kill(server.pid, 'SIGQUIT');
      await server.exited;
      await server.stop(); // gives up the place
      await sleep(forMs);
      await startAgain();
    },
    /** All that it has written, over its restarts. */
    async log(): Promise<string> {
      const read = (name: string) => readFile(join(server.place, name), 'utf8').catch(() => '');
      return (await read('server.log.1')) + (await read('server.log'));
    },
    stop: () => server.stop(),
  };
}
