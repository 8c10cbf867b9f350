import { createHash, randomBytes } from 'node:crypto';
import { basename, dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { migrate, readMigrations } from '@gongu/host';
import pg from 'pg';
import { inRepository } from '../repository.ts';

export interface TestDatabase {
  /** Connection URL, with no schema in it. */
  url: string;
  /** Ends all sessions of the database and removes it. */
  drop(): Promise<void>;
}

export interface TestDatabaseOptions {
  /** PostgreSQL schema to migrate. */
  schema: string;
  /** Folder with `schema.prisma` and `migrations/` (or `migrations/` itself); relative paths start at the repository. */
  migrationsDir: string;
}

/** What the built services migrate at their start. */
const SERVICES: readonly TestDatabaseOptions[] = ['chat', 'trade'].map((schema) => ({
  schema,
  migrationsDir: `prisma/${schema}`,
}));

/** Serialises the making of templates among test files; any number will do. */
const TEMPLATE_LOCK = 0x74657374;

/** How often it is looked whether sessions of a database that goes have ended: 1.5 s, and a machine that stood still takes none. */
const LEAVING_LOOKS = 13;

/**
 * A database of its own for one test file, migrated. The migrations run once for their content; every further database
 * is a copy of that template. Without options: an empty one.
 */
export function testDatabase(options?: TestDatabaseOptions): Promise<TestDatabase> {
  return copyOf(options ? [options] : []);
}

/** The same with the schemas of both services, for whoever starts these as processes and does not test that they migrate. */
export function servicesDatabase(): Promise<TestDatabase> {
  return copyOf(SERVICES);
}

async function copyOf(schemas: readonly TestDatabaseOptions[]): Promise<TestDatabase> {
  const server = process.env.TEST_DATABASE_URL;
  if (!server) throw new Error('TEST_DATABASE_URL is not set: the global setup of @gongu/testkit sets it');
  const name = `test_${namesOf(schemas) || 'empty'}_${randomBytes(6).toString('hex')}`;
  const admin = new pg.Client({ connectionString: server });
  await admin.connect();
  try {
    const template = schemas.length > 0 ? await ensureTemplate(admin, server, schemas) : 'template1';
    // Files are copied at half the CPU of what goes through the log, as PostgreSQL would do it by itself.
    await admin.query(`CREATE DATABASE ${name} TEMPLATE ${template} STRATEGY FILE_COPY`);
  } finally {
    await admin.end();
  }
  return { url: urlOf(server, name), drop: () => dropDatabase(server, name) };
}

async function ensureTemplate(
  admin: pg.Client,
  server: string,
  schemas: readonly TestDatabaseOptions[],
): Promise<string> {
  const sources = schemas.map(({ schema, migrationsDir }) => {
    const given = inRepository(migrationsDir);
    const dir = basename(given) === 'migrations' ? dirname(given) : given;
    return { schema, dir, hash: readMigrations(dir).hash };
  });
  const hash = createHash('sha256')
    .update(sources.map((source) => source.hash).join())
    .digest('hex');
  const template = `template_${namesOf(schemas)}_${hash.slice(0, 16)}`;
  if (await exists(admin, template)) return template;
  await admin.query('SELECT pg_advisory_lock($1)', [TEMPLATE_LOCK]);
  try {
    if (await exists(admin, template)) return template;
    // Under another name until it is complete: a run that was cut short must not leave half a template.
    const draft = `${template}_draft`;
    await admin.query(`DROP DATABASE IF EXISTS ${draft} WITH (FORCE)`);
    await admin.query(`CREATE DATABASE ${draft}`);
    for (const { schema, dir } of sources) await migrate({ url: urlOf(server, draft), schema, dir });
    // A session may outlive its connection by a moment, and nobody may be in a database that is renamed.
    await admin.query('SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = $1', [draft]);
    await admin.query(`ALTER DATABASE ${draft} RENAME TO ${template}`);
    return template;
  } finally {
    await admin.query('SELECT pg_advisory_unlock($1)', [TEMPLATE_LOCK]);
  }
}

function namesOf(schemas: readonly TestDatabaseOptions[]): string {
  return schemas.map(({ schema }) => schema).join('_');
}

async function exists(admin: pg.Client, name: string): Promise<boolean> {
  const { rowCount } = await admin.query('SELECT 1 FROM pg_database WHERE datname = $1', [name]);
  return rowCount === 1;
}

async function dropDatabase(server: string, name: string): Promise<void> {
  const admin = new pg.Client({ connectionString: server });
  await admin.connect();
  try {
    await sessionsEnded(admin, name);
    await admin.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
  } finally {
    await admin.end();
  }
}

/**
 * A pool has ended when it has asked its connections to end. One that FORCE is quicker to end tells its client an error that
 * nobody hears any more, and a test fails by it. Who is still there after {@link LEAVING_LOOKS} does not mean to go.
 */
async function sessionsEnded(admin: pg.Client, name: string): Promise<void> {
  const sessions = 'SELECT 1 FROM pg_stat_activity WHERE datname = $1 LIMIT 1';
  for (let look = 0; look < LEAVING_LOOKS; look++) {
    if ((await admin.query(sessions, [name])).rowCount === 0) return;
    await sleep(2 * 1.6 ** look);
  }
}

function urlOf(server: string, database: string): string {
  const at = new URL(server);
  at.pathname = `/${database}`;
  return at.href;
}
