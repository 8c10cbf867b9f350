import { randomUUID } from 'node:crypto';
import { sqlState, systemClock } from '@gongu/host';
import { manualClock } from '@gongu/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createTogether } from '../../src/store/together.ts';
import { caller } from '../fixture/people.ts';
import { testStore } from '../fixture/store.ts';

const { store, product, rows } = await testStore();
const { participations, keys } = store;

const PRICE = 1_000;
const people = ['ann', 'ben', 'cho', 'dan', 'eun', 'fay', 'gil', 'han', 'ivy', 'seller'];
const fields = fc.record({
  payment: fc.constantFrom('NONE' as const, 'REQUIRED' as const),
  waitingList: fc.boolean(),
  notices: fc.boolean(),
  minParticipants: fc.integer({ min: 1, max: 4 }),
  maxParticipants: fc.integer({ min: 4, max: 10 }),
  priceTiers: fc.constantFrom(
    [],
    [
      { minParticipants: 2, amount: 800 },
      { minParticipants: 5, amount: 500 },
    ],
  ),
});
const crowd = fc
  .shuffledSubarray(people, { minLength: 2 })
  .chain((users) => fc.tuple(...users.map((user) => fc.record({ user: fc.constant(user), quantity: fc.nat(2) }))));
/** Enough for whatever they take. */
const reports = fc.shuffledSubarray(people).map((users) => users.map((user) => ({ user, amount: 3 * PRICE })));

/** Everything that is kept of a product, without what differs between two: ids and times. */
async function left(id: string) {
  const all = async (sql: string) =>
    (await rows<{ row: object }>(`SELECT to_jsonb(x) AS row FROM (${sql}) x`, id)).map(({ row }) => plain(row));
  return {
    product: await all('SELECT * FROM products WHERE id = $1'),
    places: await all('SELECT * FROM participations WHERE product_id = $1 ORDER BY user_id'),
    // Captures are asked for in the order of joining, and those who joined together go by their names.
    audit: await all(
      `SELECT a.* FROM audit a LEFT JOIN people ON number = person WHERE product_id = $1
       ORDER BY version, event = 'payment.capture', CASE event WHEN 'payment.capture' THEN user_id END, id`,
    ),
    outbox: await all('SELECT * FROM outbox WHERE room_id = $1 ORDER BY id'),
    webhooks: await all(
      `SELECT * FROM webhook_events WHERE product_id = $1
       ORDER BY type = 'payment.capture', CASE type WHEN 'payment.capture' THEN user_id END, id`,
    ),
    change: await all('SELECT * FROM changes WHERE product_id = $1 ORDER BY seq DESC LIMIT 1'),
  };
}

function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(
    ([name]) => !/^(id|.*_id|seq|.*[aA]t|deadline|productId|seats_left)$/.test(name) || name === 'user_id',
  );
  return Object.fromEntries(kept.map(([name, inner]) => [name, plain(inner)]));
}

