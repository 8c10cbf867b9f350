import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { caller } from '../fixture/people.ts';
import { apply, type ProductCommand, type ProductModel, SELLER } from '../fixture/product-model.ts';
import { testStore } from '../fixture/store.ts';

const { store, product, rows } = await testStore();

const people = fc.constantFrom('ann', 'ben', 'cho', 'dan', 'eun', SELLER);
const command: fc.Arbitrary<ProductCommand> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ type: fc.constant('join' as const), user: people }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('withdraw' as const), user: people }) },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant('quantity' as const),
      user: people,
      quantity: fc.integer({ min: 1, max: 3 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record(
      {
        type: fc.constant('edit' as const),
        actor: fc.constantFrom(SELLER, SELLER, 'ann'),
        min: fc.integer({ min: 1, max: 6 }),
        max: fc.integer({ min: 1, max: 6 }),
        version: fc.integer({ min: 1, max: 8 }),
      },
      { requiredKeys: ['type', 'actor'] },
    ),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant('end' as const),
      actor: fc.constantFrom(SELLER, SELLER, 'ann'),
      status: fc.constantFrom('CLOSED' as const, 'CANCELLED' as const),
    }),
  },
);
const limits = fc
  .tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 5 }))
  .map(([a, b]) => ({ min: Math.min(a, b), max: Math.max(a, b) }));

async function perform(id: string, asked: ProductCommand): Promise<string> {
  switch (asked.type) {
    case 'join':
      return (await store.participations.join(id, 1, caller(asked.user), null)).outcome;
    case 'withdraw':
      return (await store.participations.withdraw(id, caller(asked.user))).outcome;
    case 'quantity':
      return (await store.participations.changeQuantity(id, asked.quantity, caller(asked.user))).outcome;
    case 'edit': {
      const { min, max, version, actor } = asked;
      const edit = { ...(min && { minParticipants: min }), ...(max && { maxParticipants: max }) };
      return (await store.products.edit(id, edit, version ? [version] : null, caller(actor), false)).outcome;
    }
    case 'end':
      return (await store.products.end(id, asked.status, null, caller(asked.actor), false)).outcome;
  }
}

/** What must be true of a product whatever was done to it, and in whatever order. */
async function checkInvariants(id: string): Promise<void> {
  const found = await store.products.find(id);
  if (found === null) throw new Error('the product is gone');
  const places = await store.participations.buyers(id, { limit: 100, after: null });
  const buyers = places.map((buyer) => buyer.userId);
  expect(found.participantCount).toBe(buyers.length);
  expect(found.unitCount).toBe(places.reduce((sum, { quantity }) => sum + quantity, 0));
  expect(found.participantCount).toBeLessThanOrEqual(found.maxParticipants);
  expect(buyers).not.toContain(SELLER);
  if (found.status === 'RECRUITING') expect(found.seatsLeft).toBeGreaterThan(0);
  if (found.status === 'CLOSED') expect(found.participantCount).toBeGreaterThanOrEqual(found.minParticipants);
  expect(found.closedAt === null).toBe(found.status === 'RECRUITING');

  // The audit has every version once per event and leads to the present status.
  const audit = await store.products.audit(id, { limit: 1_000, after: null });
  expect([...new Set(audit.map((entry) => entry.version))]).toEqual(
    Array.from({ length: found.version }, (_, index) => index + 1),
  );
  expect(audit.at(-1)?.toStatus).toBe(found.status);
  expect(audit.filter((entry) => entry.event === 'product.closed' || entry.event === 'product.cancelled')).toHaveLength(
    found.status === 'RECRUITING' ? 0 : 1,
  );

  // Read in order, it says of each buyer how many he takes, and of each change what was before.
  const taken = new Map<string, unknown>();
  for (const { event, actor, data } of audit) {
    if (event === 'buyer.changed') expect(data?.before).toBe(taken.get(actor!));
    if (event === 'buyer.committed' || event === 'buyer.changed') taken.set(actor!, data?.quantity);
    if (event === 'buyer.withdrawn') expect(taken.delete(actor!)).toBe(true);
  }
  expect(taken).toEqual(new Map(places.map(({ userId, quantity }) => [userId, quantity])));

  // Chat, told all of the outbox in order, ends with the same buyers, the same cap and the same status.
  const room = { committed: new Set<string>(), max: 0, status: '' };
  const told = await rows<{ kind: string; payload: Record<string, unknown> }>(
    'SELECT kind, payload FROM outbox WHERE room_id = $1 ORDER BY id',
    id,
  );
  for (const [index, { kind, payload }] of told.entries()) {
    expect(kind === 'room.open').toBe(index === 0);
    // The end is told behind what makes it.
    if (kind !== 'room.notice') expect(room.status).not.toMatch(/CLOSED|CANCELLED/);
    if (kind === 'room.open') Object.assign(room, { max: payload.maxParticipants, status: 'ACTIVE' });
    if (kind === 'room.patched' && payload.maxParticipants) room.max = payload.maxParticipants as number;
    if (kind === 'buyer.committed') room.committed.add(payload.userId as string);
    if (kind === 'buyer.withdrawn') expect(room.committed.delete(payload.userId as string)).toBe(true);
    if (kind === 'room.status') room.status = payload.status as string;
    expect(room.committed.size).toBeLessThanOrEqual(room.max);
  }
  expect([...room.committed].sort()).toEqual([...buyers].sort());
  expect(room.max).toBe(found.maxParticipants);
  const notices = told.flatMap(({ kind, payload }) => {
    const { event, minParticipants } = payload as { event?: string; minParticipants?: number };
    return kind === 'room.notice' ? [`${event} ${event === 'notice.tier' ? minParticipants : ''}`] : [];
  });
  expect(new Set(notices).size).toBe(notices.length);
  expect(room.status).toBe(found.status === 'RECRUITING' ? 'ACTIVE' : found.status);
}

