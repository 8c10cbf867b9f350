import { createLog } from '@gongu/host';
import type { PaymentStatus, Product } from '@gongu/shared';
import fc from 'fast-check';
import pg from 'pg';
import { expect, it, onTestFinished } from 'vitest';
import { openStore } from '../../src/store/open-store.ts';
import { caller } from '../fixture/people.ts';
import { testStore } from '../fixture/store.ts';

const { url, store: plain, product, rows } = await testStore();

const PRICE = 1_000;
const TIERS = [
  { minParticipants: 2, amount: 800 },
  { minParticipants: 4, amount: 500 },
];
const people = ['ann', 'ben', 'cho', 'dan', 'eun', 'fay', 'gil'];

type Command =
  | { type: 'join' | 'withdraw' | 'wait' | 'unwait' | 'due' | 'expire'; user: string }
  | { type: 'quantity'; user: string; quantity: number }
  | { type: 'report'; user: string; status: Exclude<PaymentStatus, 'PENDING'>; reference: string; amount: number }
  | { type: 'edit'; max: number }
  | { type: 'end'; status: 'CLOSED' | 'CANCELLED' }
  | { type: 'deadline' | 'kill' };

const user = fc.constantFrom(...people);
const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ type: fc.constant('join' as const), user }) },
  { weight: 5, arbitrary: fc.record({ type: fc.constant('wait' as const), user }) },
  {
    weight: 12,
    arbitrary: fc.record({
      type: fc.constant('report' as const),
      user,
      status: fc.constantFrom('AUTHORIZED', 'AUTHORIZED', 'AUTHORIZED', 'FAILED', 'CAPTURED', 'RELEASED', 'REFUNDED'),
      reference: fc.constantFrom('r-1', 'r-2'),
      amount: fc.constantFrom(PRICE, 2 * PRICE, 3 * PRICE),
    }),
  },
  {
    // Who waits is seldom drawn: more often, so that no run is without one who gives up.
    weight: 8,
    arbitrary: fc.record({ type: fc.constantFrom('withdraw' as const, 'unwait' as const, 'unwait' as const), user }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ type: fc.constant('quantity' as const), user, quantity: fc.integer({ min: 1, max: 3 }) }),
  },
  { weight: 4, arbitrary: fc.record({ type: fc.constantFrom('due' as const, 'expire' as const), user }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('edit' as const), max: fc.integer({ min: 1, max: 6 }) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('kill' as const) }) },
);
/** Beside the last of them. */
const ending: fc.Arbitrary<Command> = fc.oneof(
  fc.record({ type: fc.constant('deadline' as const) }),
  fc.record({ type: fc.constant('end' as const), status: fc.constantFrom('CLOSED' as const, 'CANCELLED' as const) }),
);
const AT_ONCE = 6;
const terms = fc.record({
  payment: fc.constantFrom('NONE' as const, 'REQUIRED' as const),
  waitingList: fc.boolean(),
  maxParticipants: fc.integer({ min: 1, max: 4 }),
  minParticipants: fc.constantFrom(1, 1, 2),
});

