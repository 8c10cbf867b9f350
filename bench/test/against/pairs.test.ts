import { expect, it } from 'vitest';
import { type RunOfBoth, runPairs, type Side } from '../../against/pairs.ts';
import { measurement, step } from '../fixture.ts';

const both = (): RunOfBoth => ({ that: [measurement([step()])], this: [measurement([step()])], failed: [] });

it('begins every other pair with the other side', async () => {
  const ran: string[] = [];
  const { pairs, failures } = await runPairs({
    count: 3,
    async run(order, label) {
      ran.push(`${label}: ${order.join(', ')}`);
      return both();
    },
  });
  expect(ran).toEqual(['pair 1 of 3: that, this', 'pair 2 of 3: this, that', 'pair 3 of 3: that, this']);
  expect(pairs).toHaveLength(3);
  expect(failures).toEqual([]);
});

it('goes on after a run that failed, and tells of it', async () => {
  const { pairs, failures } = await runPairs({
    count: 3,
    async run(_, label) {
      const failed = [{ side: 'this', error: new Error('3 messages doubled') } as const];
      return label.startsWith('pair 2') ? { ...both(), this: null, failed } : both();
    },
  });
  expect(pairs.map((pair) => [pair.that !== null, pair.this !== null])).toEqual([
    [true, true],
    [true, false],
    [true, true],
  ]);
  expect(failures).toEqual(['pair 2, this: 3 messages doubled']);
});

it('gives up when a side has failed three times, and tells how many pairs that left out', async () => {
  const ran: Side[] = [];
  const { pairs, failures } = await runPairs({
    count: 10,
    async run(order) {
      ran.push(...order);
      return { ...both(), that: null, failed: [{ side: 'that', error: new Error('it does not start') }] };
    },
  });
  expect(ran).toHaveLength(6);
  expect(pairs).toHaveLength(3);
  expect(failures.at(-1)).toBe('that failed 3 times: the other 7 pairs were not run');
});
