import { expect, it } from 'vitest';
import { runPairs, type Side } from '../../against/pairs.ts';
import { measurement, step } from '../fixture.ts';

const never = new AbortController().signal;

it('gives of each pair what each side measured, whichever was first', async () => {
  let turn = 0;
  const ran: string[] = [];
  const { pairs, failures } = await runPairs({
    ...{ count: 2, signal: never },
    async run(side, label) {
      ran.push(label);
      return [measurement([step({ per_server_cpu_s: ++turn * (side === 'this' ? 10 : 1) })])];
    },
  });
  expect(ran).toEqual(['pair 1 of 2, that', 'pair 1 of 2, this', 'pair 2 of 2, this', 'pair 2 of 2, that']);
  const figures = pairs.map((pair) => (['that', 'this'] as const).map((side) => pair[side]![0]!.steps[0]!));
  expect(figures.map((sides) => sides.map((one) => one.per_server_cpu_s))).toEqual([
    [1, 20],
    [4, 30],
  ]);
  expect(failures).toEqual([]);
});

it('goes on after a run that failed, and tells of it', async () => {
  let turn = 0;
  const { pairs, failures } = await runPairs({
    ...{ count: 3, signal: never },
    async run() {
      if (++turn === 3) throw new Error('3 messages doubled');
      return [measurement([step()])];
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
    ...{ count: 10, signal: never },
    async run(side) {
      ran.push(side);
      if (side === 'that') throw new Error('it does not start');
      return [measurement([step()])];
    },
  });
  expect(ran).toHaveLength(6);
  expect(pairs).toHaveLength(3);
  expect(failures.at(-1)).toBe('that failed 3 times: the other 7 pairs were not run');
});

it('ends at once when it is told to', async () => {
  const ending = new AbortController();
  let turns = 0;
  const running = runPairs({
    ...{ count: 10, signal: ending.signal },
    async run() {
      turns++;
      ending.abort(new Error('ended by SIGINT'));
      throw ending.signal.reason;
    },
  });
  await expect(running).rejects.toThrow('ended by SIGINT');
  expect(turns).toBe(1);
});
