import { PrismaPg } from '@prisma/adapter-pg';
import pg from 'pg';
import type { Logger } from '../log.ts';
import { Unsent } from './fate.ts';
import { nameless, PooledClient } from './local-settings.ts';
import { patience } from './patience.ts';
import { type ClientPatience, PatientClient } from './patient-client.ts';
import {
  type Pooler,
  SESSION_LIMITS,
  type SessionLimits,
  sessionSettings,
  settingStatement,
  withoutSettings,
  withSettings,
} from './session-settings.ts';

export type { Pool } from 'pg';

export interface PoolOptions extends Partial<SessionLimits> {
  /** `postgresql://user:password@host:port/database`. */
  url: string;
  /** The service's PostgreSQL schema: unqualified names mean tables and functions in it, and in no other. */
  schema: string;
  /** What stands between. @default 'none' */
  pooler?: Pooler;
  /** Most connections at once. @default 10 */
  max?: number;
  /** Hears of idle connections that broke. */
  log?: Logger;
  /** Shown in `pg_stat_activity`. */
  applicationName?: string;
  /** Milliseconds to wait for a connection. Time in which this process stands still is not counted, here and below. @default 5_000 */
  connectTimeoutMs?: number;
  /**
   * Milliseconds to wait for an answer. A half-open connection would otherwise hold its caller for as long as TCP
   * tries, a quarter of an hour. More than `statementTimeoutMs`. @default `statementTimeoutMs` and 5_000
   */
  queryTimeoutMs?: number;
}

/** Milliseconds that an answer may be on its way after PostgreSQL's own time is over. */
const ANSWER_MS = 5_000;

/**
 * Says of a failure whether there was a connection at all: the words for one that ended are the same before and after. And
 * keeps a connection whose statement PostgreSQL refused, where pg's pool would make another one.
 */
class TellingPool extends pg.Pool {
  override connect(): Promise<pg.PoolClient>;
  override connect(callback: ConnectCallback): void;
  override connect(callback?: ConnectCallback): Promise<pg.PoolClient> | undefined {
    const lent = this.#lent();
    if (!callback) return lent;
    lent.then(
      (client) => callback(undefined, client, (how) => client.release(how as Error | undefined)),
      (error: Error) => callback(error, undefined, () => {}),
    );
    return undefined;
  }

  #lent(): Promise<pg.PoolClient> {
    return new Promise((resolve, reject) => {
      let isOver = false;
      const take: ConnectCallback = (error, client) => {
        end();
        if (isOver) client?.release();
        else if (client) resolve(client);
        else reject(new Unsent(error));
      };
      const { connectTimeoutMs } = this.options as unknown as ClientPatience;
      const end = patience(connectTimeoutMs, () => {
        isOver = true;
        const { _pendingQueue: waiting } = this as unknown as { _pendingQueue: { callback: ConnectCallback }[] };
        const place = waiting.findIndex(({ callback }) => callback === take);
        if (place >= 0) waiting.splice(place, 1);
        reject(new Unsent(new Error('timeout exceeded when trying to connect')));
      });
      super.connect(take);
    });
  }

  // Of its many forms the ones with a promise: all that Prisma and we use.
  override query = (async (config: pg.QueryConfig, values?: unknown[]) => {
    try {
      return await this.#once(config, values);
    } catch (error) {
      if (!config.name || !isForgotten(error)) throw error;
      return this.#once(nameless(config), values);
    }
  }) as pg.Pool['query'];

  async #once(config: pg.QueryConfig, values?: unknown[]): Promise<pg.QueryResult> {
    const client = await this.connect();
    try {
      const result = await client.query(config, values);
      client.release();
      return result;
    } catch (error) {
      client.release(!isUsableAfter(error));
      throw error;
    }
  }
}

/**
 * Errors that PostgreSQL gives to a statement only, and goes on: of the data, the SQL, the transaction, a lock, a
 * function of ours. Others may end the connection, and say so in words of `lc_messages` alone.
 */
const OF_STATEMENTS = /^(?:0A|2[1-4]|34|4[0-4]|54|55|57014|P0|GI)/;

/** A connection that turned read-only may lead to what was the primary: after a failover by name or address the next one leads to the new one. */
function isUsableAfter(error: unknown): boolean {
  if (!(error instanceof pg.DatabaseError)) return false;
  const goesOn = error.severity === 'ERROR' || OF_STATEMENTS.test(error.code ?? '');
  return goesOn && error.code !== '25006' && !isForgotten(error);
}

/**
 * A prepared statement is not there, is there already, or answers otherwise since a migration: a pooler was told to keep
 * none any more, keeps those of a version before, or took the name although PostgreSQL refused the statement (PgBouncer,
 * which then ends the connection). Nothing was carried out.
 */
