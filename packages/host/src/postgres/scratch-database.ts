import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { NO_LIMITS, sessionSettings, withSettings } from './session-settings.ts';

/** A database that nobody else knows, and one connection to it. */
export interface ScratchDatabase {
  /** In a transaction that is never committed; `search_path` is the schema. */
  client: pg.Client;
  /** Removes the database. */
  close(): Promise<void>;
}

/**
 * An empty database with an empty schema, on the server of `url`, whose role must be allowed to create databases. Its name
 * begins with `gongu_scratch_` and that of the database of `url`.
 */
export async function openScratchDatabase(url: string, schema: string): Promise<ScratchDatabase> {
  const beside = new URL(url).pathname.replace(/\W/g, '').toLowerCase().slice(0, 30);
  const name = `gongu_scratch_${beside}_${randomBytes(6).toString('hex')}`;
  const admin = await connectTo(url, schema);
  await admin.query(`CREATE DATABASE ${name}`);
  const at = new URL(url);
  at.pathname = `/${name}`;
  const client = await connectTo(at.href, schema);
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

/** One connection in a schema. What breaks it while idle is told by its next query. */
export async function connectTo(url: string, schema: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: withSettings(url, sessionSettings(schema, NO_LIMITS)) });
  client.on('error', () => {});
  await client.connect();
  return client;
}
