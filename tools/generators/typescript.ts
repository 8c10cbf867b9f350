import { join } from 'node:path';
import type { Generator, Job, Run } from './generator.ts';

const TYPESCRIPT = 'typescript@5.9.3';
const NODE_TYPES = '@types/node@20.19.0';
const ESBUILD = 'esbuild@0.28.2';

export const openapiTypescript: Generator = {
  name: 'openapi-typescript',
  version: '7.13.0',
  language: 'TypeScript',
  needs: ['npm'],
  told: '`--default-non-nullable=false`: else what has a default must be given in requests',
  install: (tools, run) => npm(['openapi-typescript@7.13.0', 'openapi-fetch@0.17.0'], tools, run),
  async make(job) {
    await job.run(join(job.tools, 'node_modules/.bin/openapi-typescript'), [
      job.document,
      '-o',
      'api.d.ts',
      '--default-non-nullable=false',
    ]);
    return compile(job);
  },
};

export const orval: Generator = {
  name: 'orval',
  version: '8.38.0',
  language: 'TypeScript',
  needs: ['npm'],
  told: '`client: "fetch"` and `baseUrl`, since the document names no host',
  install: (tools, run) => npm(['orval@8.38.0'], tools, run),
  async make(job) {
    const input = { target: job.document };
    // biome-ignore lint/suspicious/noTemplateCurlyInString: orval puts it into a template
    const output = { target: 'api.ts', client: 'fetch', mode: 'single', baseUrl: '${process.env.CALL_URL}' };
    job.write('orval.config.mjs', `export default ${JSON.stringify({ api: { input, output } })};\n`);
    await job.run(join(job.tools, 'node_modules/.bin/orval'), ['--config', 'orval.config.mjs']);
    return compile(job);
  },
};

async function npm(packages: readonly string[], tools: string, run: Run): Promise<void> {
  const quiet = ['--silent', '--no-audit', '--no-fund'];
  await run('npm', ['install', ...quiet, '--prefix', tools, ...packages, TYPESCRIPT, NODE_TYPES, ESBUILD]);
}

/** Holds the program against the types, and makes a program for Node of it. */
async function compile(job: Job): Promise<readonly [string, string]> {
  job.copy(`${job.service}.ts.txt`, 'call.ts');
  const bin = join(job.tools, 'node_modules/.bin');
  await job.run('ln', ['-s', join(job.tools, 'node_modules'), 'node_modules']);
  const options = { strict: true, noEmit: true, module: 'esnext', moduleResolution: 'bundler', target: 'es2022' };
  const types = { types: ['node'], skipLibCheck: true };
  job.write('tsconfig.json', JSON.stringify({ compilerOptions: { ...options, ...types }, files: ['call.ts'] }));
  job.write('package.json', '{"type":"module"}');
  await job.run(join(bin, 'tsc'), ['-p', '.']);
  await job.run(join(bin, 'esbuild'), ['call.ts', '--bundle', '--platform=node', '--format=esm', '--outfile=call.mjs']);
  return ['node', 'call.mjs'];
}
