import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { describeStartFailure, EnvError, StartError } from '../src/index.ts';

const system = (code: string, more: object = {}) =>
  Object.assign(new Error(`${code}: what Node says`), { code, ...more });

test('a port in use is one line with its number', async () => {
  const first = createServer();
  await new Promise<void>((resolve) => first.listen(0, '127.0.0.1', resolve));
  const { port } = first.address() as { port: number };
  const error = await new Promise<Error>((resolve) => createServer().on('error', resolve).listen(port, '127.0.0.1'));
  expect(describeStartFailure(error)).toBe(
    `port ${port} on 127.0.0.1 is in use: stop what listens there, or set another port`,
  );
  first.close();
});

test.each([
  [new StartError('the reason'), 'the reason'],
  [new Error('outer', { cause: new StartError('inner') }), 'inner'],
  [new EnvError([{ name: 'A', message: 'is not set' }]), 'the environment is not complete: A: is not set'],
  [system('ENOSPC', { path: '/data/x' }), 'no space left on the device: /data/x'],
  [system('EACCES', { path: '/data' }), 'permission denied: /data'],
  [system('EACCES', { address: '0.0.0.0', port: 80 }), 'permission denied: 0.0.0.0:80'],
  [system('ECONNREFUSED'), 'the database is not reachable: ECONNREFUSED: what Node says'],
])('%s is one line for the operator', (error, line) => {
  expect(describeStartFailure(error)).toBe(line);
});

test('a defect is not made to look like a setting', () => {
  expect(describeStartFailure(new TypeError('x is not a function'))).toBeUndefined();
  expect(describeStartFailure('text')).toBeUndefined();
});
