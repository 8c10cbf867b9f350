import { expect, it } from 'vitest';
import { harnessNote } from '../harness.ts';
import { SCENARIOS } from '../scenarios.ts';
import { measurement, result, step, subject } from './fixture.ts';

it('tells the greatest of what was taken beside the server', () => {
  const chat = result({
    fixed: [
      measurement([
        step({
          ...{ gen_util: 0.31, late_max_ms: 2.14, cpu: { busy: 0.42, steal: 0.01 } },
          procs: { server: { util: 0.4 }, pg: { util: 0.4 } },
        }),
      ]),
      measurement([step({ gen_util: 0.3, late_max_ms: 0.5, procs: { server: { util: 0.4 }, pg: { util: 0.45 } } })]),
    ],
  });
  expect(harnessNote(SCENARIOS.s1b, [chat])).toBe(
    'Harness, at most: the generator took 31 % of its CPU, and was at most 2.1 ms late; with PostgreSQL and Redis it was ' +
      "75 %. Others took 2 % of the server's CPU, the host 1 %.",
  );
});

it('names whose figures may be those of the harness, and who was disturbed', () => {
  const ws = result({
    subject: subject({ label: 'ws', name: 'ws' }),
    fixed: [measurement([step({ gen_util: 0.97, procs: { server: { util: 0.9 } } })])],
  });
  const chat = result({
    fixed: [measurement([step({ gen_util: 0.5, cpu: { busy: 0.5, steal: 0 }, procs: { server: { util: 0.4 } } })])],
  });
  expect(harnessNote(SCENARIOS.s1b, [chat, ws]).split('\n\n')[1]!.split('\n')).toEqual([
    "- gongu: others took 10 % of the server's CPU",
    "- ws: the generator's CPU was full, so the figure may be a limit of the harness",
  ]);
});

it('names who did not deliver what the others did', () => {
  const chat = result({ fixed: [measurement([step({ expected: 1_000, got: 995 })])] });
  const slow = [step({ expected: 1_000, got: 1_000 }), step({ expected: 1_000, got: 219 })];
  const peer = result({ subject: subject({ label: 'ws', name: 'ws' }), fixed: slow.map((one) => measurement([one])) });
  expect(harnessNote(SCENARIOS.s1b, [chat, peer]).split('\n\n')[1]).toBe(
    '- ws: only 22 % of what was sent arrived in time to count',
  );
});

it('is about the time of joining where members only stay', () => {
  const during = { gen_util: 0.25, procs: { server: { util: 0.9 }, pg: { util: 0.5 } } };
  const idle = result({ fixed: [measurement([step({ gen_util: 0.99 })], { during })], returned: [] });
  expect(harnessNote(SCENARIOS.s2, [idle])).toBe(
    'Harness, at most: the generator took 25 % of its CPU; with PostgreSQL and Redis it was 75 %. ' +
      "Others took 0 % of the server's CPU, the host 0 %.",
  );
});
