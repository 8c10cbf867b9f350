import { createRandom } from '@gongu/sim';
import { expect, it } from 'vitest';
import { type Fault, faultKinds, targetOf } from '../../chaos/plan/faults.ts';
import { FATES, type ScheduleOptions, schedule } from '../../chaos/plan/schedule.ts';

const OPTIONS: ScheduleOptions = {
  seed: 7,
  durationMs: 300_000,
  instances: 3,
  clients: 108,
  redis: true,
  rate: 27,
  faultEveryMs: 1_800,
  saleEveryMs: 7_000,
};

const faultsOf = (options: ScheduleOptions) =>
  schedule(options).flatMap((step) => (step.kind === 'fault' ? [{ ...step.fault, atMs: step.atMs }] : []));

it('gives the same seed the same schedule, and another seed another one', () => {
  expect(schedule(OPTIONS)).toEqual(schedule(OPTIONS));
  expect(schedule({ ...OPTIONS, seed: 8 })).not.toEqual(schedule(OPTIONS));
});

it('does not change when it is known already: a seed means the same in a year', () => {
  const first = faultsOf({ ...OPTIONS, seed: 1, durationMs: 30_000 }).map(({ atMs, kind }) => `${atMs} ${kind}`);
  expect(first).toMatchInlineSnapshot(`
    [
      "1500 redis-cut",
      "2682 clients-slow",
      "4220 chat-frozen",
      "6444 postgres-crashed",
      "8798 redis-slow",
      "10653 clients-flooded",
      "11919 postgres-slow",
      "14051 redis-restarted-empty",
      "18884 clients-frozen",
      "20822 postgres-restarted",
      "22826 chat-killed",
      "24675 trade-to-chat-cut",
      "25595 bus-doubled",
      "26824 trade-to-chat-half-open",
      "27953 trade-killed",
    ]
  `);
});

it('does everything in the order of time, and nothing after the end', () => {
  const times = schedule(OPTIONS).map(({ atMs }) => atMs);
  expect(times).toEqual([...times].sort((one, other) => one - other));
  expect(times.at(-1)).toBeLessThan(OPTIONS.durationMs);
});

it('breaks everything there is within five minutes, and ends products in every way', () => {
  expect(new Set(faultsOf(OPTIONS).map(({ kind }) => kind))).toEqual(new Set(faultKinds(OPTIONS)));
  const fates = schedule(OPTIONS).flatMap((step) => (step.kind === 'sale' ? [step.sale.fate] : []));
  expect(new Set(fates)).toEqual(new Set(FATES));
});

it('leaves Redis and its bus alone where there is none', () => {
  const kinds = faultsOf({ ...OPTIONS, redis: false }).map(({ kind }) => kind);
  expect(kinds.filter((kind) => kind.startsWith('redis') || kind.startsWith('bus'))).toEqual([]);
});

it('does not break what is broken already', () => {
  const until = new Map<string, number>();
  for (const { atMs, ...fault } of faultsOf(OPTIONS)) {
    const target = targetOf(fault as Fault);
    if (target === null) continue;
    expect(atMs).toBeGreaterThanOrEqual(until.get(target) ?? 0);
    until.set(target, atMs + ('forMs' in fault ? (fault.forMs as number) : 0));
  }
});

it('lets more buyers contend than there are places, and sends more guests than a crowded room takes', () => {
  const sales = schedule(OPTIONS).flatMap((step) => (step.kind === 'sale' ? [step.sale] : []));
  for (const { fate, buyersMs, max, guests } of sales) {
    if (fate === 'full') expect(buyersMs.length).toBeGreaterThan(max);
    if (fate === 'crowded') expect(guests).toBeGreaterThan(max);
  }
});

it('sends away, lets come and go, and fills with visitors and with more guests than one portion of an end takes', () => {
  const sales = schedule(OPTIONS).flatMap((step) => (step.kind === 'sale' ? [step.sale] : []));
  expect(sales.every(({ passersBy }) => passersBy.length > 0)).toBe(true);
  expect(sales.some(({ passersBy, max }) => passersBy.length > max / 2)).toBe(true);
  expect(sales.some(({ removesAtMs }) => removesAtMs !== null)).toBe(true);
  expect(sales.some(({ restlessAtMs }) => restlessAtMs !== null)).toBe(true);
  expect(sales.some(({ quiet }) => quiet > 0)).toBe(true);
  expect(sales.some(({ nobodies }) => nobodies > 0)).toBe(true);
  expect(sales.some(({ lowersAtMs }) => lowersAtMs !== null)).toBe(true);
  for (const { fate, throng, max, lowersAtMs, sellerMs, buyersMs } of sales) {
    expect(throng > 250, fate).toBe(fate === 'closed');
    if (throng > 0) expect(max - throng).toBeGreaterThanOrEqual(buyersMs.length);
    if (lowersAtMs !== null) expect(lowersAtMs).toBeLessThan(sellerMs);
  }
});

it('draws chance that is even enough, and the same from a fork whatever else is drawn', () => {
  const random = createRandom(3);
  const draws = Array.from({ length: 10_000 }, () => random.between(1, 10));
  for (let value = 1; value <= 10; value++) {
    expect(draws.filter((one) => one === value).length).toBeGreaterThan(800);
  }
  expect(random.fork('a').next()).toBe(createRandom(3).fork('a').next());
  expect(random.shuffle([1, 2, 3, 4]).sort()).toEqual([1, 2, 3, 4]);
});