it('whatever is done by many at once on two instances, some of which lose their connections, what is promised holds', async () => {
  const log = createLog({ service: 'trade', level: 'silent' });
  const instances = [0, 1].map(() => openStore({ url, max: 4, log, onCommit: () => {} }));
  const outside = new pg.Pool({ connectionString: url, max: 3 });
  onTestFinished(async () => {
    await outside.end();
    await Promise.all(instances.map((store) => store.close()));
  });

  async function perform(store: (typeof instances)[number], id: string, asked: Command): Promise<unknown> {
    switch (asked.type) {
      case 'join':
        return store.participations.join(id, 1, caller(asked.user), null);
      case 'withdraw':
        return store.participations.withdraw(id, caller(asked.user));
      case 'quantity':
        return store.participations.changeQuantity(id, asked.quantity, caller(asked.user));
      case 'wait':
        return store.waiting.join(id, 2, caller(asked.user));
      case 'unwait':
        return store.waiting.leave(id, caller(asked.user));
      case 'report': {
        const { status, reference, amount } = asked;
        return store.participations.reportPayment(id, asked.user, { status, reference, amount }, {});
      }
      case 'due':
        return outside.query(
          'UPDATE trade.participations SET payment_due_at = clock_timestamp() WHERE product_id = $1 AND user_id = $2 AND NOT committed',
          [id, asked.user],
        );
      case 'expire':
        return store.due.expirePayments(100);
      case 'edit':
        return store.products.edit(id, { maxParticipants: asked.max }, null, caller('seller'), false);
      case 'end':
        return store.products.end(id, asked.status, null, caller('seller'), false);
      case 'deadline':
        return outside.query(
          `UPDATE trade.products SET deadline = clock_timestamp() WHERE id = $1 AND status = 'RECRUITING'`,
          [id],
        );
      case 'kill':
        return outside.query(
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
           WHERE datname = current_database() AND application_name = 'gongu trade' AND pid % 2 = 0`,
        );
    }
  }

  await fc.assert(
    fc.asyncProperty(terms, fc.array(command, { minLength: 20, maxLength: 60 }), ending, async (given, asked, last) => {
      const minParticipants = Math.min(given.minParticipants, given.maxParticipants);
      const price = { amount: PRICE, currency: 'KRW' };
      const { id } = await product({ ...given, minParticipants, price, priceTiers: TIERS }, 'seller');
      let done = false;
      const watching = (async () => {
        for (; !done; ) await checkSnapshot(id);
      })();
      const commands = [...asked.slice(0, -2), last, ...asked.slice(-2)];
      for (let from = 0; from < commands.length; from += AT_ONCE) {
        const chunk = commands.slice(from, from + AT_ONCE);
        const answers = await Promise.allSettled(chunk.map((one, i) => perform(instances[i % 2]!, id, one)));
        // A call whose connection was ended says so; what it did, or not, the rows tell.
        for (const answer of answers) {
          if (answer.status === 'rejected') expect(['UNAVAILABLE', 'UNKNOWN_OUTCOME']).toContain(answer.reason.code);
        }
      }
      done = true;
      await watching;
      await checkHistory(id);
    }),
    { numRuns: 40 },
  );
  // Else the above has promised nothing.
  const seen = await rows<{ event: string }>('SELECT DISTINCT event FROM audit ORDER BY event');
  expect(seen.map(({ event }) => event)).toEqual(
    expect.arrayContaining([
      ...[
        'buyer.changed',
        'buyer.committed',
        'buyer.expired',
        'buyer.withdrawn',
        'payment.authorized',
        'payment.capture',
      ],
      ...[
        'payment.failed',
        'payment.release',
        'product.cancelled',
        'product.closed',
        'waiting.ended',
        'waiting.joined',
      ],
      ...['waiting.left', 'waiting.promoted', 'product.edited'],
    ]),
  );
}, 180_000);

/** What one statement sees, at any time. */
async function checkSnapshot(id: string): Promise<void> {
  const [seen] = await rows<Record<string, number> & { status: string; payment: string; final_amount: string | null }>(
    `SELECT p.status, p.payment, p.max_participants AS cap, p.participant_count AS people, p.unit_count AS units,
       p.authorized_count AS authorized, p.waiting_count AS waiting, p.final_amount, s.*,
       (SELECT count(*)::int FROM waiting w WHERE w.product_id = p.id) AS waiters,
       (SELECT count(*)::int FROM waiting w JOIN participations b USING (product_id, user_id) WHERE w.product_id = p.id) AS both
     FROM products p, LATERAL (
       SELECT count(*)::int AS places, coalesce(sum(b.quantity), 0)::int AS quantity,
         count(*) FILTER (WHERE b.committed)::int AS committed,
         count(*) FILTER (WHERE b.payment_status = 'AUTHORIZED' AND b.payment_amount < ${PRICE} * b.quantity)::int AS less
       FROM participations b WHERE b.product_id = p.id) s
     WHERE p.id = $1`,
    id,
  );
  const { status, payment, cap, people, units, authorized, waiting, places, quantity, committed, waiters, both, less } =
    seen!;
  expect({ people, units, waiting, both, less }).toEqual({
    people: places,
    units: quantity,
    waiting: waiters,
    both: 0,
    less: 0,
  });
  expect(people).toBeLessThanOrEqual(cap!);
  expect(authorized).toBe(payment === 'REQUIRED' ? committed : 0);
  if (waiting! > 0) expect([status, people]).toEqual(['RECRUITING', cap]);
  if (status === 'RECRUITING') return;
  expect([waiting, committed]).toEqual([0, people]);
  const tier = TIERS.findLast(({ minParticipants }) => minParticipants <= people!)?.amount ?? PRICE;
  expect(seen!.final_amount).toBe(status === 'CLOSED' ? String(tier) : null);
}

/** What the audit and the entries for chat tell, read in order, is what the rows say. */
async function checkHistory(id: string): Promise<void> {
  const audit = await rows<{ event: string; actor: string; data: Record<string, number | string> | null }>(
    `SELECT event, user_id AS actor, data FROM audit LEFT JOIN people ON number = person WHERE product_id = $1 ORDER BY id`,
    id,
  );
  const taken = new Map<string, unknown>();
  const line: string[] = [];
  const asked = new Map<string, number>();
  for (const { event, actor, data } of audit) {
    if (event === 'buyer.committed' || event === 'waiting.promoted') {
      expect(taken.has(actor)).toBe(false);
      taken.set(actor, data?.quantity);
    }
    if (event === 'buyer.changed') taken.set(actor, data?.quantity);
    if (event === 'buyer.withdrawn' || event === 'buyer.expired') expect(taken.delete(actor)).toBe(true);
    if (event === 'waiting.joined') line.push(actor);
    // First in, first served.
    if (event === 'waiting.promoted' || event === 'waiting.ended') expect(line.shift()).toBe(actor);
    if (event === 'waiting.left') line.splice(line.indexOf(actor), 1);
    if (event === 'payment.capture') asked.set(actor, (asked.get(actor) ?? 0) + 1);
  }
  const places = await rows<{ user_id: string; quantity: number; committed: boolean }>(
    'SELECT user_id, quantity, committed FROM participations WHERE product_id = $1 ORDER BY user_id',
    id,
  );
  expect([...taken].sort()).toEqual(places.map(({ user_id, quantity }) => [user_id, quantity]));
  const waiting = await rows<{ user_id: string }>('SELECT user_id FROM waiting WHERE product_id = $1 ORDER BY id', id);
  expect(line).toEqual(waiting.map(({ user_id }) => user_id));

  const [now] = await rows<{ status: string; payment: Product['payment'] }>(
    'SELECT status, payment FROM products WHERE id = $1',
    id,
  );
  const summary = (await plain.participations.summary(id, 'UTC'))!;
  const sumOf = (sums: readonly { people: number; units: number }[]) => [
    sums.reduce((sum, { people }) => sum + people, 0),
    sums.reduce((sum, { units }) => sum + units, 0),
  ];
  const all = [places.length, places.reduce((sum, { quantity }) => sum + quantity, 0)];
  expect([summary.seats.taken, summary.unitCount]).toEqual(all);
  for (const sums of [summary.payments, summary.days]) expect(sumOf(sums)).toEqual(all);
  expect(summary.seats.committed).toBe(places.filter(({ committed }) => committed).length);

  const captured =
    now!.status === 'CLOSED' && now!.payment === 'REQUIRED' ? places.map(({ user_id }) => [user_id, 1]) : [];
  expect([...asked].sort()).toEqual(captured);

  const room = new Set<string>();
  const told = await rows<{ kind: string; payload: { userId: string } }>(
    'SELECT kind, payload FROM outbox WHERE room_id = $1 ORDER BY id',
    id,
  );
  for (const { kind, payload } of told) {
    if (kind === 'buyer.committed') room.add(payload.userId);
    if (kind === 'buyer.withdrawn') expect(room.delete(payload.userId)).toBe(true);
  }
  expect([...room].sort()).toEqual(places.filter(({ committed }) => committed).map(({ user_id }) => user_id));
}
