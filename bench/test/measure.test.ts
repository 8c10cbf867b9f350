import { expect, it } from 'vitest';
import type { Generator } from '../generator.ts';
import { type MeasureOptions, measure } from '../measure.ts';
import { SCENARIOS } from '../scenarios.ts';
import type { Subject, SubjectLabel } from '../subject.ts';
import { measurement, step, subject } from './fixture.ts';

/** Subjects whose starts, runs and ends are written down; a run's port says whose it is. */
function stage(fails: (what: string, turn: number) => Error | undefined = () => undefined) {
  const told: string[] = [];
  const turns = new Map<string, number>();
  const names: string[] = [];
  const one = (label: SubjectLabel): Subject => {
    const port = names.push(label);
    return subject({
      label,
      async start() {
        told.push(`start ${label}`);
        return { ports: [port], pids: [1], helpers: [], stop: async () => void told.push(`stop ${label}`) };
      },
    });
  };
  const generator: Generator = {
    async measure(args) {
      const label = names[Number(args[args.indexOf('--port') + 1]) - 1]!;
      const turn = turns.get(label) ?? 0;
      turns.set(label, turn + 1);
      told.push(label);
      const failure = fails(label, turn);
      if (failure) throw failure;
      return measurement([step({ per_server_cpu_s: turn })]);
    },
    open: () => Promise.reject(new Error('nothing is opened here')),
  };
  const run = (given: Partial<MeasureOptions>) =>
    measure({
      ...{ generator, scenario: SCENARIOS.s1b, label: 's1b', repeats: 2, max: false, subjects: [] },
      ...{ signal: new AbortController().signal, say: () => {}, rest: async () => {} },
      ...given,
    });
  return { told, one, run };
}

it('starts each subject once, and lets them take turns', async () => {
  const { told, one, run } = stage();
  const results = await run({ subjects: [one('chat'), one('ws'), one('limit')], repeats: 3 });
  expect(told.join(' ')).toBe(
    'start chat chat start ws ws start limit limit chat ws limit limit ws chat chat ws limit stop chat stop ws stop limit',
  );
  const figures = results.map(({ fixed }) => fixed.map(({ steps }) => steps[0]!.per_server_cpu_s));
  expect(figures).toEqual([
    [1, 2, 3],
    [1, 2, 3],
    [1, 2, 3],
  ]);
});

it('searches for the highest rate in turns as well', async () => {
  const { told, one, run } = stage();
  const results = await run({ subjects: [one('chat'), one('ws')], max: true });
  expect(told.slice(4, -2).join(' ')).toBe('chat ws ws chat chat ws ws chat');
  expect(results.map(({ rising }) => rising.length)).toEqual([2, 2]);
});

it('starts a process for each turn where memory is measured, and joins chat a second time', async () => {
  const { told, one, run } = stage();
  const results = await run({ subjects: [one('chat'), one('ws')], scenario: SCENARIOS.s2 });
  const [chat, ws] = ['start chat chat chat stop chat', 'start ws ws stop ws'];
  expect(told.join(' ')).toBe([chat, ws, ws, chat].join(' '));
  expect(results.map(({ fixed, returned }) => [fixed.length, returned.length])).toEqual([
    [2, 2],
    [2, 0],
  ]);
});

it('goes on without a peer that failed, and says why', async () => {
  const { told, one, run } = stage((what, turn) =>
    what === 'ws' && turn === 2 ? new Error('it fell over') : undefined,
  );
  const results = await run({ subjects: [one('chat'), one('ws')], repeats: 3 });
  expect(told.slice(4).join(' ')).toBe('chat ws ws stop ws chat chat stop chat');
  expect(results.map(({ fixed, failure }) => [fixed.length, failure])).toEqual([
    [3, null],
    [1, 'it fell over'],
  ]);
  const { run: again, one: other } = stage();
  const [, late] = await again({ subjects: [other('chat'), subject({ label: 'Spring, jdbc' })] });
  expect(late).toMatchObject({ fixed: [], failure: 'it does not start' });
});

it('ends with what chat failed with, and when it is told to; whatever runs is stopped', async () => {
  const first = stage((what, turn) => (what === 'chat' && turn === 1 ? new Error('3 messages doubled') : undefined));
  await expect(first.run({ subjects: [first.one('chat'), first.one('ws')] })).rejects.toThrow('3 messages doubled');
  expect(first.told.slice(-2)).toEqual(['stop chat', 'stop ws']);
  const ending = new AbortController();
  const second = stage((what) => {
    if (what !== 'ws') return undefined;
    ending.abort(new Error('ended by SIGINT'));
    return new Error('aborted');
  });
  const running = second.run({ subjects: [second.one('chat'), second.one('ws')], signal: ending.signal });
  await expect(running).rejects.toThrow('aborted');
  expect(second.told.slice(-2)).toEqual(['stop chat', 'stop ws']);
});
