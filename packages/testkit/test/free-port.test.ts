import { expect, it } from 'vitest';
import { freePort, portsOf } from '../src/network/free-port.ts';

it('gives no port twice, and none of another worker', async () => {
  const ports: number[] = [];
  for (let i = 0; i < 300; i++) ports.push(await freePort());
  expect(new Set(ports).size).toBe(ports.length);
  expect(process.env.VITEST_POOL_ID).toMatch(/^[1-4]$/);
  const { first, count } = portsOf(process.env.VITEST_POOL_ID);
  expect(ports.filter((port) => port < first || port >= first + count)).toEqual([]);
});

it('shares the ports out between all workers and what is none, and none is another’s, or 10 000 above it', () => {
  const shares = [undefined, '1', '2', '3', '4'].map(portsOf);
  const all = shares.flatMap(({ first, count }) => Array.from({ length: count }, (_, i) => first + i));
  expect(new Set([...all, ...all.map((port) => port + 10_000)]).size).toBe(2 * all.length);
  expect(Math.max(...all) + 10_000).toBeLessThan(32_768);
});
