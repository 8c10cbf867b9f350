import pg from 'pg';

/** A PostgreSQL server that subjects share. */
export interface Postgres {
  /** Of its superuser and main database. */
  readonly url: string;
  readonly pid: number;
}

/** An empty database of that name on the server: its URL. One of the same name goes first. */
export async function emptyDatabase({ url }: Postgres, name: string): Promise<string> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(`DROP DATABASE IF EXISTS "${name}" WITH (FORCE)`);
    await client.query(`CREATE DATABASE "${name}"`);
    await client.query('CHECKPOINT');
  } finally {
    await client.end();
  }
  const own = new URL(url);
  own.pathname = `/${name}`;
  return own.href;
}