describe('a product in the database', () => {
  it('agrees with the model of its state machine, command by command', async () => {
    await fc.assert(
      fc.asyncProperty(limits, fc.array(command, { minLength: 1, maxLength: 20 }), async ({ min, max }, commands) => {
        const { id } = await product({ minParticipants: min, maxParticipants: max }, SELLER);
        const model: ProductModel = { status: 'RECRUITING', reason: null, min, max, buyers: new Map(), version: 1 };
        for (const asked of commands) {
          expect([asked, await perform(id, asked)]).toEqual([asked, apply(model, asked)]);
          const found = await store.products.find(id);
          expect(found).toMatchObject({
            status: model.status,
            reason: model.reason,
            minParticipants: model.min,
            maxParticipants: model.max,
            participantCount: model.buyers.size,
            unitCount: [...model.buyers.values()].reduce((sum, quantity) => sum + quantity, 0),
            version: model.version,
          });
        }
        await checkInvariants(id);
      }),
      { numRuns: 60 },
    );
  });

  it('keeps its invariants when any commands run at the same time', async () => {
    await fc.assert(
      fc.asyncProperty(limits, fc.array(command, { minLength: 2, maxLength: 30 }), async ({ min, max }, commands) => {
        const { id } = await product({ minParticipants: min, maxParticipants: max }, SELLER);
        await Promise.all(commands.map((asked) => perform(id, asked)));
        await checkInvariants(id);
      }),
      { numRuns: 60 },
    );
  });

  it('never ends twice, whatever is written past the functions', async () => {
    const { id } = await product({ maxParticipants: 1 });
    await store.participations.join(id, 1, caller('ann'), null);
    await expect(rows("UPDATE products SET status = 'RECRUITING', reason = NULL WHERE id = $1", id)).rejects.toThrow();
    await expect(rows('UPDATE products SET participant_count = 2 WHERE id = $1', id)).rejects.toThrow();
    await expect(rows('DELETE FROM audit WHERE product_id = $1', id)).rejects.toThrow('DELETE on audit is not allowed');
    await expect(rows("UPDATE audit SET actor = 'me'")).rejects.toThrow('UPDATE on audit is not allowed');
  });
});
