import { expect, it } from 'vitest';
import type { Side } from '../../against/pairs.ts';
import { oneAfterTheOther, type TurnsOptions, takingTurns } from '../../against/runs.ts';
import { measurement, step } from '../fixture.ts';

const never = new AbortController().signal;

/** Sides whose opening, steps and ends are written down. */
function stage(fails: (what: string) => Error | undefined = () => undefined) {
  const told: string[] = [];
  const tell = (what: string) => {
    told.push(what);
    const failure = fails(what);
    if (failure) throw failure;
  };
  const run = (given: Partial<TurnsOptions> = {}) =>
    takingTurns({
      ...{ order: ['this', 'that'] as const, warmUp: 1, measured: 2, signal: never },
      async open(side: Side) {
        tell(`open ${side}`);
        return {
          connect: measurement([]).connect,
          async step() {
            tell(side);
            return step({ rate: told.length });
          },
          async stop() {
            tell(`stop ${side}`);
          },
        };
      },
      ...given,
    });
  return { told, run };
}

it('lets both sides take turns, and leaves out what was to warm them up', async () => {
  const { told, run } = stage();
  const found = await run();
  expect(told.join(' ')).toBe('open this open that this that that this this that stop this stop that');
  expect(found.this![0]!.steps.map(({ rate }) => rate)).toEqual([6, 7]);
  expect(found.that![0]!.steps.map(({ rate }) => rate)).toEqual([5, 8]);
  expect(found.failed).toEqual([]);
});

it.each([
  ['open that', 'that', 'open this open that stop this'],
  ['this', 'this', 'open this open that this stop this stop that'],
])('ends both sides when "%s" fails, and says which it was', async (what, side, all) => {
  const { told, run } = stage((one) => (one === what ? new Error('3 messages doubled') : undefined));
  const found = await run();
  expect(found).toEqual({ that: null, this: null, failed: [{ side, error: new Error('3 messages doubled') }] });
  expect(told.join(' ')).toBe(all);
});

it('ends the other side although one does not end', async () => {
  const { told, run } = stage((what) => (what === 'stop this' ? new Error('it hangs') : undefined));
  await expect(run()).rejects.toThrow('it hangs');
  expect(told.slice(-2)).toEqual(['stop this', 'stop that']);
});

it('ends at once when it is told to', async () => {
  const ending = new AbortController();
  const { told, run } = stage((what) => {
    if (what === 'that') ending.abort(new Error('ended by SIGINT'));
    return ending.signal.aborted && !what.startsWith('stop') ? ending.signal.reason : undefined;
  });
  await expect(run({ signal: ending.signal })).rejects.toThrow('ended by SIGINT');
  expect(told.join(' ')).toBe('open this open that this that stop this stop that');
});

it('measures one side after the other, and the second although the first failed', async () => {
  const ran: Side[] = [];
  const found = await oneAfterTheOther(
    ['that', 'this'],
    async (side) => {
      ran.push(side);
      if (side === 'that') throw new Error('it does not start');
      return [measurement([step()])];
    },
    never,
  );
  expect(ran).toEqual(['that', 'this']);
  expect(found.this).toHaveLength(1);
  expect([found.that, found.failed]).toEqual([null, [{ side: 'that', error: new Error('it does not start') }]]);
});
