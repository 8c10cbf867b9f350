import pg from 'pg';
import { type TcpProxy, tcpProxy } from './tcp-proxy.ts';

export interface ShakyDatabase {
  /** `DATABASE_URL` by way of `proxy`, and limits of PostgreSQL that a test can wait for. */
  readonly env: Readonly<Record<string, string>>;
  readonly proxy: TcpProxy;
  /** Rows as they are, past the proxy. In no transaction, where sessions would look as they did at its beginning. */
  rows<T = Record<string, unknown>>(sql: string, ...values: unknown[]): Promise<T[]>;
  /** Begins a transaction from outside and runs `sql` in it, which takes locks. */
  lock(sql: string, ...values: unknown[]): Promise<void>;
  /** Ends that transaction. */
  unlock(how: 'COMMIT' | 'ROLLBACK'): Promise<void>;
  /** Statements of others that wait for a lock. */
  waiting(): Promise<number>;
  /** Ends the connections of those; how many. */
  terminateWaiting(): Promise<number>;
  /** Everything passes again; what is left of connections that lost something is reset. */
  mend(): Promise<void>;
  /** Lets a service end that still runs by way of it, with `stop`, and ends. */
  close(stop: () => Promise<unknown>): Promise<void>;
}

const LOCK_WAITS = `FROM pg_stat_activity
  WHERE datname = current_database() AND pid <> pg_backend_pid() AND wait_event_type = 'Lock'`;

/** A database that can be lost in every way, under a service that is started with `env`. */
export async function shakyDatabase(url: string): Promise<ShakyDatabase> {
  const proxy = await tcpProxy({ target: url });
  const holder = new pg.Client({ connectionString: url });
  const observer = new pg.Client({ connectionString: url });
  await Promise.all([holder.connect(), observer.connect()]);

  async function mend(): Promise<void> {
    await proxy.pass();
    proxy.cut();
  }
  return {
    env: {
      DATABASE_URL: proxy.through(url),
      DATABASE_STATEMENT_TIMEOUT_MS: '900',
      DATABASE_LOCK_TIMEOUT_MS: '300',
      DATABASE_CLIENT_CHECK_MS: '200',
    },
    proxy,
    mend,
    async rows<T>(sql: string, ...values: unknown[]) {
      return (await observer.query(sql, values)).rows as T[];
    },
    async lock(sql, ...values) {
      await holder.query('BEGIN');
      await holder.query(sql, values);
    },
    async unlock(how) {
      await holder.query(how);
    },
    async waiting() {
      return (await observer.query(`SELECT 1 ${LOCK_WAITS}`)).rows.length;
    },
    async terminateWaiting() {
      return (await observer.query(`SELECT pg_terminate_backend(pid) ${LOCK_WAITS}`)).rows.length;
    },
    async close(stop) {
      await Promise.all([holder.end(), observer.end()]);
      await mend();
      await stop();
      await proxy.close();
    },
  };
}
