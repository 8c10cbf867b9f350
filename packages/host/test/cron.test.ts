import { afterEach, expect, test } from 'vitest';
import { type Cron, createCron } from '../src/index.ts';
import { logLines } from './fixture/log-lines.ts';

let cron: Cron;
afterEach(() => cron.stop());

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
