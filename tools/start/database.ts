import { setTimeout as sleep } from 'node:timers/promises';
import { createLog, type Pooler, waitForPostgres } from '@gongu/host';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '@gongu/host/embedded';
import { readable, type Terminal } from '@gongu/sim/supervise';

export interface Database {
  url: string;
  /** How it is called in a sentence: "PostgreSQL on 127.0.0.1:5432". */
  title: string;
  stop(): Promise<void>;
}

export interface DatabaseOptions {
  /** An existing PostgreSQL; undefined: an embedded one, with its data in `dataDir`. */
  url: string | undefined;
  /** What stands between, where it is an existing one. */
  pooler: Pooler;
  dataDir: string;
  terminal: Terminal;
  /** Ends watching the embedded one. */
  stopping: AbortSignal;
}

/** Time for a server that is just starting beside us (docker compose); a wrong address should not take a minute. */
const PATIENCE_MS = 5_000;

/** The database to work with, ready. @throws StartError with one clear line */
export async function openDatabase({ url, pooler, dataDir, terminal, stopping }: DatabaseOptions): Promise<Database> {
  if (url) {
    await waitForPostgres({ url, pooler, deadlineMs: PATIENCE_MS });
    const { hostname, port, pathname } = new URL(url);
    return { url, title: `PostgreSQL at ${hostname}:${port || 5432}${pathname}`, stop: async () => {} };
  }
  const log = createLog({ service: 'PostgreSQL', stream: { write: (line) => tell(terminal, line) } });
  let server = await startEmbeddedPostgres({ dataDir, log });
  const { port } = server;
  const watching = watch();
  return {
    url: server.url,
    title: `PostgreSQL on 127.0.0.1:${port}`,
    async stop() {
      await server.stop();
      await watching;
    },
  };

  /** One that ends by itself is started again on the same port, so that the services find it. */
  async function watch(): Promise<void> {
    for (;;) {
      await server.exited;
      if (stopping.aborted) return;
      terminal.warn('PostgreSQL ended: starting it again');
      const next = await startAgain();
      if (!next) return;
      server = next;
      if (stopping.aborted) return void (await server.stop());
      terminal.say('PostgreSQL is back');
    }
  }

  async function startAgain(): Promise<EmbeddedPostgres | undefined> {
    await server.stop(); // gives its place up
    for (let waitMs = 500; !stopping.aborted; waitMs = Math.min(30_000, waitMs * 2)) {
      try {
        return await startEmbeddedPostgres({ dataDir, port, log });
      } catch (error) {
        terminal.warn(`${error instanceof Error ? error.message : error}; next attempt in ${waitMs / 1000} s`);
        await sleep(waitMs, undefined, { signal: stopping }).catch(() => {});
      }
    }
    return undefined;
  }
}

function tell(terminal: Terminal, line: string): void {
  const text = readable('', line.trimEnd());
  if (text) terminal.warn(text);
}
