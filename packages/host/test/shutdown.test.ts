import { afterEach, expect, test } from 'vitest';
import { onShutdown, type Shutdown, type ShutdownStep } from '../src/index.ts';
import { logLines } from './fixture/log-lines.ts';

let shutdown: Shutdown;
afterEach(() => shutdown.dispose());

function open(steps: ShutdownStep[], deadlineMs = 5_000) {
  const { log, lines } = logLines('info');
  const codes: number[] = [];
  let exited = () => {};
  const exit = new Promise<void>((resolve) => (exited = resolve));
  shutdown = onShutdown(
    {
      log,
      signals: ['SIGUSR2'],
      deadlineMs,
      exit(code) {
        codes.push(code);
        exited();
      },
    },
    steps,
  );
  return { codes, exit, lines };
}

test('on the signal the steps run in their order, and the process ends with 0', async () => {
  const order: string[] = [];
  const step = (name: string) => ({ name, run: async () => void order.push(name) });
  const { codes, exit } = open([step('sockets'), step('jobs'), step('database')]);
  process.emit('SIGUSR2');
  await exit;
  expect([order, codes]).toEqual([['sockets', 'jobs', 'database'], [0]]);
});

test('a step that fails is logged, the others still run, and the process ends with 1', async () => {
  const ran: string[] = [];
  const { codes, exit, lines } = open([
    {
      name: 'sockets',
      run() {
        throw new Error('stuck');
      },
    },
    { name: 'database', run: () => void ran.push('database') },
  ]);
  process.emit('SIGUSR2');
  await exit;
  expect([ran, codes]).toEqual([['database'], [1]]);
  expect(lines).toContainEqual(expect.objectContaining({ level: 'error', step: 'sockets' }));
});

test('after the deadline it ends as it is, naming the step that hung', async () => {
  const { codes, exit, lines } = open([{ name: 'sockets', run: () => new Promise(() => {}) }], 30);
  process.emit('SIGUSR2');
  await exit;
  expect(codes).toEqual([1]);
  expect(lines.at(-1)).toMatchObject({ level: 'error', step: 'sockets' });
});

test('a second signal ends it at once', async () => {
  const { codes, exit } = open([{ name: 'sockets', run: () => new Promise(() => {}) }]);
  process.emit('SIGUSR2');
  process.emit('SIGUSR2');
  await exit;
  expect(codes).toEqual([128]);
});