function isForgotten(error: unknown): boolean {
  if (!(error instanceof pg.DatabaseError)) return false;
  const { code = '', message, routine } = error;
  return (
    /^(26000|42P05)$/.test(code) ||
    // Its words are of whatever language PostgreSQL speaks.
    (code === '0A000' && routine === 'RevalidateCachedQuery') ||
    (code === '08P01' && message.startsWith('prepared statement'))
  );
}

type ConnectCallback = (
  error: Error | undefined,
  client: pg.PoolClient | undefined,
  done: (release?: unknown) => void,
) => void;

/**
 * A node-postgres pool in one schema. No answer depends on what the database sets for its sessions: behind a pooler in
 * transaction mode but for `default_transaction_isolation`, which a start looks at. A connection that
 * breaks while idle is logged and replaced. A statement that could not be sent fails with {@link Unsent}.
 */
export function createPool(options: PoolOptions): pg.Pool {
  const { url, schema, max = 10, log, applicationName, connectTimeoutMs = 5_000, pooler = 'none' } = options;
  const limits: SessionLimits = {
    statementTimeoutMs: options.statementTimeoutMs ?? SESSION_LIMITS.statementTimeoutMs,
    lockTimeoutMs: options.lockTimeoutMs ?? SESSION_LIMITS.lockTimeoutMs,
    idleInTransactionMs: options.idleInTransactionMs ?? SESSION_LIMITS.idleInTransactionMs,
    clientCheckMs: options.clientCheckMs ?? SESSION_LIMITS.clientCheckMs,
  };
  const queryTimeoutMs = options.queryTimeoutMs ?? limits.statementTimeoutMs + ANSWER_MS;
  const settings = sessionSettings(schema, limits);
  const pool = new TellingPool({
    ...(pooler === 'none'
      ? { connectionString: withSettings(url, settings), onConnect: withoutTransactionTimeout }
      : { connectionString: withoutSettings(url), onConnect: SETTLE[pooler](settings) }),
    Client: pooler === 'transaction' ? PooledClient : PatientClient,
    max,
    application_name: applicationName ?? schema,
    ...({ connectTimeoutMs, queryTimeoutMs } satisfies ClientPatience),
    keepAlive: true,
  } as pg.PoolConfig);
  // Without a listener the first broken idle connection would end the process.
  pool.on('error', (error) => log?.warn({ err: error }, 'an idle database connection broke'));
  // Nor one that breaks while somebody has it: its query fails, and tells him.
  pool.on('connect', (client) => client.on('error', () => {}));
  return pool;
}

/** What only a session, or a transaction that has not begun, can be told. */
const OF_SESSIONS = new Set([
  'default_transaction_isolation',
  'default_transaction_deferrable',
  'idle_session_timeout',
]);

type Settle = (settings: Readonly<Record<string, string>>) => (client: pg.ClientBase) => Promise<void>;

/** How a new connection of a pooler comes to its settings. */
const SETTLE: Readonly<Record<Exclude<Pooler, 'none'>, Settle>> = {
  session: (settings) => async (client) => {
    await client.query(settingStatement(settings, false));
    await withoutTransactionTimeout(client);
  },
  transaction: (settings) => async (client) => {
    const { rows } = await client.query<{ limited: boolean; abbreviations: string }>(
      `SELECT current_setting('transaction_timeout', true) IS NOT NULL AS limited,
        current_setting('timezone_abbreviations') AS abbreviations`,
    );
    const { timezone_abbreviations: wanted, ...rest } = settings;
    const local = Object.entries(rest).filter(([name]) => !OF_SESSIONS.has(name));
    const { limited, abbreviations } = rows[0]!;
    await (client as PooledClient).settle(
      settingStatement(
        {
          ...Object.fromEntries(local),
          ...(limited ? { transaction_timeout: '0' } : {}),
          // Setting it reads a file each time.
          ...(abbreviations === wanted ? {} : { timezone_abbreviations: wanted! }),
        },
        true,
      ),
    );
  },
};

// Of PostgreSQL 17 and later, and so nothing that could be asked for before the version is known.
async function withoutTransactionTimeout(client: pg.ClientBase): Promise<void> {
  const setting = "current_setting('transaction_timeout', true)";
  await client.query(`SELECT set_config('transaction_timeout', '0', false) WHERE ${setting} <> '0'`);
}

/**
 * What `new PrismaClient({ adapter })` wants. With `pool`, Prisma shares the connections of that pool (and does not end
 * it); else it makes its own.
 */
export function prismaAdapter(options: { pool: pg.Pool; schema: string } | PoolOptions): PrismaPg {
  const own = !('pool' in options);
  // Prisma writes qualified names, `public` unless told: search_path alone would not reach them.
  return new PrismaPg(own ? createPool(options) : options.pool, {
    schema: options.schema,
    disposeExternalPool: own,
  });
}
