import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { inRepository } from '@gongu/testkit';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';

const read = (file: string): unknown => parse(readFileSync(inRepository('deploy/prometheus', file), 'utf8'));
const Rules = z.object({
  groups: z.array(z.object({ rules: z.array(z.object({ alert: z.string(), expr: z.string() })) })),
});
const Tests = z.object({
  tests: z.array(
    z.object({
      input_series: z.array(z.object({ series: z.string(), values: z.string() })),
      alert_rule_test: z.array(z.object({ alertname: z.string(), exp_alerts: z.array(z.unknown()).default([]) })),
    }),
  ),
});
const rules = Rules.parse(read('alerts.yml')).groups.flatMap((group) => group.rules);
const { tests } = Tests.parse(read('alerts.test.yml'));

/** Prometheus' own judge of rules: Debian's package `prometheus`, or Go's. */
const promtool = (...args: string[]) =>
  spawnSync('promtool', args, { cwd: inRepository('deploy/prometheus'), encoding: 'utf8' });
const hasPromtool = promtool('--version').status === 0;

describe.skipIf(!hasPromtool)('promtool (of the package prometheus)', () => {
  it.each([
    ['check', 'config', '--syntax-only', 'prometheus.yml'],
    ['check', 'rules', 'alerts.yml'],
    ['test', 'rules', 'alerts.test.yml'],
  ])('%s %s', (...args) => {
    const { status, stdout, stderr } = promtool(...args);
    expect({ status, said: status === 0 ? '' : stdout + stderr }).toEqual({ status: 0, said: '' });
  });
});

describe('deploy/prometheus/alerts.test.yml', () => {
  it.each(rules)('has $alert fire, and not fire', ({ alert }) => {
    const judged = tests.flatMap((test) => test.alert_rule_test).filter(({ alertname }) => alertname === alert);
    expect(judged.some(({ exp_alerts }) => exp_alerts.length > 0)).toBe(true);
    expect(judged.some(({ exp_alerts }) => exp_alerts.length === 0)).toBe(true);
  });

  it.each(rules)('feeds $alert a series of each metric that it reads', ({ alert, expr }) => {
    const firing = tests.filter((test) =>
      test.alert_rule_test.some(({ alertname, exp_alerts }) => alertname === alert && exp_alerts.length > 0),
    );
    const given = firing.flatMap((test) => test.input_series).map(({ series }) => series.split('{')[0]);
    for (const [metric] of expr.matchAll(/\b(?:gongu|process|nodejs)_[a-z0-9_]+/g)) expect(given).toContain(metric);
  });
});
