import { expect, it } from 'vitest';
import { historySection, readsSection, section } from '../report.ts';
import { SCENARIOS } from '../scenarios.ts';
import { measurement, result, step, subject } from './fixture.ts';

/** A section's table of figures; the others have tests of their own. */
function figures(...args: Parameters<typeof section>): string {
  const [title, table] = section(...args).split('\n\n');
  return `${title}\n\n${table}\n`;
}
const peer = (name: string) => subject({ label: 'ws', name });

it('shows of a fan-out the fixed rate, and of the rising ones the last that was reached', () => {
  const late = { p50: 50, p99: 100, max: 200 };
  const rising = [
    [
      step({ delivered_per_s: 60_000, lat_ms: { p50: 2, p99: 30, max: 40 }, per_server_cpu_s: 150_000 }),
      step({ delivered_per_s: 70_800, lat_ms: { p50: 3, p99: 99.94, max: 120 }, per_server_cpu_s: 160_000 }),
      step({ delivered_per_s: 83_500, lat_ms: late, per_server_cpu_s: 170_000 }),
      step({ delivered_per_s: 98_500, got: 49_949, per_server_cpu_s: 180_000 }),
    ],
  ];
  expect(figures('s1a', SCENARIOS.s1a, [result({ rising })])).toMatchInlineSnapshot(`
    "### s1a: fan-out, one room of 500

    | server | deliveries per CPU-second at 100 messages/s | p50 ms | p99 ms | most deliveries/s with p99 < 100 ms | p99 ms there | per CPU-second there |
    | --- | --- | --- | --- | --- | --- | --- |
    | gongu | 123 457 | 1.3 | 10.0 | 70 800 | 99.9 | 160 000 |
    "
  `);
});

it('shows the median of several measurements with the least and the greatest, and a dash where there is none', () => {
  const fixed = [300, 1_000, 200, 2_500].map((cpu) => measurement([step({ per_server_cpu_s: cpu })]));
  const other = result({ subject: peer('a peer'), fixed: fixed.slice(0, 3) });
  expect(figures('s1b', SCENARIOS.s1b, [result({ fixed }), other])).toMatchInlineSnapshot(`
    "### s1b: fan-out, 50 rooms of 20

    | server | deliveries per CPU-second at 1 000 messages/s | p50 ms | p99 ms | most deliveries/s with p99 < 100 ms | p99 ms there | per CPU-second there |
    | --- | --- | --- | --- | --- | --- | --- |
    | gongu | 650 (200–2 500) | 1.3 (1.3–1.3) | 10.0 (10.0–10.0) | – | – | – |
    | a peer | 300 (200–1 000) | 1.3 (1.3–1.3) | 10.0 (10.0–10.0) | – | – | – |
    "
  `);
});

it('shows what a connection costs, and those that come back in a line of their own', () => {
  const returned = [measurement([], { per_s: 9_876, per_server_cpu_s: 10_000 })];
  const bare = result({ subject: peer('a limit') });
  expect(figures('s2', SCENARIOS.s2, [result({ returned }), bare])).toMatchInlineSnapshot(`
    "### s2: 10 000 idle members, rooms of 20

    | server | KiB a connection | joined per second | joined per CPU-second |
    | --- | --- | --- | --- |
    | gongu, new members | 12.3 | 4 321 | 6 543 |
    | gongu, members that come back | – | 9 876 | 10 000 |
    | a limit | 12.3 | 4 321 | 6 543 |
    "
  `);
});

it('shows latency with the part of its CPU that the server used', () => {
  expect(figures('s3', SCENARIOS.s3, [result()])).toMatchInlineSnapshot(`
    "### s3: 100 members, 20 messages a second

    | server | p50 ms | p99 ms | server CPU % |
    | --- | --- | --- | --- |
    | gongu | 1.3 | 10.0 | 40.5 |
    "
  `);
});

it('shows stored messages by their acknowledgements, and leaves out who stores none', () => {
  const stored = step({
    acked_per_s: 4_567,
    acked_per_server_cpu_s: 11_000,
    ack_ms: { p50: 4.44, p99: 21.06, max: 30 },
  });
  const results = [result({ fixed: [measurement([stored])] }), result({ subject: peer('a peer'), fixed: [] })];
  expect(figures('s5', SCENARIOS.s5, results)).toMatchInlineSnapshot(`
    "### s5: stored messages, 50 senders alone in 50 rooms

    | server | acknowledged/s | p50 ms | p99 ms | per CPU-second | server CPU % | PostgreSQL CPU % |
    | --- | --- | --- | --- | --- | --- | --- |
    | gongu | 4 567 | 4.4 | 21.1 | 11 000 | 41 | 25 |
    "
  `);
});

it('shows below the figures the ratios, what was taken beside the server, and who failed', () => {
  const failed = result({ subject: peer('a peer'), fixed: [], failure: 'it did not start' });
  const parts = section('s3', SCENARIOS.s3, [result(), failed]).split('\n\n');
  expect(parts).toHaveLength(5);
  expect(parts[2]).toContain('| p50 ms | ws | – | ≤ 2.70 | not measured |');
  expect(parts[3]).toMatch(/^Harness, at most: /);
  expect(parts[4]).toBe('- a peer: it did not start\n');
});

it('shows pages by the size of the room', () => {
  const latency = (p50Ms: number, p99Ms: number) => ({
    count: 2_000,
    p50Ms,
    p90Ms: p99Ms,
    p95Ms: p99Ms,
    p99Ms,
    maxMs: p99Ms,
  });
  expect(
    historySection(SCENARIOS.history, [
      { messages: 1_000, latency: latency(0.654, 1.2) },
      { messages: 1_000_000, latency: latency(0.701, 1.4) },
    ]),
  ).toMatchInlineSnapshot(`
    "### history: pages of 50 in a room of a million messages

    | messages in the room | requests/s | p50 ms | p99 ms |
    | --- | --- | --- | --- |
    | 1 000 | 200 | 0.65 | 1.20 |
    | 1 000 000 | 200 | 0.70 | 1.40 |
    "
  `);
});

it('shows only kinds of statements that there were', () => {
  const none = { rooms: 0, writes: 0, messages: 0, heads: 0, membership: 0, others: 0 };
  expect(
    readsSection(SCENARIOS.reads, [
      { what: '200 come', counts: { ...none, writes: 14, rooms: 1 } },
      { what: 'quiet', counts: { ...none, heads: 15 } },
    ]),
  ).toMatchInlineSnapshot(`
    "### reads: statements that PostgreSQL is given

    | what | rooms | writes | heads |
    | --- | --- | --- | --- |
    | 200 come | 1 | 14 | 0 |
    | quiet | 0 | 0 | 15 |
    "
  `);
});
