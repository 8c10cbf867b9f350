import { randomUUID } from 'node:crypto';
import type { Product } from '@gongu/shared';
import { type TcpProxy, tcpProxy } from '@gongu/testkit';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { create, draft, type TradeServer, testTrade } from '../fixture/trade-server.ts';

const given = await testTrade();
const LIMITS = {
  DATABASE_POOL: '2',
  DATABASE_STATEMENT_TIMEOUT_MS: '900',
  DATABASE_LOCK_TIMEOUT_MS: '300',
  DATABASE_CLIENT_CHECK_MS: '200',
};
let direct: TradeServer;
let proxy: TcpProxy;
let shaky: TradeServer;
let outside: pg.Client;
/** In no transaction, where it would see the sessions as they were at its beginning. */
let observer: pg.Client;
beforeAll(async () => {
  direct = await given.start();
  proxy = await tcpProxy({ target: given.databaseUrl });
  shaky = await given.start({ DATABASE_URL: proxy.through(given.databaseUrl), ...LIMITS });
  outside = new pg.Client({ connectionString: given.databaseUrl });
  observer = new pg.Client({ connectionString: given.databaseUrl });
  await Promise.all([outside.connect(), observer.connect()]);
});
afterAll(async () => {
  await Promise.all([outside.end(), observer.end()]);
  await proxy.pass();
  proxy.cut();
  await shaky.stop();
  await proxy.close();
});

/** Every verb that changes something, on a product made for it; and what there is where it was carried out. */
const VERBS: Record<
  string,
  {
    prepare?: (product: Product) => Promise<unknown>;
    call: (
      server: TradeServer,
      product: Product,
      key?: string,
    ) => Promise<{ status: number; body: { code?: string }; headers: Headers }>;
    done: (product: Product) => Promise<boolean>;
  }
> = {
  purchase: {
    call: (server, { id }, key) =>
      server.call('POST', `/api/products/${id}/participations`, { as: 'ann', body: {}, ...keyed(key) }),
    done: bought,
  },
  withdrawal: {
    prepare: ({ id }) => direct.call('POST', `/api/products/${id}/participations`, { as: 'ann', body: {} }),
    call: (server, { id }) => server.call('DELETE', `/api/products/${id}/participations/me`, { as: 'ann' }),
    done: async (product) => !(await bought(product)),
  },
  edit: {
    call: (server, { id }) =>
      server.call('PATCH', `/api/products/${id}`, { as: 'seller:sel', body: { title: '다른 이름' } }),
    done: async ({ id }) => (await stored(id)).title === '다른 이름',
  },
  close: {
    prepare: ({ id }) => direct.call('POST', `/api/products/${id}/participations`, { as: 'bob', body: {} }),
    call: (server, { id }) => server.call('POST', `/api/products/${id}/close`, { as: 'seller:sel' }),
    done: async ({ id }) => (await stored(id)).status === 'CLOSED',
  },
  cancellation: {
    call: (server, { id }) => server.call('POST', `/api/products/${id}/cancel`, { as: 'seller:sel', body: {} }),
    done: async ({ id }) => (await stored(id)).status === 'CANCELLED',
  },
};

function keyed(key?: string) {
  return key ? { headers: { 'idempotency-key': key } } : {};
}

async function bought({ id }: Product): Promise<boolean> {
  return (
    (await given.rows('SELECT 1 FROM participations WHERE product_id = $1 AND user_id = $2', id, 'ann')).length > 0
  );
}

async function stored(id: string): Promise<{ title: string; status: string }> {
  return (
    await given.rows<{ title: string; status: string }>('SELECT title, status FROM products WHERE id = $1', id)
  )[0]!;
}

/** Statements of the services that wait for a lock. */
async function waiting(): Promise<number> {
  const { rows } = await observer.query(
    `SELECT count(*)::int AS n FROM pg_stat_activity
     WHERE datname = current_database() AND pid <> pg_backend_pid() AND wait_event_type = 'Lock'`,
  );
  return rows[0].n;
}

async function backends(): Promise<number> {
  const { rows } = await observer.query(
    `SELECT count(*)::int AS n FROM pg_stat_activity
     WHERE datname = current_database() AND application_name = 'gongu trade' AND state = 'active'`,
  );
  return rows[0].n;
}

async function lock(id: string): Promise<void> {
  await outside.query('BEGIN');
  await outside.query('SELECT 1 FROM trade.products WHERE id = $1 FOR UPDATE', [id]);
}

