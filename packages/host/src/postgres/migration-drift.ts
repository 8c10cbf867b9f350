import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { readMigrations } from './migration-files.ts';
import { withSearchPath } from './pool.ts';
import { migrationList, openSchemaEngine } from './schema-engine.ts';

/**
 * SQL that leads from what the migrations build to what `schema.prisma` says; empty when both agree. It is the body of
 * the next migration, or the proof that one was forgotten. Needs a role that may create databases (a scratch one is
 * made and dropped). What Prisma does not model (functions, checks, partial indexes) is not compared.
 */
export async function diffMigrations(options: { url: string; schema: string; dir: string }): Promise<string> {
  const { url, schema, dir } = options;
  const files = readMigrations(dir);
  const client = await connect(url, schema);
  try {
    await client.query('BEGIN'); // the engine's connection wants to be in a transaction; nothing is written here
    const openShadow = () => openScratchDatabase(url, schema);
    const engine = await openSchemaEngine({ client, schema, openShadow }, files.datamodel);
    const { stdout } = await engine.diff({
      from: { tag: 'migrations', ...migrationList(files) },
      to: { tag: 'schemaDatamodel', files: [{ path: 'schema.prisma', content: files.datamodel }] },
      script: true,
      exitCode: null,
      filters: { externalTables: [], externalEnums: [] },
    });
    const sql = (stdout ?? '').trim();
    return sql.startsWith('-- This is an empty migration') ? '' : sql;
  } finally {
    await client.end();
  }
}

async function openScratchDatabase(url: string, schema: string) {
  const name = `gongu_scratch_${randomUUID().replaceAll('-', '')}`;
  const admin = await connect(url, schema);
  await admin.query(`CREATE DATABASE ${name}`);
  const at = new URL(url);
  at.pathname = `/${name}`;
  const client = await connect(at.href, schema);
  await client.query('BEGIN');
  await client.query(`CREATE SCHEMA ${pg.escapeIdentifier(schema)}`);
  return {
    client,
    async close() {
      await client.end();
      await admin.query(`DROP DATABASE ${name}`);
      await admin.end();
    },
  };
}

async function connect(url: string, schema: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: withSearchPath(url, schema) });
  client.on('error', () => {});
  await client.connect();
  return client;
}
