import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type Consumer, consumer, inRepository } from '@gongu/testkit';
import * as esbuild from 'esbuild';
import { afterAll, beforeAll, expect, test } from 'vitest';

let project: Consumer;
beforeAll(() => {
  project = consumer(['shared', 'client', 'react'], {
    zod: 'shared',
    react: 'react',
    'react-dom': 'react',
    '@types/react': 'react',
    '@types/react-dom': 'react',
    '@tanstack/virtual-core': 'react',
  });
});
afterAll(() => project?.remove());

test('the published package renders on a server, and brings its stylesheet', () => {
  const rendered = project.run(`
    import { ChatProvider, ChatRoom } from '@gongu/react';
    import { createElement as h } from 'react';
    import { renderToString } from 'react-dom/server';
    import { readFileSync } from 'node:fs';
    import { fileURLToPath } from 'node:url';
    const css = readFileSync(fileURLToPath(import.meta.resolve('@gongu/react/styles.css')), 'utf8');
    if (!css.includes('.gongu-message') || css.includes('@import')) throw new Error('the stylesheet is not whole');
    console.log(renderToString(h(ChatProvider, { url: 'http://127.0.0.1:1', token: () => null, locale: 'en' },
      h(ChatRoom, { roomId: 'a' }))));`);
  expect(rendered).toContain('gongu-room');
  expect(rendered).toContain('Write a message');
});

test('every entry says that it is for clients, as frameworks that render on a server by default want it', () => {
  const folder = join(project.root, 'node_modules/@gongu/react');
  const { exports } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
    exports: Record<string, string | { default: string }>;
  };
  const scripts = Object.values(exports).flatMap((entry) => (typeof entry === 'string' ? [] : [entry.default]));
  expect(scripts.length).toBeGreaterThan(0);
  for (const script of scripts) expect(readFileSync(join(folder, script), 'utf8')).toMatch(/^['"]use client['"];/);
});

test.each(['packages/react/README.md', 'docs/react.md'])(
  'the examples of %s compile against what is published, with React 19 and 18',
  (file) => {
    const examples = readFileSync(inRepository(file), 'utf8')
      .split('```tsx\n')
      .slice(1)
      .map((part) => part.split('```')[0]!);
    expect(examples.length).toBeGreaterThan(1);
    project.write('package.json', '{"type":"module"}');
    project.write('css.d.ts', "declare module '*.css';");
    for (const [i, text] of examples.entries()) project.write(`example-${i}.tsx`, text);
    const files = ['css.d.ts', ...examples.map((_, i) => `example-${i}.tsx`)];
    const options = {
      module: 'esnext',
      moduleResolution: 'bundler',
      jsx: 'react-jsx',
      lib: ['es2023', 'dom', 'dom.iterable'],
    };
    expect(project.compile(files, { ...options, skipLibCheck: false })).toBe('');
    const react18 = inRepository('packages/react/node_modules/react-18-types');
    const paths = { react: [react18], 'react/*': [`${react18}/*`] };
    expect(project.compile(files, { ...options, paths, skipLibCheck: true })).toBe('');
  },
);

test('what a room loads stays below 30 kB after gzip: without React and the client, with the list that renders what is near', async () => {
  const { outputFiles, metafile } = await esbuild.build({
    stdin: {
      // Not by way of the index: esbuild would take all that it names for loaded, which bundlers that split by use do not.
      contents: "export * from './src/chat/ChatProvider.tsx'; export * from './src/components/ChatRoom.tsx';",
      resolveDir: inRepository('packages/react'),
    },
    outdir: 'out',
    bundle: true,
    splitting: true,
    minify: true,
    // As bundlers write it; esbuild alone would spell each Korean letter with six.
    charset: 'utf8',
    define: { 'process.env.NODE_ENV': '"production"' },
    format: 'esm',
    target: 'es2022',
    jsx: 'automatic',
    external: ['react', 'react-dom', 'react/jsx-runtime', '@gongu/client'],
    metafile: true,
    write: false,
  });
  const files = new Map(outputFiles.map(({ path, contents }) => [basename(path), contents]));
  const first = new Set(['stdin.js']);
  for (const name of first) {
    for (const { path, kind } of metafile.outputs[`out/${name}`]!.imports) {
      if (kind === 'import-statement' && path.startsWith('out/')) first.add(basename(path));
    }
  }
  // One file, as bundlers make of what is loaded together.
  const total = gzipSync(Buffer.concat([...first].map((name) => files.get(name)!))).length;
  const lazy = [...files].filter(([name]) => !first.has(name));
  const sizes = lazy.map(([name, contents]) => `${name} ${gzipSync(contents).length}`);
  console.log(`after gzip: ${total} bytes; with their first use ${sizes.join(', ')}`);
  expect(lazy.length).toBeGreaterThan(0);
  expect(total).toBeLessThan(30_000);
});
