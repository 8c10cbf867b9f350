import { expect, it } from 'vitest';
import { curveTable } from '../curve.ts';
import { SCENARIOS } from '../scenarios.ts';
import { measurement, result, step, subject } from './fixture.ts';

const ran = (name: string, per_server_cpu_s: number, p50: number) =>
  result({
    subject: subject(name === 'ws' ? { label: 'ws', name } : { name: `chat, ${name}` }),
    fixed: [measurement([step({ per_server_cpu_s, lat_ms: { p50, p99: 2 * p50, max: 99 } })])],
  });

it('shows each setting beside ws, and the aims: of what ships, and of those that go by load both a ratio and a p50', () => {
  const results = [
    ran('as it ships', 200_000, 31),
    ran('ROOM_WRITE_MS=10 ROOM_WRITE_LOAD=0', 120_000, 6),
    ran('ws', 100_000, 2),
    ran('ROOM_WRITE_MS=100 ROOM_WRITE_LOAD=0.3', 150_000, 10),
    ran('ROOM_WRITE_MS=100 ROOM_WRITE_LOAD=0.4', 160_000, 10.1),
    ran('ROOM_WRITE_MS=100 ROOM_WRITE_LOAD=0.5', 149_000, 3),
  ];
  expect(curveTable(SCENARIOS.curve, results)).toMatchInlineSnapshot(`
    "| server | deliveries per CPU-second at 100 messages/s | ratio to ws | p50 ms | p99 ms | aim |
    | --- | --- | --- | --- | --- | --- |
    | chat, as it ships | 200 000 | 2.00 | 31.0 | 62.0 | ≥ 2: reached |
    | chat, ROOM_WRITE_MS=10 ROOM_WRITE_LOAD=0 | 120 000 | 1.20 | 6.0 | 12.0 | – |
    | chat, ROOM_WRITE_MS=100 ROOM_WRITE_LOAD=0.3 | 150 000 | 1.50 | 10.0 | 20.0 | ≥ 1.50, p50 ≤ 10 ms: reached |
    | chat, ROOM_WRITE_MS=100 ROOM_WRITE_LOAD=0.4 | 160 000 | 1.60 | 10.1 | 20.2 | ≥ 1.50, p50 ≤ 10 ms: not reached |
    | chat, ROOM_WRITE_MS=100 ROOM_WRITE_LOAD=0.5 | 149 000 | 1.49 | 3.0 | 6.0 | ≥ 1.50, p50 ≤ 10 ms: not reached |
    | ws | 100 000 | – | 2.0 | 4.0 | – |"
  `);
});

it('shows figures without ratios where ws was not there', () => {
  const text = curveTable(SCENARIOS.curve, [
    ran('as it ships', 200_000, 31),
    ran('ROOM_WRITE_MS=100 ROOM_WRITE_LOAD=0.3', 1, 1),
  ]);
  expect(text).toContain('| chat, as it ships | 200 000 | – | 31.0 | 62.0 | ≥ 2: not measured |');
  expect(text).toContain('≥ 1.50, p50 ≤ 10 ms: not measured |');
});