describe('what many ask for at once', () => {
  it('leaves of each what he would have left by himself, and tells each what he would have been told', async () => {
    const seen = new Set<string>();
    await fc.assert(
      fc.asyncProperty(fields, fc.boolean(), fc.nat(3), crowd, reports, async (given, hooked, before, buyers, paid) => {
        await rows('DELETE FROM webhooks');
        if (hooked) {
          await rows(
            `INSERT INTO webhooks (id, url, events, description, secret) VALUES ('w', 'https://shop.example', '{}', '', 's')`,
          );
        }
        const made = { ...given, price: { amount: PRICE, currency: 'KRW' } };
        const [apart, together] = [await product(made), await product(made)];
        const join = (id: string, { user, quantity }: { user: string; quantity: number }) =>
          participations.join(id, quantity + 1, caller(user), null);
        const report = (id: string, { user, amount }: { user: string; amount: number }) =>
          participations.reportPayment(
            id,
            user,
            { status: 'AUTHORIZED', reference: `of ${user}`, amount },
            { requestId: user },
          );
        for (const { id } of [apart, together]) {
          for (const one of buyers.slice(0, before)) await join(id, { ...one, quantity: 0 });
        }
        const inTurn = async <T, A>(all: readonly A[], ask: (one: A) => Promise<T>) => {
          const told: T[] = [];
          for (const one of all) told.push(await ask(one));
          return told;
        };
        const joined = await inTurn(buyers, (one) => join(apart.id, one));
        const joinedTogether = await Promise.all(buyers.map((one) => join(together.id, one)));
        expect(joinedTogether.map(({ outcome }) => outcome)).toEqual(joined.map(({ outcome }) => outcome));
        for (const { outcome } of joined) seen.add(outcome);
        for (const [i, one] of joined.entries()) {
          if (one.outcome === 'ok') {
            const { productId, joinedAt, payment, ...shown } = one.participation;
            expect(joinedTogether[i]).toMatchObject({ participation: shown });
          }
        }
        expect(await left(together.id)).toEqual(await left(apart.id));

        // The first time all at once; then again, which each is judged by himself for, and changes nothing.
        for (let i = 0; i < 2; i++) {
          const reported = await inTurn(paid, (one) => report(apart.id, one));
          const reportedTogether = await Promise.all(paid.map((one) => report(together.id, one)));
          expect(reportedTogether.map(({ outcome }) => outcome)).toEqual(reported.map(({ outcome }) => outcome));
          for (const { outcome } of reported) seen.add(`report ${outcome}`);
          expect(await left(together.id)).toEqual(await left(apart.id));
        }
      }),
      { numRuns: 60 },
    );
    expect([...seen].sort()).toEqual(
      expect.arrayContaining(['already', 'ended', 'ok', 'report absent', 'report ok', 'seller']),
    );
  });

  it('is undone of none for another: a run that was taken over, and a text that can not be stored, fail alone', async () => {
    const { id } = await product({ maxParticipants: 5 });
    const claim = (userId: string) => ({ userId, route: 'r', key: randomUUID(), run: randomUUID() });
    const claims = [claim('ann'), claim('ben'), claim('cho')] as const;
    for (const one of claims) await keys.begin(one, 'f', 30_000, 60_000);
    await rows('UPDATE idempotency_keys SET run = $2 WHERE key = $1', claims[1].key, randomUUID());
    const answers = await Promise.allSettled([
      ...claims.map((one) => participations.join(id, 1, caller(one.userId), one)),
      participations.join(id, 1, caller('dan', { nickname: 'a\u0000b' }), null),
      participations.join(id, 1, caller('eun'), null),
    ]);
    expect(
      answers.map((one) => (one.status === 'fulfilled' ? one.value.outcome : (one.reason as { code: string }).code)),
    ).toEqual(['ok', 'CONFLICT', 'ok', expect.stringMatching(/^22/), 'ok']);
    const kept = await rows<{ user_id: string }>(
      'SELECT user_id FROM participations WHERE product_id = $1 ORDER BY 1',
      id,
    );
    expect(kept.map(({ user_id }) => user_id)).toEqual(['ann', 'cho', 'eun']);
    const outcomes = await rows<{ user_id: string; outcome: object | null }>(
      `SELECT user_id, outcome -> 'value' ->> 'user_id' AS outcome FROM idempotency_keys ORDER BY 1`,
    );
    expect(outcomes).toEqual([
      { user_id: 'ann', outcome: 'ann' },
      { user_id: 'ben', outcome: null },
      { user_id: 'cho', outcome: 'cho' },
    ]);
  });
});

describe('calls that go together', () => {
  it('are the next call while one is under way; equal ones and other keys are apart; nobody pays for the refusal of another', async () => {
    const calls: string[][] = [];
    let release = () => {};
    const held = new Promise<void>((resolve) => (release = resolve));
    const call = async (key: string, items: readonly string[]) => {
      calls.push([key, ...items]);
      if (items.includes('first')) await held;
      if (items.includes('bad')) throw Object.assign(new Error('no'), { code: '22P05' });
      if (items.includes('lost')) throw new Error('the connection is gone');
      return items.map((item) => item.toUpperCase());
    };
    const together = createTogether<string, string>({
      one: async (key, item) => (await call(key, [item]))[0]!,
      many: call,
      idOf: (item) => item,
      max: 3,
      clock: systemClock,
    });
    const first = together('a', 'first');
    await Promise.resolve();
    const rest = ['x', 'y', 'x', 'bad', 'z'].map((item) => together('a', item));
    expect(await together('b', 'other')).toBe('OTHER');
    release();
    expect(await first).toBe('FIRST');
    const answers = await Promise.allSettled(rest);
    expect(answers.map((one) => (one.status === 'fulfilled' ? one.value : sqlState(one.reason)))).toEqual([
      'X',
      'Y',
      'X',
      '22P05',
      'Z',
    ]);
    expect(calls).toEqual([
      ['a', 'first'],
      ['b', 'other'],
      ['a', 'x', 'y', 'bad'],
      ['a', 'x'],
      ['a', 'y'],
      ['a', 'bad'],
      ['a', 'x', 'z'],
    ]);
    const gone = await Promise.allSettled([together('a', 'lost'), together('a', 'near')]);
    expect(gone.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  });

  it('begin 10 ms apart while somebody waits, and at once where nobody does', async () => {
    const clock = manualClock();
    const calls: string[] = [];
    const many = async (_key: string, items: readonly string[]) => {
      calls.push(`${items} at ${clock.monotonic()}`);
      if (items[0] === 'a') await new Promise<void>((resolve) => clock.setTimeout(resolve, 4));
      return items;
    };
    const together = createTogether<string, string>({
      one: async (key, item) => (await many(key, [item]))[0]!,
      many,
      idOf: (item) => item,
      clock,
    });
    const asked = [together('key', 'a')];
    await Promise.resolve();
    asked.push(together('key', 'b'), together('key', 'c'));
    await clock.advance(4);
    await clock.advance(6);
    await Promise.all(asked);
    await clock.advance(1);
    await together('key', 'd');
    expect(calls).toEqual(['a at 0', 'b,c at 10', 'd at 11']);
  });
});
