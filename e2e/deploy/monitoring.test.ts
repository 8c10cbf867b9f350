import { readFileSync } from 'node:fs';
import { inRepository, readMarkdown, readSeries } from '@gongu/testkit';
import { parser } from '@prometheus-io/lezer-promql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { type Pair, startPair } from '../fixture/pair.ts';

const read = (path: string) => readFileSync(inRepository(path), 'utf8');

const Rule = z.strictObject({
  alert: z.string().regex(/^Gongu[A-Z][A-Za-z]+$/),
  expr: z.string(),
  for: z.string().regex(/^\d+[smh]$/),
  labels: z.strictObject({ severity: z.enum(['warning', 'critical']) }),
  annotations: z.strictObject({
    summary: z.string().min(10),
    runbook: z.string().regex(/^docs\/operations\.md#[a-z0-9-]+$/),
  }),
});
const Alerts = z.strictObject({ groups: z.array(z.strictObject({ name: z.string(), rules: z.array(Rule).min(1) })) });
const rules = Alerts.parse(parse(read('deploy/prometheus/alerts.yml'))).groups.flatMap((group) => group.rules);

const Panel = z.looseObject({
  id: z.int(),
  title: z.string().min(1),
  gridPos: z.strictObject({ h: z.int(), w: z.int(), x: z.int(), y: z.int() }),
  datasource: z.strictObject({ type: z.literal('prometheus'), uid: z.string() }).optional(),
  targets: z.array(z.looseObject({ refId: z.string(), expr: z.string() })).optional(),
});
const dashboard = z
  .looseObject({ uid: z.literal('gongu'), panels: z.array(Panel) })
  .parse(JSON.parse(read('deploy/grafana/gongu.json')));

const queries = [
  ...rules.map(({ alert, expr }) => [alert, expr] as const),
  ...dashboard.panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => [title, expr] as const)),
];

/** Grafana puts a duration in place of it. */
const asPrometheus = (expr: string) => expr.replaceAll('$__rate_interval', '1m');

/** Names of metrics in a query, and the labels and their values that it asks each of them for. */
function selectors(expr: string): { metric: string; labels: { label: string; values: string[] }[] }[] {
  return [...expr.matchAll(/\b((?:gongu|process|nodejs)_[a-z0-9_]+)(?:\{([^}]*)\})?/g)].map(([, metric, inside]) => ({
    metric: metric!,
    labels: [...(inside ?? '').matchAll(/([a-z_]+)\s*(?:=~|!~|!=|=)\s*"([^"]*)"/g)]
      // Prometheus gives it, by its own configuration.
      .filter(([, label]) => label !== 'job')
      .map(([, label, values]) => ({ label: label!, values: values!.split('|') })),
  }));
}

