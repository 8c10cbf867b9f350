import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { prepare } from '../../more-peers/more-peers.ts';
import { createWorkshop } from '../../more-peers/workshop.ts';

let place: string;
const said: string[] = [];
const workshop = () =>
  createWorkshop({ dir: join(place, 'built'), signal: new AbortController().signal, say: (text) => said.push(text) });

beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), 'gongu-workshop-'));
  said.length = 0;
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(place, { recursive: true, force: true });
});

it('builds once, and anew when a source has changed', async () => {
  const source = join(place, 'source');
  mkdirSync(join(source, 'deep'), { recursive: true });
  const write = (text: string) => writeFileSync(join(source, 'deep/a.txt'), text);
  const build = () =>
    workshop().build({ name: 'peer', source, command: ['sh', '-c', 'cat deep/a.txt deep/a.txt > out'] });
  write('one');
  const first = await build();
  expect(readFileSync(join(first, 'out'), 'utf8')).toBe('oneone');
  expect(await build()).toBe(first);
  write('two');
  const second = await build();
  expect(readFileSync(join(second, 'out'), 'utf8')).toBe('twotwo');
  expect(said).toHaveLength(2);
  expect(existsSync(join(source, 'out'))).toBe(false);
});

it('says what a build failed with, and tries again the next time', async () => {
  const build = (command: string) =>
    workshop().build({ name: 'peer', command: ['sh', '-c', command], env: (folder) => ({ BIN: folder }) });
  await expect(build('echo line 7 is wrong; exit 1')).rejects.toThrow('sh -c failed:\nline 7 is wrong');
  expect(readFileSync(join(await build('echo ok > $BIN/out'), 'out'), 'utf8')).toBe('ok\n');
});

it('leaves peers out by name where the machine has not what builds them', async () => {
  vi.stubEnv('PATH', join(place, 'nothing'));
  const { missing, peersOf } = await prepare(['centrifugo', 'spring'], workshop());
  expect(missing).toEqual([
    expect.stringMatching(/^Centrifugo [\d.]+: left out, there is no "go" on the PATH$/),
    expect.stringMatching(/^Spring Boot [\d.]+: left out, there is no "java" on the PATH$/),
  ]);
  expect(peersOf('latency', { url: 'postgresql://nobody@127.0.0.1:1/x', pid: 1 })).toEqual([]);
});
