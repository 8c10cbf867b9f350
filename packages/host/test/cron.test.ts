import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { type Cron, createCron } from '../src/index.ts';
import { logLines } from './fixture/log-lines.ts';

let cron: Cron;
let going: NodeJS.Timeout | undefined;
afterEach(async () => {
  await cron.stop();
  clearInterval(going);
  vi.useRealTimers();
});

function open() {
  const { log, lines } = logLines('warn');
  cron = createCron({ log });
  return lines;
}

function times(count: number): { task: () => Promise<void>; done: Promise<void> } {
  let resolve = () => {};
  let left = count;
  const done = new Promise<void>((finish) => (resolve = finish));
  return {
    done,
    async task() {
      if (--left === 0) resolve();
    },
  };
}

test('runs every second, and at once where asked', async () => {
  open();
  const both = times(2);
  const started = Date.now();
  cron.schedule('job', '* * * * * *', both.task, { atStart: true });
  await both.done;
  expect(Date.now() - started).toBeLessThan(1_500);
});

test('a task that takes long is not started again meanwhile', async () => {
  open();
  let running = 0;
  let most = 0;
  const four = times(2);
  cron.schedule(
    'slow',
    '* * * * * *',
    async () => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setTimeout(resolve, 1_200));
      running--;
      await four.task();
    },
    { atStart: true },
  );
  await four.done;
  expect(most).toBe(1);
});

test('an error is logged, and the next tick tries again', async () => {
  const lines = open();
  const two = times(2);
  cron.schedule('failing', '* * * * * *', async () => {
    await two.task();
    throw new Error('no luck');
  });
  await two.done;
  await cron.stop();
  expect(lines[0]).toMatchObject({ level: 'error', job: 'failing', err: { message: 'no luck' } });
});

test('stop waits for what runs, and nothing runs after it', async () => {
  open();
  let ended = 0;
  let begun = () => {};
  const began = new Promise<void>((resolve) => (begun = resolve));
  cron.schedule(
    'job',
    '* * * * * *',
    async () => {
      begun();
      await new Promise((resolve) => setTimeout(resolve, 100));
      ended++;
    },
    { atStart: true },
  );
  await began;
  await cron.stop();
  expect(ended).toBe(1);
  await new Promise((resolve) => setTimeout(resolve, 1_100));
  expect(ended).toBe(1);
});

/** Moves the time of day as an operator does, or a machine that comes back from sleep. Elapsed time goes on. */
function setClock(byMs: number): void {
  const now = Date.now();
  clearInterval(going);
  vi.useFakeTimers({ toFake: ['Date'] });
  vi.setSystemTime(now + byMs);
  // A faked Date stands still: this one goes on.
  const setAt = performance.now();
  going = setInterval(() => vi.setSystemTime(now + byMs + performance.now() - setAt), 1);
}

const HOUR = 3_600_000;

describe('a time of day that is set', () => {
  test.each([
    ['back by an hour', -HOUR],
    ['back by a year', -8_760 * HOUR],
    ['back by three seconds', -3_000],
    ['ahead by an hour', HOUR],
    ['ahead by a year', 8_760 * HOUR],
    ['ahead by three seconds', 3_000],
  ])('%s delays no run, and brings no burst of them', async (_, byMs) => {
    const { log, lines } = logLines('info');
    cron = createCron({ log });
    const runs: number[] = [];
    const first = times(1);
    cron.schedule('job', '* * * * * *', async () => {
      runs.push(performance.now());
      await first.task();
    });
    await first.done;
    runs.length = 0;
    setClock(byMs);
    const set = performance.now();
    await expect.poll(() => runs.length, { interval: 10 }).toBeGreaterThan(2);
    const waits = runs.slice(0, 3).map((at, i) => at - (runs[i - 1] ?? set));
    // Each second, and once more when it was seen that the clock was set.
    expect(Math.max(...waits)).toBeLessThan(2_000);
    expect(runs[2]! - set).toBeGreaterThan(800);
    const told = lines.filter(({ msg }) => msg === 'the time of day was set');
    expect(told).toHaveLength(1);
    expect(Math.abs((told[0]!.byMs as number) - byMs)).toBeLessThan(500);
  });

  test('again and again makes jobs run again and again, a seldom one too', async () => {
    open();
    let seldom = 0;
    cron.schedule('seldom', '0 0 29 2 *', async () => {
      seldom++;
    });
    for (const byMs of [HOUR, -2 * HOUR, HOUR]) {
      const before = seldom;
      setClock(byMs);
      await expect.poll(() => seldom, { interval: 10 }).toBe(before + 1);
    }
  });
});

test('the plan is of UTC, whatever the zone of the process and its summer time', async () => {
  open();
  const zone = process.env.TZ;
  onTestFinished(() => {
    if (zone === undefined) delete process.env.TZ;
    else process.env.TZ = zone;
  });
  for (const [timeZone, at] of [
    // The hour that is left out, the one that comes twice, and a day that has no midnight.
    ['America/New_York', '2027-03-14T06:59:59.500Z'],
    ['America/New_York', '2026-11-01T05:59:59.500Z'],
    ['America/Santiago', '2026-09-06T03:59:59.500Z'],
    ['Asia/Seoul', '2026-12-31T14:59:59.500Z'],
  ] as const) {
    process.env.TZ = timeZone;
    setClock(Date.parse(at) - Date.now());
    const [hour, minute] = [Number(at.slice(11, 13)) + 1, 0];
    const once = times(1);
    const started = performance.now();
    cron.schedule(`${timeZone} ${at}`, `${minute} ${hour} * * *`, once.task);
    await once.done;
    expect([at, performance.now() - started < 2_000]).toEqual([at, true]);
  }
});
