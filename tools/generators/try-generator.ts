import { spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { inRepository } from '@gongu/testkit';
import type { Generator, Run, ServiceName } from './generator.ts';
import { EXPECTED, type Shop } from './shop.ts';
import type { Outcome } from './table.ts';

/** Characters of a failed program's output that are worth reading. */
const TAIL = 1_500;

export interface Trial {
  readonly shop: Shop;
  /** An empty folder. */
  readonly folder: string;
  readonly stopping: AbortSignal;
  /** What went wrong, in full. */
  readonly complain: (text: string) => void;
}

/** Generates both services' clients, compiles them, and lets each make a call. What lacks a program is skipped by name. */
export async function tryGenerator(
  generator: Generator,
  { shop, folder, stopping, complain }: Trial,
): Promise<Outcome> {
  const tools = join(folder, 'tools');
  mkdirSync(tools, { recursive: true });
  const missing = await absent(generator.needs, folder, stopping);
  if (missing.length > 0) return all(`skipped: no ${missing.join(', ')}`);
  try {
    await generator.install(tools, createRun(folder, stopping));
  } catch (error) {
    complain(`${generator.name} could not be installed: ${(error as Error).message}`);
    return all('not installed');
  }
  return { generator, results: { trade: await call('trade'), chat: await call('chat') } };

  function all(text: string): Outcome {
    return { generator, results: { trade: text, chat: text } };
  }

  async function call(service: ServiceName): Promise<string> {
    const own = join(folder, service);
    mkdirSync(own);
    const run = createRun(own, stopping);
    try {
      const [command, ...args] = await generator.make({
        ...{ service, document: shop.documents[service], folder: own, tools, run },
        write: (name, text) => writeFileSync(place(own, name), text),
        copy: (name, to) =>
          copyFileSync(inRepository(`tools/generators/clients/${generator.name}/${name}`), place(own, to)),
      });
      // Maven resets colours that it did not set.
      const printed = stripVTControlCharacters(
        await run(command, args, { env: { ...shop.env, CALL_URL: shop.urls[service] } }),
      );
      if (EXPECTED[service].test(printed)) return 'ok';
      throw new Error(`the call printed ${JSON.stringify(printed)}`);
    } catch (error) {
      complain(`${generator.name}, ${service}: ${(error as Error).message}`);
      return 'fails';
    }
  }
}

function place(folder: string, name: string): string {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  return path;
}

/** Which of these programs the PATH has not. */
async function absent(programs: readonly string[], folder: string, stopping: AbortSignal): Promise<string[]> {
  const run = createRun(folder, stopping);
  const found = await Promise.all(
    programs.map((name) =>
      run('sh', ['-c', 'command -v "$0"', name]).then(
        () => [],
        () => [name],
      ),
    ),
  );
  return found.flat();
}

/** Runs programs in `folder`, one at a time, until `stopping`. */
function createRun(folder: string, stopping: AbortSignal): Run {
  return (command, args, { cwd = folder, env = {} } = {}) =>
    new Promise((resolve, reject) => {
      const options = { cwd, env: { ...process.env, ...env }, signal: stopping };
      const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
      let out = '';
      let all = '';
      child.stdout.on('data', (chunk: Buffer) => {
        out += chunk;
        all += chunk;
      });
      child.stderr.on('data', (chunk: Buffer) => {
        all += chunk;
      });
      child.once('error', reject);
      child.once('close', (code) => {
        if (code === 0) resolve(out);
        else reject(new Error(`${command} ${args.join(' ')} ended with ${code}: ${all.slice(-TAIL)}`));
      });
    });
}
