import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inRepository } from '@gongu/testkit';
import { afterAll, describe, expect, it } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { compile, createGenerator } from '../generator.ts';

const folder = mkdtempSync(join(tmpdir(), 'gongu-generator-'));
const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
const members = new Map<WebSocket, string>();
server.on('connection', (socket, { url = '' }) => {
  members.set(socket, url);
  socket.on('close', () => members.delete(socket));
  socket.on('message', (text) => {
    for (const [member, room] of members) if (room === url) member.send(String(text));
  });
});

afterAll(async () => {
  server.close();
  for (const member of members.keys()) member.terminate();
  rmSync(folder, { recursive: true, force: true });
});

const hasCompiler = spawnSync('cc', ['--version']).status === 0;

/** 3 members of one room, one of whom says 100 messages a second for a tenth of a second. */
const load = (path = '/') => [
  ...['--port', String((server.address() as AddressInfo).port), '--path', path],
  ...['--conns', '3', '--rooms', '1', '--publishers', '1'],
  ...[
    '--publish',
    '{"text":"{mark}"}',
    '--rate',
    '100',
    '--warmup',
    '0',
    '--duration',
    '0.1',
    '--settle',
    '0',
    '--check',
  ],
];

describe.skipIf(!hasCompiler)('the load generator (needs a C compiler)', () => {
  const open = (signal = new AbortController().signal) =>
    createGenerator(compile(inRepository('bench/wsload.c'), folder, 'wsload'), signal);

  it('stays connected between its steps, and sends in each what its rate says, however long the last one is ago', async () => {
    const opened = await open().open(load());
    expect(opened.connect).toMatchObject({ joined: 3, failed: 0 });
    const first = await opened.step();
    // Others' turns: what was due meanwhile must not follow them.
    const other = await open().open(load('/other'));
    for (let turn = 0; turn < 3; turn++) await other.step();
    const second = await opened.step();
    for (const step of [first, second]) {
      expect(step).toMatchObject({ rate: 100, got: step.expected, dups: 0, gaps: 0, missing: 0 });
      expect(step.expected / 3).toBeLessThanOrEqual(11);
      expect(step.expected).toBeGreaterThan(0);
    }
    await other.end();
    expect(await opened.end()).toMatchObject({ closed: 0, final_error: '' });
  });

  it('measures all of its steps at once where nobody takes turns', async () => {
    const { steps, closed } = await open().measure([...load(), '--rate', '100,200']);
    expect(steps.map(({ rate }) => rate)).toEqual([100, 200]);
    expect(closed).toBe(0);
  });

  it('ends when it is told to', async () => {
    const ending = new AbortController();
    const opened = await open(ending.signal).open(load());
    const reason = new Error('ended by SIGINT');
    const step = opened.step();
    ending.abort(reason);
    await expect(step).rejects.toThrow(reason);
  });
});
