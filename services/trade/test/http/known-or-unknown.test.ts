import { randomUUID } from 'node:crypto';
import type { Product } from '@gongu/shared';
import { type ShakyDatabase, shakyDatabase } from '@gongu/testkit';
import { eventually, until } from '@gongu/testkit/eventually';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { create, draft, type TradeServer, testTrade } from '../fixture/trade-server.ts';

const given = await testTrade();
let direct: TradeServer;
let database: ShakyDatabase;
let shaky: TradeServer;
let lost: Lost;
beforeAll(async () => {
  direct = await given.start();
  database = await shakyDatabase(given.databaseUrl);
  shaky = await given.start({ ...database.env, DATABASE_POOL: '2' });
  lost = await loseAnswers();
});
afterAll(async () => {
  await lost?.end();
  await database.close(shaky.stop);
});

interface Answered {
  readonly status: number;
  readonly body: { readonly code?: string };
  readonly headers: Headers;
}

interface Verb {
  readonly prepare?: (product: Product) => Promise<unknown>;
  readonly call: (server: TradeServer, product: Product, key?: string) => Promise<Answered>;
  /** Whether it was carried out. */
  readonly done: (product: Product) => Promise<boolean>;
}

/** Every verb that changes something, on a product made for it. */
const VERBS: Readonly<Record<string, Verb>> = {
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
  'another quantity': {
    prepare: ({ id }) => direct.call('POST', `/api/products/${id}/participations`, { as: 'ann', body: {} }),
    call: (server, { id }) =>
      server.call('PATCH', `/api/products/${id}/participations/me`, { as: 'ann', body: { quantity: 7 } }),
    done: async ({ id }) =>
      (await given.rows('SELECT 1 FROM participations WHERE product_id = $1 AND quantity = 7', id)).length > 0,
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

/** Nobody waits longer for an answer of PostgreSQL, by `database.env`. */
const ANSWER_MS = 5_000;

const LOCK = 'SELECT 1 FROM trade.products WHERE id = ANY($1) FOR UPDATE';

async function prepared(verb: Verb): Promise<Product> {
  const made = await create(direct);
  await verb.prepare?.(made);
  return made;
}

interface Asked {
  readonly made: Product;
  readonly answered: Promise<Answered>;
}
interface Lost {
  readonly server: TradeServer;
  /** Each verb, and a purchase with a key: carried out, and then the answer is swallowed. */
  readonly done: Readonly<Record<string, Asked>>;
  /** A purchase with a key, which is swallowed itself. */
  readonly undone: Asked;
  readonly reads: readonly Promise<Answered>[];
  /** Everything has been answered, and the network is as before. */
  readonly over: Promise<void>;
  end(): Promise<void>;
}

/**
 * Asks a server whose network then swallows everything, all at once: its answers take ten seconds, and the other tests
 * do not wait for them.
 */
async function loseAnswers(): Promise<Lost> {
  const hole = await shakyDatabase(given.databaseUrl);
  // A statement waits longer here, so that all of them wait for the lock before the first of them gives up.
  const limits = { DATABASE_STATEMENT_TIMEOUT_MS: '5000', DATABASE_LOCK_TIMEOUT_MS: '5000', DATABASE_POOL: '20' };
  const server = await given.start({ ...hole.env, ...limits });
  const purchase = VERBS.purchase!;
  const products: Record<string, Product> = { keyed: await create(direct) };
  for (const [name, verb] of Object.entries(VERBS)) products[name] = await prepared(verb);
  const [none, read] = [await create(direct), await create(direct)];

  await hole.lock(
    LOCK,
    Object.values(products).map(({ id }) => id),
  );
  const done = Object.fromEntries(
    Object.entries(products).map(([name, made]) => {
      const answered = VERBS[name]?.call(server, made) ?? purchase.call(server, made, made.id);
      return [name, { made, answered }];
    }),
  );
  await eventually(async () => expect(await hole.waiting()).toBe(Object.keys(done).length));
  hole.proxy.blackHole();
  await hole.unlock('COMMIT');
  const undone = { made: none, answered: purchase.call(server, none, none.id) };
  const reads = [server.call('GET', `/api/products/${read.id}`), server.call('GET', '/api/products')];
  const all = [...Object.values(done), undone].map(({ answered }) => answered);
  const over = Promise.allSettled([...all, ...reads]).then(hole.mend);
  return { server, done, undone, reads, over, end: () => over.then(() => hole.close(server.stop)) };
}

describe.each(Object.entries(VERBS))('a %s', (name, verb) => {
  test('behind a lock is UNAVAILABLE, and is not carried out afterwards', async () => {
    let made: Product;
    let answers: Answered[];
    let tookMs: number;
    // Anew where PostgreSQL stood still for so long that its answer was not waited for: nothing is known then.
    do {
      made = await prepared(verb);
      await database.lock(LOCK, [made.id]);
      const began = performance.now();
      answers = await Promise.all([verb.call(shaky, made), verb.call(shaky, made), verb.call(shaky, made)]);
      tookMs = performance.now() - began;
      // Nothing goes on behind a pool of two.
      expect(await database.waiting()).toBeLessThanOrEqual(2);
      await database.unlock('ROLLBACK');
    } while (tookMs > ANSWER_MS);
    for (const { status, body, headers } of answers) {
      expect([status, body.code, headers.get('retry-after')]).toEqual([503, 'UNAVAILABLE', '1']);
    }
    await expect.poll(database.waiting).toBe(0);
    expect(await verb.done(made)).toBe(false);
    expect((await verb.call(shaky, made)).status).toBeLessThan(300);
  });

  test('whose connection is terminated while it is under way has an outcome that nobody knows', async () => {
    let answer: Answered;
    // Anew where the wait was over before anybody saw it.
    for (let ended = 0; ended === 0; ) {
      const made = await prepared(verb);
      await database.lock(LOCK, [made.id]);
      let isOver = false;
      const calling = verb.call(shaky, made).finally(() => {
        isOver = true;
      });
      await until(async () => isOver || (await database.waiting()) > 0);
      ended = await database.terminateWaiting();
      answer = await calling;
      await database.unlock('ROLLBACK');
    }
    const { status, body, headers } = answer!;
    expect([status, body.code, headers.get('retry-after')]).toEqual([503, 'UNKNOWN_OUTCOME', '1']);
  });

  test('that could not be sent is UNAVAILABLE', async () => {
    const made = await prepared(verb);
    await database.proxy.refuse();
    database.proxy.cut();
    // Until it has heard that a connection is gone, it sends on it.
    await eventually(async () => {
      const metrics = await (await fetch(`${shaky.url}/metrics`)).text();
      expect(metrics.match(/^gongu_postgres_pool_connections\{.*\} [1-9]/m)).toBeNull();
    });
    const { status, body } = await verb.call(shaky, made);
    await database.proxy.pass();
    expect([status, body.code]).toEqual([503, 'UNAVAILABLE']);
    expect(await verb.done(made)).toBe(false);
  });

  test('whose answer is lost has an outcome that nobody knows, done or not', async () => {
    const { made, answered } = lost.done[name]!;
    const { status, body } = await answered;
    expect([status, body.code]).toEqual([503, 'UNKNOWN_OUTCOME']);
    expect(await verb.done(made)).toBe(true);
  });
});

describe('with an Idempotency-Key', () => {
  test('a purchase whose connection breaks is asked again, and answered with what the first try did', async () => {
    for (const how of ['cut', 'terminate'] as const) {
      const made = await create(direct);
      await database.lock(LOCK, [made.id]);
      const calling = VERBS.purchase!.call(shaky, made, randomUUID());
      await expect.poll(database.waiting).toBeGreaterThan(0);
      if (how === 'cut') database.proxy.cut();
      else await database.terminateWaiting();
      await database.unlock('COMMIT');
      const { status, headers } = await calling;
      expect([status, headers.get('idempotent-replayed')]).toEqual([201, null]);
      expect(await bought(made)).toBe(true);
    }
  });

  test('what nobody knew in time is known under the same key, whether it was carried out or not', async () => {
    const { keyed } = lost.done;
    expect((await keyed!.answered).body.code).toBe('UNKNOWN_OUTCOME');
    expect((await lost.undone.answered).status).toBe(503);
    await lost.over;
    for (const { made } of [keyed!, lost.undone]) {
      expect((await VERBS.purchase!.call(lost.server, made, made.id)).status).toBe(201);
      expect(await given.rows('SELECT 1 FROM participations WHERE product_id = $1', made.id)).toHaveLength(1);
    }
  });

  test('a product is created once, whatever breaks', async () => {
    const key = randomUUID();
    const body = draft({ title: key });
    const creating = shaky.call<Product>('POST', '/api/products', {
      as: 'seller:sel',
      body,
      headers: { 'idempotency-key': key },
    });
    database.proxy.cut();
    const first = await creating;
    const again = await shaky.call<Product>('POST', '/api/products', {
      as: 'seller:sel',
      body,
      headers: { 'idempotency-key': key },
    });
    expect([201, 503]).toContain(first.status);
    expect(again.status).toBe(201);
    expect(await given.rows('SELECT 1 FROM products WHERE title = $1', key)).toHaveLength(1);
  });
});

test('reads that are not answered changed nothing: UNAVAILABLE', async () => {
  for (const { status, body } of await Promise.all(lost.reads)) {
    expect([status, body.code]).toEqual([503, 'UNAVAILABLE']);
  }
});
