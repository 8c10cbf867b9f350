import { randomBytes } from 'node:crypto';
import { basename, dirname } from 'node:path';
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

/** Serialises the making of templates among test files; any number will do. */
const TEMPLATE_LOCK = 0x74657374;

/**
 * A database of its own for one test file, migrated. The migrations run once for their content; every further database
 * is a copy of that template. Without options: an empty one.
 */
export async function testDatabase(options?: TestDatabaseOptions): Promise<TestDatabase> {
  const server = process.env.TEST_DATABASE_URL;
  if (!server) throw new Error('TEST_DATABASE_URL is not set: the global setup of @gongu/testkit sets it');
  const name = `test_${options?.schema ?? 'empty'}_${randomBytes(6).toString('hex')}`;
  const admin = new pg.Client({ connectionString: server });
  await admin.connect();
  try {
    const template = options ? await ensureTemplate(admin, server, options) : 'template1';
    await admin.query(`CREATE DATABASE ${name} TEMPLATE ${template}`);
  } finally {
    await admin.end();
  }
  return { url: urlOf(server, name), drop: () => dropDatabase(server, name) };
}

async function ensureTemplate(admin: pg.Client, server: string, options: TestDatabaseOptions): Promise<string> {
  const given = inRepository(options.migrationsDir);
  const dir = basename(given) === 'migrations' ? dirname(given) : given;
  const template = `template_${options.schema}_${readMigrations(dir).hash.slice(0, 16)}`;
  if (await exists(admin, template)) return template;
  await admin.query('SELECT pg_advisory_lock($1)', [TEMPLATE_LOCK]);
  try {
    if (await exists(admin, template)) return template;
    // Under another name until it is complete: a run that was cut short must not leave half a template.
    const draft = `${template}_draft`;
    await admin.query(`DROP DATABASE IF EXISTS ${draft} WITH (FORCE)`);
    await admin.query(`CREATE DATABASE ${draft}`);
    await migrate({ url: urlOf(server, draft), schema: options.schema, dir });
    // A session may outlive its connection by a moment, and nobody may be in a database that is renamed.
    await admin.query('SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = $1', [draft]);
    await admin.query(`ALTER DATABASE ${draft} RENAME TO ${template}`);
    return template;
  } finally {
    await admin.query('SELECT pg_advisory_unlock($1)', [TEMPLATE_LOCK]);
  }
}

async function exists(admin: pg.Client, name: string): Promise<boolean> {
  const { rowCount } = await admin.query('SELECT 1 FROM pg_database WHERE datname = $1', [name]);
  return rowCount === 1;
}

async function dropDatabase(server: string, name: string): Promise<void> {
  const admin = new pg.Client({ connectionString: server });
  await admin.connect();
  try {
    await admin.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
  } finally {
    await admin.end();
  }
}

function urlOf(server: string, database: string): string {
  const at = new URL(server);
  at.pathname = `/${database}`;
  return at.href;
}
