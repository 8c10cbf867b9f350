import { afterEach, expect, it, vi } from 'vitest';
import { createBatch } from '../../src/store/batch.ts';

afterEach(() => vi.restoreAllMocks());

const items = Array.from({ length: 64 }, (_, n) => ({ roomId: `r-${n % 8}`, n }));

/** A batch whose statements take so long, and end so where `fails` holds; and how often it asked. */
function batchOf(fails: (n: number) => boolean, eachMs: number) {
  let now = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => now);
  const run = vi.fn(async (batch: readonly { n: number }[]) => {
    now += eachMs;
    if (batch.some(({ n }) => fails(n))) throw Object.assign(new Error('canceling statement'), { code: '57014' });
    return batch.map(() => ({ outcome: 'stored' as const }));
  });
  const batch = createBatch<(typeof items)[number], { outcome: 'stored' }>({
    ...{ run, idempotent: true, refusal: () => undefined },
  });
  return { run, store: () => batch(items) };
}

it('one item that takes too long fails, and the others are stored', async () => {
  const { store } = batchOf((n) => n === 31, 4_000);
  const outcomes = await store();
  expect(outcomes.flatMap(({ outcome }, n) => (outcome === 'stored' ? [] : [n]))).toEqual([31]);
});

it('where all take too long, not each of them is waited for: nothing was stored', async () => {
  const { run, store } = batchOf(() => true, 4_000);
  for (const one of await store()) expect(one).toMatchObject({ outcome: 'FAILED', error: { code: 'UNAVAILABLE' } });
  expect(run.mock.calls.length).toBeLessThan(10);
});

it('items that are cancelled at once fail one by one', async () => {
  const { store } = batchOf((n) => n % 2 === 0, 1);
  const outcomes = await store();
  expect(outcomes.filter(({ outcome }) => outcome === 'stored')).toHaveLength(32);
});
