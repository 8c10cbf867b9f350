import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeHostile, type TestDatabase, testDatabase } from '@gongu/testkit';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startEmbeddedPostgres } from '../src/embedded/index.ts';
import { StartError, waitForPostgres } from '../src/index.ts';

let database: TestDatabase;
let admin: pg.Client;
beforeAll(async () => {
  database = await testDatabase();
  admin = new pg.Client({ connectionString: database.url });
  await admin.connect();
});
afterAll(async () => {
  await admin?.end();
  await database?.drop();
});

/** What a start on that database says. */
async function refusal(url: string): Promise<string> {
  const error = await waitForPostgres({ url, deadlineMs: 20_000 }).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(StartError);
  const { message } = error as StartError;
  expect(message).not.toContain('\n');
  const { host, pathname } = new URL(url);
  expect(message).toContain(`PostgreSQL at ${host}${pathname} `);
  return message.slice(`PostgreSQL at ${host}${pathname} `.length);
}

function namedLike(suffix: string): URL {
  const at = new URL(database.url);
  at.pathname += suffix;
  return at;
}

test.each(['EUC_KR', 'SQL_ASCII', 'LATIN1'])('a database encoded in %s is refused at once', async (encoding) => {
  const at = namedLike(`_${encoding.toLowerCase()}`);
  const name = at.pathname.slice(1);
  await admin.query(
    `CREATE DATABASE ${name} ENCODING '${encoding}' LOCALE_PROVIDER libc LOCALE 'C' TEMPLATE template0`,
  );
  try {
    expect(await refusal(at.href)).toBe(
      `is encoded in ${encoding}, and texts need UTF8: CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0`,
    );
  } finally {
    await admin.query(`DROP DATABASE ${name} WITH (FORCE)`);
  }
});

test('a database that is read-only is refused at once, wherever that is said', async () => {
  const said = 'is read-only: default_transaction_read_only is on, for the database, the role or in the URL';
  const readOnly = await testDatabase();
  try {
    const at = new URL(readOnly.url);
    at.searchParams.set('options', '-c default_transaction_read_only=on');
    const error = await waitForPostgres({ url: at.href, deadlineMs: 20_000 }).catch((thrown: unknown) => thrown);
    expect(String(error)).toContain(said);
    await waitForPostgres({ url: readOnly.url, deadlineMs: 20_000 });
    await makeHostile(readOnly.url, { default_transaction_read_only: 'on' });
    expect(await refusal(readOnly.url)).toBe(said);
  } finally {
    await readOnly.drop();
  }
});

test('a standby is refused at once', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'gongu-standby-'));
  const primary = await startEmbeddedPostgres({ dataDir, durable: false });
  await primary.stop();
  await writeFile(join(primary.place, 'cluster', 'standby.signal'), '');
  const standby = await startEmbeddedPostgres({ dataDir, durable: false });
  try {
    expect(await refusal(standby.url)).toBe('is a standby, which is read-only: DATABASE_URL must lead to the primary');
  } finally {
    await standby.stop();
    await rm(standby.place, { recursive: true, force: true });
    await rm(dataDir, { recursive: true, force: true });
  }
});
