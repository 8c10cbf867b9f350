import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Product, ProductSummary, WebhookWithSecret } from '@gongu/shared';
import {
  freePort,
  type ServiceProcess,
  spawnService,
  startWebhookReceiver,
  type TestDatabase,
  testDatabase,
  type WebhookBehaviour,
  type WebhookReceiver,
} from '@gongu/testkit';
import fc from 'fast-check';
import pg from 'pg';
import { Webhook as Verifier } from 'standardwebhooks';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ChatServer, startChatServer } from './fixture/chat-server.ts';
import { PRICE, type ProductAct, productAct, productEnd, productTerms, TIERS } from './fixture/product-acts.ts';
import { productPromises } from './fixture/product-promises.ts';
import { SERVICE_SECRET, SHOP_SECRET, shopToken, tokenOf, USER_SECRET } from './fixture/tokens.ts';
import { draft } from './fixture/trade-server.ts';

/** What is drawn follows from it: a run that failed comes again, as far as two processes let it. */
const SEED = Number(process.env.SEED || Date.now() % 1_000_000_000);
/** How often all of it is done; more by hand. */
const RUNS = Number(process.env.KILLED_RUNS || 1);
const PRODUCTS = 3;
const AT_ONCE = 6;

let database: TestDatabase;
let pool: pg.Pool;
let chat: ChatServer;
let to: WebhookReceiver;
let secret: string;
/** How the receiver behaves, over and over; null: it takes all. */
let moods: readonly WebhookBehaviour[] | null = null;
const ports: number[] = [];
const instances: (ServiceProcess | null)[] = [null, null];

async function rows<T>(sql: string, ...values: unknown[]): Promise<T[]> {
  return (await pool.query(sql, values)).rows as T[];
}

async function startInstance(i: number): Promise<void> {
  const started = spawnService({
    entry: 'services/trade/dist/main.mjs',
    env: {
      ...{ TRADE_PORT: String(ports[i]), HOST: '127.0.0.1', DATA_DIR: mkdtempSync(join(tmpdir(), 'gongu-trade-')) },
      ...{
        DATABASE_URL: database.url,
        DATABASE_POOL: '5',
        CHAT_URL: chat.url,
        ALLOWED_ORIGINS: 'https://shop.example',
      },
      ...{ JWT_SECRET: USER_SECRET, SERVICE_JWT_SECRET: SERVICE_SECRET, SHOP_JWT_SECRET: SHOP_SECRET },
      ...{ RATE_CHANGES_PER_SECOND: '0', WEBHOOK_ALLOW_PRIVATE: '1', DRAIN_MS: '500' },
    },
  });
  await started.ready;
  instances[i] = started;
}

beforeAll(async () => {
  database = await testDatabase({ schema: 'trade', migrationsDir: 'prisma/trade' });
  pool = new pg.Pool({ connectionString: database.url, max: 4, options: '-c search_path=trade' });
  chat = await startChatServer(SERVICE_SECRET);
  to = await startWebhookReceiver((n) => (moods === null ? 200 : moods[n % moods.length]!));
  ports.push(await freePort(), await freePort());
  await Promise.all([0, 1].map(startInstance));
  secret = (await ask<WebhookWithSecret>('POST', '/api/trade/webhooks', shopToken('webhooks'), { url: to.url })).secret;
});
afterAll(async () => {
  await Promise.all(instances.map((one) => one?.kill('SIGKILL')));
  await Promise.all([to?.close(), chat?.kill(), pool?.end()]);
  await database?.drop();
});