describe('what Prometheus and Grafana ask for', () => {
  let pair: Pair;
  const types = new Map<string, string>();
  /** Of services that were asked for nothing else yet. */
  const fresh = new Map<string, number>();
  beforeAll(async () => {
    pair = await startPair();
    for (const url of [pair.chat.url, pair.tradeUrl]) {
      for (const [name, value] of await readSeries(url)) fresh.set(name, value);
      const text = await (await fetch(`${url}/metrics`)).text();
      for (const [, name, type] of text.matchAll(/^# TYPE (\S+) (\S+)$/gm)) types.set(name!, type!);
    }
  });
  afterAll(() => pair?.stop());

  it.each(queries)('%s: %s is PromQL, of metrics that the services have', (_, expr) => {
    const errors: number[] = [];
    parser.parse(asPrometheus(expr)).iterate({ enter: ({ type, from }) => void (type.isError && errors.push(from)) });
    expect(errors).toEqual([]);
    for (const { metric } of selectors(expr)) {
      const base = metric.replace(/_(bucket|sum|count)$/, '');
      const known = types.get(metric) ?? (types.get(base) === 'histogram' ? 'part of a histogram' : undefined);
      expect({ metric, known }).toEqual({ metric, known: expect.any(String) });
      // The rate of a counter, the value of a gauge.
      const counted = known === 'counter' || known === 'part of a histogram';
      const rated = new RegExp(`(rate|increase)\\(${metric}[{[]`).test(expr);
      if (metric.startsWith('gongu_')) expect({ metric, rated }).toEqual({ metric, rated: counted });
    }
  });

  it.each(queries)('%s: every series that %s names is there from the start', (_, expr) => {
    const asked = selectors(expr).flatMap(({ metric, labels }) =>
      labels.flatMap(({ label, values }) => values.map((value) => ({ metric, label: `${label}="${value}"` }))),
    );
    for (const { metric, label } of asked) {
      // `readSeries` leaves it out, as all series have it.
      if (label.startsWith('service=')) continue;
      const found = [...fresh.keys()].filter((name) => name.startsWith(`${metric}{`) && name.includes(label));
      expect({ metric, label, found: found.length > 0 }).toEqual({ metric, label, found: true });
    }
  });

  it('finds a query that is none', () => {
    const broken = parser.parse('sum(rate(x[5m])');
    let errors = 0;
    broken.iterate({ enter: ({ type }) => void (type.isError && errors++) });
    expect(errors).toBeGreaterThan(0);
  });

  it('none of the services has a metric without its unit, or a counter that is not called total', () => {
    for (const [name, type] of types) {
      if (!name.startsWith('gongu_')) continue;
      expect({ name, total: name.endsWith('_total') }).toEqual({ name, total: type === 'counter' });
      if (type === 'histogram') expect(name).toMatch(/_(seconds|messages)$/);
    }
  });
});

describe('alerts', () => {
  it('have names of their own', () => {
    expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length);
  });

  it.each(rules)('$alert has its paragraph in docs/operations.md, which names it', ({ alert, annotations }) => {
    const { text, anchors } = readMarkdown('docs/operations.md');
    const anchor = annotations.runbook.split('#')[1]!;
    expect(anchors).toContain(anchor);
    const heading = text.split('\n').find((line) => line.startsWith('### ') && slug(line.slice(4)) === anchor)!;
    expect(heading).toBeDefined();
    const paragraph = text.slice(text.indexOf(heading)).split('\n### ')[0]!;
    expect(paragraph).toContain(`\`${alert}\``);
  });
});

describe('the dashboard', () => {
  it('reads from the data source that is provisioned, and no two panels overlap', () => {
    const { datasources } = parse(read('deploy/grafana/provisioning/datasources/prometheus.yml'));
    const uids = dashboard.panels.flatMap(({ datasource }) => (datasource ? [datasource.uid] : []));
    expect(new Set(uids)).toEqual(new Set([datasources[0].uid]));
    const taken = new Set<string>();
    for (const { gridPos, title } of dashboard.panels) {
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
          expect({ title, free: !taken.has(`${x},${y}`) && x < 24 }).toEqual({ title, free: true });
          taken.add(`${x},${y}`);
        }
      }
    }
  });

  it('is where Grafana looks for it, and Prometheus asks every instance that runs', () => {
    const compose = parse(read('docker-compose.yml'), { merge: true });
    const { providers } = parse(read('deploy/grafana/provisioning/dashboards/gongu.yml'));
    expect(compose.services.grafana.volumes.join()).toContain(`${providers[0].options.path}/gongu.json`);
    const { scrape_configs, rule_files } = parse(read('deploy/prometheus/prometheus.yml'));
    const targets = scrape_configs.flatMap(
      (job: { static_configs: { targets: string[] }[] }) => job.static_configs[0]!.targets,
    );
    expect(targets).toEqual(['chat-1:8080', 'chat-2:8080', 'trade:8081']);
    for (const target of targets) expect(compose.services[target.split(':')[0]]).toBeDefined();
    expect(rule_files).toEqual(['alerts.yml']);
  });
});

function slug(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^a-z0-9 -]/g, '')
    .replaceAll(' ', '-');
}
