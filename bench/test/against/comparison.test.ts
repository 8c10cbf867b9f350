import { expect, it } from 'vitest';
import { estimate } from '../../against/compare.ts';
import { comparison } from '../../against/comparison.ts';
import type { Pair } from '../../against/pairs.ts';
import { FIGURES } from '../../figures.ts';
import type { Step } from '../../generator.ts';
import { SCENARIOS } from '../../scenarios.ts';
import { measurement, step } from '../fixture.ts';

const pair = (that: Partial<Step>, here: Partial<Step>): Pair => ({
  that: [measurement([step(that)])],
  this: [measurement([step(here)])],
});
const lat = (p50: number, p99: number) => ({ lat_ms: { p50, p99, max: p99 } });

it('shows of each figure both medians, the median of the ratios, its interval, and what that says', () => {
  const pairs = [1.01, 1.02, 1.03, 1.04, 1.05].map((ratio, i) =>
    pair(
      { per_server_cpu_s: 100_000 * (i + 1), ...lat(2, 9) },
      { per_server_cpu_s: 100_000 * (i + 1) * ratio, ...lat(2 * (1.02 - ratio / 50), 9 * (i + 1)) },
    ),
  );
  expect(comparison('s1a', SCENARIOS.s1a, { pairs, failures: [] })).toMatchInlineSnapshot(`
    "### s1a: fan-out, one room of 500

    | figure | better | that | this | this / that | 90 % interval | pairs |  |
    | --- | --- | --- | --- | --- | --- | --- | --- |
    | deliveries per CPU-second | more | 300 000 | 309 000 | 1.030 | 1.014–1.046 | 5 | better |
    | deliveries per CPU-second outside the kernel | more | 234 568 | 234 568 | 1.000 | 1.000–1.000 | 5 | same |
    | p50 ms | less | 2.00 | 2.00 | 0.999 | 0.999–1.000 | 5 | better |
    | p99 ms | less | 9.0 | 27.0 | 3.000 | 1.353–4.647 | 5 | inconclusive |
    "
  `);
});

it('leaves a pair out of which a side failed, and says so', () => {
  const pairs = Array.from({ length: 6 }, () => pair({}, {}));
  pairs[2] = { that: null, this: pairs[2]!.this };
  const text = comparison('s3', SCENARIOS.s3, { pairs, failures: ['pair 3, that: it fell over'] });
  expect(text).toContain('| p50 ms | less | 1.25 | 1.25 | 1.000 | 1.000–1.000 | 5 | same |\n');
  expect(text).toMatch(/\n\n- failed: pair 3, that: it fell over\n$/);
});

it('says that nothing was found out where no pair is whole, and where there are too few', () => {
  const none = comparison('s5', SCENARIOS.s5, { pairs: [{ that: null, this: null }], failures: [] });
  expect(none).toContain('| acknowledged/s | more | – | – | – | – | 0 | inconclusive |\n');
  const few = comparison('s1b', SCENARIOS.s1b, { pairs: [pair({}, {})], failures: [] });
  expect(few).toContain('| p50 ms | less | 1.25 | 1.25 | 1.000 | – | 1 | inconclusive |\n');
});

it.each(['s1a', 's1b', 's2', 's3', 's4a', 's4b', 's5'] as const)('%s has figures, and all of them in a run', (name) => {
  const { kind } = SCENARIOS[name];
  const whole = step({ acked_per_s: 5, acked_per_server_cpu_s: 6, ack_ms: { p50: 1, p99: 2, max: 3 } });
  const run = [measurement([whole]), measurement([whole])];
  for (const figure of FIGURES[kind]!) expect(figure.of(run), figure.name).toBeGreaterThan(0);
});

it('takes about half an hour for the usual ones', () => {
  const seconds = estimate({ scenarios: ['s1a', 's1b', 's3', 's5'], pairs: 10, seconds: 6 });
  expect(seconds / 60).toBeLessThan(33);
  expect(seconds / 60).toBeGreaterThan(10);
});
