import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { accepts } from '../network/accepts.ts';

export interface ForegroundOptions {
  readonly program: string;
  readonly args: readonly string[];
  /** It is ready when it takes connections there. */
  readonly port: number;
  readonly spawn?: SpawnOptions;
}

export interface Foreground {
  readonly process: ChildProcess;
  /** All that it wrote to its standard output and error. */
  output(): string;
  /** Asks it to end, and waits until it has. */
  stop(): Promise<void>;
}

/** A server that runs in the foreground, with workers perhaps. @throws Error with its own words when it does not start */
export async function startForeground({ program, args, port, ...options }: ForegroundOptions): Promise<Foreground> {
  const child = spawn(program, args, { ...options.spawn, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (text) => (output += text));
  // Asked, not killed: killed, it would leave its workers behind.
  const endAtExit = () => child.kill('SIGTERM');
  process.once('exit', endAtExit);
  const over = once(child, 'exit').finally(() => process.off('exit', endAtExit));
  over.catch(() => {}); // it could not be run at all, which the loop below finds
  while (!(await accepts(port))) {
    if (child.exitCode !== null || child.pid === undefined) throw new Error(`${program} did not start: ${output}`);
    await sleep(20);
  }
  return {
    process: child,
    output: () => output,
    async stop() {
      child.kill('SIGTERM');
      await over;
    },
  };
}

/** A configuration that is ours, with other ports and paths. @throws Error when it does not say what is replaced */
export function replaceAll(text: string, replacements: Record<string, string>): string {
  let result = text;
  for (const [from, to] of Object.entries(replacements)) {
    if (!result.includes(from)) throw new Error(`the configuration no longer says ${from}`);
    result = result.replaceAll(from, to);
  }
  return result;
}
