import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { inRepository } from '@gongu/testkit';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { call, type Pair, startPair } from './fixture/pair.ts';

const DAY_MS = 86_400_000;

let pair: Pair;
let sql: pg.Client;
let place: string;
let moved: string;
beforeAll(async () => {
  place = await mkdtemp(join(tmpdir(), 'gongu-clock-'));
  moved = join(place, 'moved');
  writeFileSync(moved, '0');
  const shim = pathToFileURL(inRepository('e2e/fixture/moved-clock.mjs')).href;
  const env = { NODE_OPTIONS: `--import ${shim}`, MOVED_CLOCK: moved };
  pair = await startPair({ chatEnv: { ...env, EXPIRE_CRON: '* * * * * *' }, tradeEnv: env });
  sql = new pg.Client({ connectionString: pair.databaseUrl });
  await sql.connect();
});
afterAll(async () => {
  await sql?.end();
  await pair?.stop();
  await rm(place, { recursive: true, force: true });
});

/** Seconds after its deadline at which a product, and a room that no product moves, ended; by PostgreSQL's clock. */
async function lateness(productId: string, roomId: string): Promise<(number | null)[]> {
  const { rows } = await sql.query(
    `SELECT (SELECT extract(epoch FROM closed_at - deadline) FROM trade.products WHERE id = $1)::float8 AS product,
      (SELECT extract(epoch FROM closed_at - expires_at) FROM chat.rooms WHERE room_id = $2)::float8 AS room`,
    [productId, roomId],
  );
  return [rows[0].product, rows[0].room];
}

// In this order: each is what it says from where the one before left the clock.
test.each([
  ['back by a day', -DAY_MS],
  ['ahead by two days', DAY_MS],
  ['back by a minute', DAY_MS - 60_000],
  ['to the real time', 0],
])('deadlines are kept within 2 s while the clock of the services is set %s', async (what, byMs) => {
  const ids = [4_000, 7_000, 10_000].map((inMs) => ({
    id: `clock-${what.replaceAll(' ', '-')}-${inMs}`,
    deadline: new Date(Date.now() + inMs).toISOString(),
  }));
  // By SQL: with a clock that is a day off, tokens are too old or too new for who asks by HTTP.
  for (const { id, deadline } of ids) {
    await sql.query(
      `INSERT INTO trade.products (id, seller_id, seller_nickname, title, price_amount, price_currency, min_participants,
        max_participants, deadline) VALUES ($1, 'seller', 'seller', 'x', 1, 'KRW', 1, 2, $2)`,
      [`product-${id}`, deadline],
    );
    await sql.query(
      `INSERT INTO chat.rooms (room_id, product_id, title, host_id, max_participants, expires_at, opening)
        VALUES ($1, $1, 'x', 'seller', 2, $2, '{}')`,
      [id, deadline],
    );
  }
  writeFileSync(moved, String(byMs));
  const late = () => Promise.all(ids.map(({ id }) => lateness(`product-${id}`, id)));
  await expect.poll(async () => (await late()).flat()).not.toContain(null);
  const all = await late();
  for (const seconds of all.flat()) expect(seconds).toBeGreaterThanOrEqual(0);
  // The quickest of some: the machine may stand still at any of them.
  for (const kind of [0, 1]) expect(Math.min(...all.map((seconds) => seconds[kind]!))).toBeLessThan(2);
  for (const { lines } of [pair.chat, pair.trade!]) {
    const told = lines().filter(({ msg }) => msg === 'the time of day was set');
    expect(told.at(-1)?.level).toBe('warn');
  }
  expect((await call('GET', `${pair.chat.url}/readyz`, '')).body).toMatchObject({ status: 'ready' });
});
