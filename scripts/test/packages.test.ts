import { execFileSync, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { inRepository } from '@gongu/testkit';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { afterAll, beforeAll, expect, test } from 'vitest';

/** npm packages that the project of this test has too, by the package of ours that brings them. */
const OTHERS = {
  zod: 'shared',
  react: 'react',
  'react-dom': 'react',
  '@types/react': 'react',
  '@tanstack/virtual-core': 'react',
};
const NAMES = ['shared', 'client', 'react'];

let root: string;
let said: string;
let tarballs: string[];
const unpacked = (name: string) => join(root, 'node_modules/@gongu', name);
const manifestOf = (name: string) => JSON.parse(readFileSync(join(unpacked(name), 'package.json'), 'utf8'));

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'gongu-tarballs-'));
  said = execFileSync(process.execPath, [inRepository('scripts/packages.mjs'), join(root, 'of gongu')], {
    cwd: root,
    encoding: 'utf8',
  });
  tarballs = [...said.matchAll(/"([^"]+\.tgz)"/g)].map(([, path]) => path!);
  for (const [i, name] of NAMES.entries()) {
    mkdirSync(unpacked(name), { recursive: true });
    execFileSync('tar', ['-xzf', tarballs[i]!, '--strip-components=1', '-C', unpacked(name)], { cwd: root });
  }
  for (const [name, owner] of Object.entries(OTHERS)) {
    const to = join(root, 'node_modules', name);
    mkdirSync(dirname(to), { recursive: true });
    symlinkSync(inRepository('packages', owner, 'node_modules', name), to);
  }
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

test('one command makes three tarballs that need no registry for each other, and says the line that installs them', () => {
  expect(said).toMatch(/^ {2}npm i "[^"]+" "[^"]+" "[^"]+"$/m);
  // It is pasted in another folder than that in which it was printed.
  const named = NAMES.map((name) => join(realpathSync(root), 'of gongu', `gongu-${name}-`));
  expect(tarballs.map((path) => path.replace(/-\d[^/]*$/, '-'))).toEqual(named);
  const versions = Object.fromEntries(NAMES.map((name) => [`@gongu/${name}`, manifestOf(name).version]));
  for (const name of NAMES) {
    const { dependencies } = manifestOf(name);
    for (const [other, version] of Object.entries(dependencies)) {
      expect(version).toEqual(other in versions ? versions[other] : expect.stringMatching(/^\d/));
    }
    expect(existsSync(join(unpacked(name), 'LICENSE')), `${name}/LICENSE`).toBe(true);
    expect(existsSync(join(unpacked(name), 'README.md')), `${name}/README.md`).toBe(true);
  }
});

test.each(NAMES)('npm, which runs `prepare` of a folder that it links, is told to take the tarball of %s', (name) => {
  const cwd = inRepository('packages', name);
  const env = Object.fromEntries(Object.entries(process.env).filter(([key]) => !/^npm_/i.test(key)));
  const refused = spawnSync('npm', ['run', 'prepare'], { cwd, env, encoding: 'utf8' });
  expect(refused.status).toBe(1);
  expect(refused.stderr).toContain(`the folder ${name} can't be installed as it is. Run \`npx -y pnpm@12 packages\``);
  expect(manifestOf(name).scripts ?? {}).not.toHaveProperty('prepare');
});

test.each(NAMES)('publint has nothing to say of %s', async (name) => {
  const { messages } = await publint({ pkgDir: unpacked(name), pack: false, strict: true });
  expect(messages.map((message) => formatMessage(message, manifestOf(name), { color: false }))).toEqual([]);
});

test.each(['nodenext', 'bundler'])('types resolve with moduleResolution %s', (moduleResolution) => {
  const used = NAMES.map((name) => `export * as ${name} from ${JSON.stringify(`@gongu/${name}`)};`).join('\n');
  writeFileSync(join(root, 'package.json'), '{"type":"module"}');
  writeFileSync(join(root, 'used.ts'), used);
  const compilerOptions = {
    ...{ strict: true, noEmit: true, target: 'es2022', types: [], skipLibCheck: false, moduleResolution },
    ...{ module: moduleResolution === 'bundler' ? 'esnext' : 'nodenext', lib: ['es2023', 'dom', 'dom.iterable'] },
  };
  writeFileSync(join(root, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['used.ts'] }));
  expect(() => execFileSync(inRepository('node_modules/.bin/tsc'), ['-p', root], { encoding: 'utf8' })).not.toThrow();
});