/** @throws Error where there is no answer */
function send(i: number, method: string, path: string, as: string, body?: object): Promise<Response> {
  return fetch(`http://127.0.0.1:${ports[i]}${path}`, {
    method,
    headers: {
      authorization: as.startsWith('Bearer ') ? as : `Bearer ${tokenOf(as)}`,
      ...(body ? { 'content-type': 'application/json' } : {}),
    },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
}

async function ask<T>(method: string, path: string, as: string, body?: object): Promise<T> {
  const answer = await send(0, method, path, as, body);
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  return answer.json() as Promise<T>;
}

/** Whether it was heard and done is nobody's to know here. */
function perform(i: number, id: string, act: ProductAct): Promise<unknown> {
  const at = `/api/products/${id}`;
  switch (act.type) {
    case 'join':
      return send(i, 'POST', `${at}/participations`, act.user);
    case 'withdraw':
      return send(i, 'DELETE', `${at}/participations/me`, act.user);
    case 'quantity':
      return send(i, 'PATCH', `${at}/participations/me`, act.user, { quantity: act.quantity });
    case 'wait':
      return send(i, 'POST', `${at}/waiting`, act.user, { quantity: 2 });
    case 'unwait':
      return send(i, 'DELETE', `${at}/waiting/me`, act.user);
    case 'report': {
      const { status, reference, amount } = act;
      const body = { status, reference, amount };
      return send(i, 'PUT', `${at}/participations/${act.user}/payment`, shopToken('payments'), body);
    }
    case 'edit':
      return send(i, 'PATCH', at, 'seller:sel', { maxParticipants: act.max });
    case 'end':
      return send(i, 'POST', `${at}/${act.status === 'CLOSED' ? 'close' : 'cancel'}`, 'seller:sel');
    // Instances free what is due, and end what is over, by themselves.
    case 'due':
    case 'expire':
      return rows(
        'UPDATE participations SET payment_due_at = clock_timestamp() WHERE product_id = $1 AND user_id = $2 AND NOT committed',
        ...[id, act.user],
      );
    case 'deadline':
      return rows(`UPDATE products SET deadline = clock_timestamp() WHERE id = $1 AND status = 'RECRUITING'`, id);
  }
}

const { checkSnapshot, checkHistory } = productPromises({
  ...{ rows, price: PRICE, tiers: TIERS },
  summary: (id) => ask<ProductSummary>('GET', `/api/products/${id}/summary`, 'seller:sel'),
  roomBuyers: async (id) => [...chat.rooms.get(id)!.committed].sort(),
});

const wait = { interval: 50 };
const step = fc.record({ act: productAct, product: fc.nat(PRODUCTS - 1), instance: fc.nat(1) });
const plan = fc.record({
  terms: fc.array(productTerms, { minLength: PRODUCTS, maxLength: PRODUCTS }),
  chunks: fc.array(
    fc.record({
      steps: fc.array(step, { minLength: AT_ONCE, maxLength: AT_ONCE }),
      /** Which instance dies within it. */
      dies: fc.oneof({ weight: 4, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: fc.nat(1) }),
      afterMs: fc.nat(25),
    }),
    { minLength: 25, maxLength: 25 },
  ),
  ends: fc.array(productEnd, { minLength: PRODUCTS, maxLength: PRODUCTS }),
  moods: fc.array(fc.constantFrom<WebhookBehaviour>(200, 200, 200, 503, 'reset', 'half'), {
    minLength: 31,
    maxLength: 31,
  }),
});
type Plan = typeof plan extends fc.Arbitrary<infer T> ? T : never;

it(
  'what is promised holds, and webhooks hear each row of the audit once and in order, whichever instances are killed',
  async () => {
    for (const drawn of fc.sample(plan, { seed: SEED, numRuns: RUNS })) {
      await run(drawn).catch((cause: unknown) => {
        throw new Error(`with SEED=${SEED}: ${String(cause)}`, { cause });
      });
    }
  },
  120_000 + RUNS * 60_000,
);

async function run(drawn: Plan): Promise<void> {
  const ids: string[] = [];
  for (const { minParticipants, ...terms } of drawn.terms) {
    const min = Math.min(minParticipants, terms.maxParticipants);
    const price = { amount: PRICE, currency: 'KRW' };
    // Offered with room for all tiers, and with less of it then.
    const body = draft({ ...terms, minParticipants: min, maxParticipants: 6, price, priceTiers: TIERS });
    const { id } = await ask<Product>('POST', '/api/products', 'seller:sel', body);
    const { maxParticipants } = terms;
    await ask('PATCH', `/api/products/${id}`, 'seller:sel', { maxParticipants });
    ids.push(id);
  }
  ({ moods } = drawn);
  let done = false;
  const watching = (async () => {
    for (; !done; ) for (const id of ids) await checkSnapshot(id);
  })();
  // It is awaited at the end.
  watching.catch(() => {});
  const starting: Promise<void>[] = [];
  for (const [n, { steps, dies, afterMs }] of drawn.chunks.entries()) {
    const under = steps.map(({ act, product, instance }) => perform(instance, ids[product]!, act));
    // Among what the last ones ask for, the end.
    if (n === drawn.chunks.length - 2) under.push(...drawn.ends.map((act, i) => perform(i % 2, ids[i]!, act)));
    const answered = Promise.allSettled(under);
    const victim = dies === null ? null : instances[dies];
    if (victim) {
      instances[dies!] = null;
      await new Promise((resolve) => setTimeout(resolve, afterMs));
      await victim.kill('SIGKILL');
      starting.push(startInstance(dies!));
    }
    for (const answer of await answered) {
      // No answer is what a killed one gives.
      if (answer.status === 'rejected' || !(answer.value instanceof Response)) continue;
      expect(answer.value.status).not.toBe(500);
      await answer.value.arrayBuffer().catch(() => {});
    }
  }
  await Promise.all(starting);
  // What the dead had claimed is theirs for a minute: the living need not wait for that here.
  await Promise.all(instances.map((one) => one!.kill('SIGKILL')));
  await rows('UPDATE webhook_lanes SET claim = NULL, due_at = clock_timestamp()');
  await rows('UPDATE outbox_rooms SET claim = NULL, due_at = clock_timestamp()');
  moods = null;
  await Promise.all([0, 1].map(startInstance));
  for (const id of ids) await settled(id);
  done = true;
  await watching;
  for (const id of ids) {
    await checkHistory(id);
    await checkWebhooks(id);
  }
}

/** All of it was told. */
async function settled(id: string): Promise<void> {
  const left = async () => {
    const [counts] = await rows<Record<string, number>>(
      `SELECT (SELECT count(*)::int FROM webhook_events WHERE product_id = $1 AND NOT fanned) AS events,
         (SELECT count(*)::int FROM webhook_deliveries WHERE product_id = $1 AND status <> 'delivered') AS deliveries,
         (SELECT count(*)::int FROM outbox WHERE room_id = $1) AS entries,
         (SELECT count(*)::int FROM participations WHERE product_id = $1 AND NOT committed AND payment_due_at <= now()) AS due,
         (SELECT count(*)::int FROM products WHERE id = $1 AND status = 'RECRUITING' AND deadline <= now()) AS open`,
      id,
    );
    return counts;
  };
  await expect.poll(left, wait).toEqual({ events: 0, deliveries: 0, entries: 0, due: 0, open: 0 });
}

/** Each row of the audit that webhooks hear of came, in order; what came again is the same. */
async function checkWebhooks(id: string): Promise<void> {
  const audit = await rows<{ id: string; type: string; due: boolean }>(
    `SELECT id, trade.webhook_type(event) AS type, coalesce(data ? 'dueAt', false) AS due FROM audit
     WHERE product_id = $1 AND trade.webhook_type(event) IS NOT NULL ORDER BY audit.id`,
    id,
  );
  const expected = audit.flatMap(({ id: row, type, due }) => [
    `msg_${row} ${type}`,
    ...(due ? [`msg_${row}_due participation.payment_due`] : []),
  ]);
  const bodies = new Map<string, string>();
  for (const { id: messageId, body, raw, headers } of to.got) {
    if (body.data.productId !== id) continue;
    const message = `${messageId} ${body.type}`;
    expect(raw).toBe(bodies.get(message) ?? raw);
    bodies.set(message, raw);
    expect(new Verifier(secret).verify(raw, headers)).toEqual(body);
  }
  expect([...bodies.keys()]).toEqual(expected);
  const sequences = [...bodies.values()].map((raw) => JSON.parse(raw).data.sequence as number);
  expect(sequences).toEqual([...sequences].sort((a, b) => a - b));

  const [product] = await rows<{ status: string; final_amount: string | null }>(
    'SELECT status, final_amount FROM products WHERE id = $1',
    id,
  );
  const captures = to.got.filter(({ body }) => body.data.productId === id && body.type === 'payment.capture');
  for (const { body } of captures) {
    const { userId, amount } = body.data as { userId: string; amount: number };
    const [place] = await rows<{ quantity: number; payment_amount: string }>(
      'SELECT quantity, payment_amount FROM participations WHERE product_id = $1 AND user_id = $2',
      ...[id, userId],
    );
    expect(amount).toBe(Number(product!.final_amount) * place!.quantity);
    expect(amount).toBeLessThanOrEqual(PRICE * place!.quantity);
  }
  if (product!.status !== 'CLOSED') expect(captures).toEqual([]);
}
