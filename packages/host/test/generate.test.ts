import { spawn } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inRepository } from '@gongu/testkit';
import { afterEach, beforeEach, expect, test } from 'vitest';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'gongu-generate-'));
  await mkdir(join(dir, 'scripts'));
  for (const script of ['generate.mjs', 'prisma-generate.mjs']) {
    await cp(inRepository('scripts', script), join(dir, 'scripts', script));
  }
  await cp(inRepository('packages/host/test/fixture/things'), join(dir, 'prisma/things'), { recursive: true });
  await symlink(inRepository('node_modules'), join(dir, 'node_modules'));
});
afterEach(() => rm(dir, { recursive: true }));

function generate(): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [join(dir, 'scripts/generate.mjs')]);
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (output += text));
    child.once('close', (code) => resolve({ code, output }));
  });
}

test('clients are written once, also by two runs at a time, and again when the schema changes', async () => {
  const both = await Promise.all([generate(), generate()]);
  expect(both.map(({ code }) => code)).toEqual([0, 0]);
  expect(both.filter(({ output }) => output.includes('generated Prisma client for things'))).toHaveLength(1);
  expect(await readdir(join(dir, 'prisma/things/unused'))).toContain('client.ts');
  expect(await generate()).toEqual({ code: 0, output: '' });
  const schema = join(dir, 'prisma/things/schema.prisma');
  await writeFile(
    schema,
    'generator client {\n  provider = "prisma-client"\n  output = "./unused"\n}\n\ndatasource db {\n  provider = "postgresql"\n}\n\nmodel Other {\n  id Int @id\n}\n',
  );
  expect((await generate()).output).toContain('generated Prisma client for things');
});

test('a schema that Prisma refuses ends it with 1 and with what Prisma says', async () => {
  await writeFile(
    join(dir, 'prisma/things/schema.prisma'),
    'generator client {\n  output = "./x"\n  provider = "prisma-client"\n}\nmodel',
  );
  const { code, output } = await generate();
  expect(code).toBe(1);
  expect(output).toContain('prisma generate failed for things');
});

test('clients of two schemas are written by one process, and what one that was killed has left locked is no hindrance', async () => {
  await cp(join(dir, 'prisma/things'), join(dir, 'prisma/others'), { recursive: true });
  await writeFile(join(dir, 'prisma/others/unused.lock'), String(await endedProcess()));
  expect((await generate()).output).toContain('generated Prisma client for others and things');
  for (const name of ['others', 'things']) {
    const folder = join(dir, 'prisma', name);
    expect((await readdir(folder)).sort()).toEqual(['migrations', 'schema.prisma', 'unused']);
    expect(await readdir(join(folder, 'unused'))).toContain('client.ts');
  }
});

/** Its number: nobody has it. */
function endedProcess(): Promise<number> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ['--version'], { stdio: 'ignore' });
    child.once('exit', () => resolve(child.pid!));
  });
}
