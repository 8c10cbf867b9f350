import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { accepts, freePort } from '@gongu/testkit';
import { pin } from './machine.ts';
import type { RunningSubject, Subject } from './subject.ts';

/** A peer's program: of a free port, what is run. */
export interface Program {
  readonly command: readonly [program: string, ...args: string[]];
  readonly env?: Readonly<Record<string, string>>;
}

/** Longest time until it takes connections: a JVM has one CPU to start on. */
const START_MS = 120_000;
const LOOK_MS = 50;

/**
 * How a peer is started: so many processes as there are instances, on the server's CPU.
 *
 * @param of its program for a port; asked at each start, so that it can make an empty database first
 */
export function startProgram(
  of: (port: number) => Program | Promise<Program>,
  helpers: readonly string[] = [],
): Subject['start'] {
  return async ({ instances }): Promise<RunningSubject> => {
    const all: Awaited<ReturnType<typeof open>>[] = [];
    const stop = async () => {
      await Promise.all(all.map((each) => each.stop()));
    };
    try {
      for (let i = 0; i < instances; i++) all.push(await open(of));
    } catch (error) {
      await stop();
      throw error;
    }
    return { ports: all.map(({ port }) => port), pids: all.map(({ pid }) => pid), helpers, stop };
  };
}

async function open(of: Parameters<typeof startProgram>[0]) {
  const port = await freePort();
  const {
    command: [program, ...args],
    env,
  } = await of(port);
  // The report has standard output for itself.
  const child = spawn(program, args, { stdio: ['ignore', 2, 2], env: { ...process.env, ...env } });
  const exit = once(child, 'exit');
  const endAtExit = () => child.kill('SIGKILL');
  process.once('exit', endAtExit);
  const stop = async () => {
    child.kill('SIGKILL');
    await exit;
    process.off('exit', endAtExit);
  };
  pin(child.pid!);
  const beganAt = performance.now();
  while (!(await accepts(port))) {
    if (child.exitCode !== null || performance.now() - beganAt > START_MS) {
      await stop();
      throw new Error(`${program} did not start`);
    }
    await sleep(LOOK_MS);
  }
  return { port, pid: child.pid!, stop };
}
