import { describe, expect, it } from 'vitest';
import { AIMS } from '../aims.ts';
import { FIGURES } from '../figures.ts';
import { ratioTable } from '../ratios.ts';
import { SCENARIOS, type ScenarioName } from '../scenarios.ts';
import type { SubjectLabel } from '../subject.ts';
import { measurement, result, step, subject } from './fixture.ts';

const perCpu = (...values: number[]) => values.map((value) => measurement([step({ per_server_cpu_s: value })]));
const named = (label: SubjectLabel) => subject({ label });
const lines = (text: string) => text.split('\n').slice(2);

describe('the table of ratios', () => {
  it('shows the median of the repeats’ ratios with the least and the greatest, and whether the aim is reached', () => {
    const chat = result({ fixed: perCpu(100, 200, 300) });
    const ws = result({ subject: named('ws'), fixed: perCpu(100, 100, 200) });
    const limit = result({ subject: named('limit'), fixed: perCpu(200, 400, 600) });
    expect(ratioTable('s1b', SCENARIOS.s1b, [chat, ws, limit])).toMatchInlineSnapshot(`
      "| figure | ratio to | median (least–greatest) | aim |  |
      | --- | --- | --- | --- | --- |
      | deliveries per CPU-second | ws | 1.50 (1.00–2.00) | ≥ 1 | reached |
      | deliveries per CPU-second | limit | 0.50 (0.50–0.50) | – |  |
      | p50 ms | ws | 1.00 (1.00–1.00) | – |  |
      | p50 ms | limit | 1.00 (1.00–1.00) | – |  |"
    `);
    expect(lines(ratioTable('s1a', SCENARIOS.s1a, [chat, ws]))[0]).toBe(
      '| deliveries per CPU-second | ws | 1.50 (1.00–2.00) | ≥ 2 | not reached |',
    );
  });

  it('goes by repeats, not by medians: what drifts for both is no difference', () => {
    const chat = result({ fixed: perCpu(100, 200, 400) });
    const ws = result({ subject: named('ws'), fixed: perCpu(50, 100, 200) });
    expect(ratioTable('s1a', SCENARIOS.s1a, [chat, ws])).toContain('| ws | 2.00 (2.00–2.00) | ≥ 2 | reached |');
  });

  it('leaves out a repeat that one of both does not have', () => {
    const chat = result({ fixed: perCpu(100, 200, 400) });
    const ws = result({ subject: named('ws'), fixed: perCpu(100), failure: 'it fell over' });
    expect(ratioTable('s1a', SCENARIOS.s1a, [chat, ws])).toContain('| ws | 1.00 | ≥ 2 | not reached |');
  });

  it('leaves out a repeat in which one of both did not keep up', () => {
    const behind = measurement([step({ per_server_cpu_s: 10, expected: 1_000, got: 989 })]);
    const chat = result({ fixed: [...perCpu(100, 200), behind] });
    const ws = result({ subject: named('ws'), fixed: [behind, ...perCpu(100, 1)] });
    expect(ratioTable('s1a', SCENARIOS.s1a, [chat, ws])).toContain('| ws | 2.00 | ≥ 2 | reached |');
  });

  it('shows an aim whose peer was not there', () => {
    const chat = result({ fixed: [measurement([step({ lat_ms: { p50: 2, p99: 9, max: 9 } })])] });
    const ws = result({ subject: named('ws'), fixed: [measurement([step({ lat_ms: { p50: 0.8, p99: 9, max: 9 } })])] });
    expect(lines(ratioTable('s3', SCENARIOS.s3, [chat, ws]))).toEqual([
      '| p50 ms | ws | 2.50 | ≤ 2.70 | reached |',
      '| p50 ms | Spring, jdbc | – | ≤ 1 | not measured |',
    ]);
    expect(lines(ratioTable('s4b', SCENARIOS.s4b, [chat]))).toEqual([
      '| deliveries per CPU-second | ws over Redis | – | ≥ 1 | not measured |',
    ]);
  });

  it('sets who comes back beside those who join a peer that knows nobody, and memory beside an aim of its own', () => {
    const connect = (per_s: number, anon_kb_per_conn: number) => measurement([], { per_s, anon_kb_per_conn });
    const chat = result({ fixed: [connect(700, 11.2)], returned: [connect(1_200, 1)] });
    const ws = result({ subject: named('ws'), fixed: [connect(2_000, 7)] });
    expect(lines(ratioTable('s2', SCENARIOS.s2, [chat, ws]))).toEqual([
      '| KiB a connection | ws | 1.60 | – |  |',
      '| KiB a connection | – (itself) | 11.2 | ≤ 9 | not reached |',
      '| new members joined per second | ws | 0.35 | ≥ 0.35 | reached |',
      '| members that come back joined per second | ws | 0.60 | ≥ 0.60 | reached |',
    ]);
  });

  it('is empty where nothing is compared', () => {
    expect(ratioTable('curve', SCENARIOS.curve, [result()])).toBe('');
    expect(ratioTable('s4a', SCENARIOS.s4a, [result()])).toBe('');
  });
});

it('has aims only of figures that there are and that are compared', () => {
  for (const { scenario, figure } of AIMS) {
    const { kind } = SCENARIOS[scenario as ScenarioName];
    expect(FIGURES[kind]!.find(({ name }) => name === figure)?.compared, `${scenario}: ${figure}`).toBe(true);
  }
});
