import pg from 'pg';
import type { Logger } from '../log.ts';
import { postgresAccount } from './account.ts';
import { openCluster, SUPERUSER } from './cluster.ts';
import { endOrphan, endPostmaster } from './orphan.ts';
import { takeOwnership } from './owner.ts';
import { findPlace } from './place.ts';
import { findPrograms } from './programs.ts';
import { runServer } from './server.ts';

// For whoever starts processes beside PostgreSQL.
export { takeOwnership } from './owner.ts';
export { commandLine, parentOf, processIdentity } from './process-identity.ts';

export interface EmbeddedPostgresOptions {
  /** Folder for the data; made if missing. PostgreSQL's files go to `postgres` in it. */
  dataDir: string;
  /** TCP port on 127.0.0.1. @default 0 // any free one */
  port?: number;
  log?: Logger;
  /** False: no fsync. Twice as fast, and a crash of the machine may destroy the data. @default true */
  durable?: boolean;
  /** In a process group of its own, so that a terminal's Ctrl-C does not reach it. @default true */
  detached?: boolean;
  /** Further settings of postgresql.conf, for instance `{max_connections: '300'}`. */
  settings?: Record<string, string>;
  /**
   * As root: where programs and data go when the account `postgres` may not enter the usual places.
   * @default '/var/lib/gongu'
   */
  shelterDir?: string;
}

export interface EmbeddedPostgres {
  /** Connection URL of the superuser `gongu` and the database `gongu`, password included. */
  url: string;
  port: number;
  /** Folder that holds the data and the server's log: `postgres` in `dataDir`, or a folder of the shelter. */
  place: string;
  /** The postmaster's process number. */
  pid: number;
  /** Fulfilled when the server is gone, whatever ended it. */
  exited: Promise<void>;
  /** Disconnects clients, writes a checkpoint, ends the server. Calling it again waits for the same end. */
  stop(): Promise<void>;
}

const NOT_DURABLE = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };

/**
 * A real PostgreSQL 18 from npm, with its data under `dataDir`. One that was left behind there by a killed process is
 * stopped first. As root it runs as the account `postgres`.
 *
 * @throws StartError with one clear line: data folder in use, port taken, disk full, no rights, no such platform
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const { dataDir, port = 0, log, durable = true, detached = true, settings = {}, shelterDir } = options;
  const account = postgresAccount();
  const programs = await findPrograms(account, shelterDir);
  const place = findPlace(dataDir, account, shelterDir);
  const giveUp = takeOwnership(place);
  try {
    await endOrphan(place, log);
    const password = await openCluster({ initdb: programs.initdb, place, account, durable });
    const server = await runServer({
      postgres: programs.postgres,
      place,
      account,
      port,
      detached,
      settings: {
        listen_addresses: '127.0.0.1',
        unix_socket_directories: '',
        timezone: 'UTC',
        log_timezone: 'UTC',
        log_line_prefix: '%m [%p] ',
        ...(durable ? {} : NOT_DURABLE),
        ...settings,
      },
    });
    const url = `postgresql://${SUPERUSER}:${password}@127.0.0.1:${server.port}/${SUPERUSER}`;
    let stopping: Promise<void> | undefined;
    const stop = async () => {
      // The server does not hold this process; without anything else that does, it would end here, in the middle.
      const hold = setInterval(() => {}, 60_000);
      try {
        await endPostmaster(server.pid);
        await server.exited;
      } finally {
        clearInterval(hold);
      }
      giveUp();
    };
    const running = { ...server, url, place: place.root, stop: () => (stopping ??= stop()) };
    try {
      await ensureDatabase(url);
    } catch (error) {
      await running.stop();
      throw error;
    }
    log?.info({ port: server.port, postgresPid: server.pid, data: place.root }, 'PostgreSQL started');
    return running;
  } catch (error) {
    giveUp();
    throw error;
  }
}

/**
 * Ends a server that was left behind in `dataDir` by a process that is gone. Nothing to do: nothing is done.
 *
 * @returns the folder that holds the data
 * @throws StartError while the process that started it runs
 */
export async function endLeftover({ dataDir, shelterDir }: Pick<EmbeddedPostgresOptions, 'dataDir' | 'shelterDir'>) {
  const place = findPlace(dataDir, postgresAccount(), shelterDir);
  const giveUp = takeOwnership(place);
  try {
    await endOrphan(place, undefined);
  } finally {
    giveUp();
  }
  return place.root;
}

async function ensureDatabase(url: string): Promise<void> {
  const at = new URL(url);
  at.pathname = '/postgres';
  const client = new pg.Client({ connectionString: at.href });
  await client.connect();
  try {
    const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [SUPERUSER]);
    if (rowCount === 0) await client.query(`CREATE DATABASE ${SUPERUSER}`);
  } finally {
    await client.end();
  }
}