describe.each(Object.entries(VERBS))('a %s', (_name, verb) => {
  async function product(): Promise<Product> {
    const made = await create(direct);
    await verb.prepare?.(made);
    return made;
  }

  test('behind a lock is UNAVAILABLE, and is not carried out afterwards', async () => {
    const made = await product();
    await lock(made.id);
    const answers = await Promise.all([verb.call(shaky, made), verb.call(shaky, made), verb.call(shaky, made)]);
    expect(await backends()).toBeLessThanOrEqual(2);
    await outside.query('ROLLBACK');
    for (const { status, body, headers } of answers) {
      expect([status, body.code, headers.get('retry-after')]).toEqual([503, 'UNAVAILABLE', '1']);
    }
    await expect.poll(waiting).toBe(0);
    expect(await verb.done(made)).toBe(false);
    expect((await verb.call(shaky, made)).status).toBeLessThan(300);
  });

  test('whose connection is terminated while it is under way has an outcome that nobody knows', async () => {
    const made = await product();
    await lock(made.id);
    const calling = verb.call(shaky, made);
    await expect.poll(waiting).toBeGreaterThan(0);
    await observer.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE datname = current_database() AND wait_event_type = 'Lock'`,
    );
    const { status, body, headers } = await calling;
    await outside.query('ROLLBACK');
    expect([status, body.code, headers.get('retry-after')]).toEqual([503, 'UNKNOWN_OUTCOME', '1']);
  });

  test('whose answer is lost has an outcome that nobody knows, done or not', async () => {
    const made = await product();
    await lock(made.id);
    const calling = verb.call(shaky, made);
    await expect.poll(waiting).toBeGreaterThan(0);
    proxy.blackHole();
    await outside.query('COMMIT');
    const { status, body } = await calling;
    await proxy.pass();
    proxy.cut();
    expect([status, body.code]).toEqual([503, 'UNKNOWN_OUTCOME']);
    await expect.poll(() => verb.done(made)).toBe(true);
  }, 20_000);

  test('that could not be sent is UNAVAILABLE', async () => {
    const made = await product();
    await proxy.refuse();
    proxy.cut();
    const { status, body } = await verb.call(shaky, made);
    await proxy.pass();
    expect([status, body.code]).toEqual([503, 'UNAVAILABLE']);
    expect(await verb.done(made)).toBe(false);
  });
});

describe('with an Idempotency-Key', () => {
  test('a purchase whose connection breaks is asked again, and answered with what the first try did', async () => {
    for (const how of ['cut', 'terminate'] as const) {
      const made = await create(direct);
      await lock(made.id);
      const calling = VERBS.purchase!.call(shaky, made, randomUUID());
      await expect.poll(waiting).toBeGreaterThan(0);
      if (how === 'cut') proxy.cut();
      else {
        await observer.query(
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
           WHERE datname = current_database() AND wait_event_type = 'Lock'`,
        );
      }
      await outside.query('COMMIT');
      const { status, headers } = await calling;
      expect([status, headers.get('idempotent-replayed')]).toEqual([201, null]);
      expect(await bought(made)).toBe(true);
    }
  }, 20_000);

  test('what nobody knew in time is known under the same key, whether it was carried out or not', async () => {
    const made = await create(direct);
    const key = randomUUID();
    await lock(made.id);
    const calling = VERBS.purchase!.call(shaky, made, key);
    await expect.poll(waiting).toBeGreaterThan(0);
    proxy.blackHole();
    await outside.query('COMMIT');
    expect((await calling).body.code).toBe('UNKNOWN_OUTCOME');
    await proxy.pass();
    proxy.cut();
    expect((await VERBS.purchase!.call(shaky, made, key)).status).toBe(201);
    expect(await given.rows('SELECT 1 FROM participations WHERE product_id = $1', made.id)).toHaveLength(1);

    const none = await create(direct);
    proxy.blackHole();
    const other = randomUUID();
    expect((await VERBS.purchase!.call(shaky, none, other)).status).toBe(503);
    await proxy.pass();
    proxy.cut();
    expect((await VERBS.purchase!.call(shaky, none, other)).status).toBe(201);
  }, 60_000);

  test('a product is created once, whatever breaks', async () => {
    const key = randomUUID();
    const body = draft({ title: key });
    const creating = shaky.call<Product>('POST', '/api/products', {
      as: 'seller:sel',
      body,
      headers: { 'idempotency-key': key },
    });
    proxy.cut();
    const first = await creating;
    const again = await shaky.call<Product>('POST', '/api/products', {
      as: 'seller:sel',
      body,
      headers: { 'idempotency-key': key },
    });
    expect([201, 503]).toContain(first.status);
    expect(again.status).toBe(201);
    expect(await given.rows('SELECT 1 FROM products WHERE title = $1', key)).toHaveLength(1);
  }, 20_000);
});

test('reads that are not answered changed nothing: UNAVAILABLE', async () => {
  const made = await create(direct);
  proxy.blackHole();
  const answers = await Promise.all([
    shaky.call('GET', `/api/products/${made.id}`),
    shaky.call('GET', '/api/products'),
  ]);
  await proxy.pass();
  proxy.cut();
  for (const { status, body } of answers) expect([status, body.code]).toEqual([503, 'UNAVAILABLE']);
}, 20_000);
