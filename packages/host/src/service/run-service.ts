import { createLog, type Logger } from '../log.ts';
import { isMigrated, migrate, requireRights } from '../postgres/migrate.ts';
import { waitForPostgres } from '../postgres/wait-for-postgres.ts';
import { runMain } from '../process/main-run.ts';
import { onShutdown } from '../process/shutdown.ts';
import { StartError } from '../process/start-error.ts';
import type { Service } from './service.ts';
import type { ServiceEnv } from './service-env.ts';
import type { ServiceOptions } from './service-parts.ts';

export interface RunServiceOptions<Env extends ServiceEnv> {
  readonly name: string;
  /** @throws EnvError naming every missing or bad variable */
  readonly readEnv: (source: NodeJS.ProcessEnv) => Env;
  /** PostgreSQL schema of its tables. */
  readonly schema: string;
  /** Folder with `migrations/`. */
  readonly prismaDir: string;
  /** Wires it, on a migrated database. */
  readonly create: (env: Env, options: ServiceOptions) => Promise<Service>;
}

/** Milliseconds to wait for PostgreSQL at start. */
const POSTGRES_MS = 15_000;
const PAST_IT = 'DATABASE_DIRECT_URL must lead past it';

/** The process of one service, from its environment to its end by a signal. */
export function runService<Env extends ServiceEnv>(options: RunServiceOptions<Env>): Promise<void> {
  const { name, readEnv, schema, prismaDir: dir, create } = options;
  return runMain(name, async () => {
    const env = readEnv(process.env);
    const log = createLog({ service: name, level: env.LOG_LEVEL });
    let service: Service | undefined;
    // A signal may come while the database is waited for; then there is nothing to stop yet.
    onShutdown({ log, deadlineMs: env.DRAIN_MS + 5_000 }, [{ name, run: () => service?.stop() }]);
    await prepareDatabase(env, { schema, dir, log });
    service = await create(env, { log });
    await service.start();
  });
}

/** Waits for it and migrates it, past the pooler where there is a way. */
async function prepareDatabase(
  { DATABASE_URL: url, DATABASE_DIRECT_URL: directUrl, DATABASE_POOLER: pooler }: ServiceEnv,
  { schema, dir, log }: { schema: string; dir: string; log: Logger },
): Promise<void> {
  await waitForPostgres({ url, pooler, deadlineMs: POSTGRES_MS, log });
  if (directUrl === undefined) {
    await migrate({ url, pooler, schema, dir, log });
    await requireRights({ url, pooler, schema, dir });
    return;
  }
  await waitForPostgres({ url: directUrl, remedy: PAST_IT, deadlineMs: POSTGRES_MS, log });
  await migrate({ url: directUrl, schema, dir, log });
  if (!(await isMigrated({ url, pooler, schema, dir }))) {
    throw new StartError('DATABASE_DIRECT_URL leads to another database than DATABASE_URL');
  }
  await requireRights({ url, pooler, schema, dir });
}
