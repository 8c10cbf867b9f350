import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { spawnService } from '../src/index.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'gongu-spawn-'));
});
afterEach(() => rm(dir, { recursive: true }));

async function program(text: string): Promise<string> {
  const file = join(dir, 'main.mjs');
  await writeFile(file, text);
  return file;
}

test('collects log lines, is ready on the line that says so, and ends on a signal', async () => {
  const service = spawnService({
    entry: await program(`
      process.on('SIGTERM', () => { console.log('{"msg":"bye"}'); process.exit(3); });
      console.log('not JSON');
      console.log(JSON.stringify({ event: 'service.started', port: 4711, leaked: process.env.TEST_DATABASE_URL ?? null, a: process.env.A }));
      setInterval(() => {}, 1000);`),
    env: { A: '1' },
  });
  expect(await service.ready).toEqual({ event: 'service.started', port: 4711, leaked: null, a: '1' });
  expect(service.stderr()).toBe('not JSON\n');
  expect(await service.kill()).toEqual({ code: 3, signal: null });
  expect(service.lines.at(-1)).toEqual({ msg: 'bye' });
});

test('a start that fails rejects ready with what was said', async () => {
  const service = spawnService({ entry: await program(`console.error('chat: no'); process.exit(1);`), env: {} });
  await expect(service.ready).rejects.toThrow(/ended with 1\nchat: no/);
  expect(await service.exited).toEqual({ code: 1, signal: null });
});
