import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { StartError } from '@gongu/host';
import type { Terminal } from '@gongu/sim/supervise';
import type { LogFile } from './log-file.ts';

export interface ServiceProcessOptions {
  name: string;
  /** Program and arguments. */
  command: readonly [string, ...string[]];
  cwd: string;
  env: NodeJS.ProcessEnv;
  log: LogFile;
  terminal: Terminal;
  /** Whether it answers that it is ready. */
  isReady: () => Promise<boolean>;
  /** Hears its process number whenever it starts, and null when it has ended. */
  note: (pid: number | null) => void;
  /** Ends waiting and starting again. */
  stopping: AbortSignal;
  /** Milliseconds from its start until it must be ready. @default 60_000 */
  readyMs?: number;
  /** Milliseconds that stopping may take; then it is killed. */
  stopMs: number;
  /** Milliseconds to wait before the second start, the third … @default doubling from 500 to 30_000 */
  backoffMs?: (attempt: number) => number;
}

export interface ServiceProcess {
  /** Starts it. Resolves when it is ready. @throws StartError with its own words when it ends before */
  start(): Promise<void>;
  /**
   * Stops it and starts its program as it is now. Resolves when it is ready. @throws StartError with its own words when it
   * ends before; then it stays ended until the next restart
   */
  restart(): Promise<void>;
  /** Asks it to end and waits. */
  stop(): Promise<void>;
  /** No more patience: asks a second time, and then kills. */
  hurry(): void;
}

/** Up for so long, it counts as having started well: the next failure waits the shortest time again. */
const SETTLED_MS = 30_000;

/** One service as a child process, in a process group of its own: a terminal's Ctrl-C reaches it only through us. */
export function createServiceProcess(options: ServiceProcessOptions): ServiceProcess {
  const { name, command, cwd, env, log, terminal, isReady, note, stopping, readyMs = 60_000, stopMs } = options;
  const { backoffMs = (attempt) => Math.min(30_000, 500 * 2 ** attempt) } = options;
  let child: ChildProcess | undefined;
  let attempt = 0;
  /** Grows with each restart: one that waits to start it again after its end leaves that to the restart. */
  let turn = 0;

  /** Resolves when it is ready; rejected with its words when it ended before. */
  async function launch(): Promise<void> {
    const mine = turn;
    const from = log.size();
    const output = log.open();
    const startedAt = Date.now();
    const [program, ...args] = command;
    const started = spawn(program, args, {
      cwd,
      env,
      detached: true,
      stdio: ['ignore', output, output],
    });
    closeSync(output);
    child = started;
    let ended: string | undefined;
    let ready = false;
    started.once('error', (error) => {
      ended ??= error.message;
      child = undefined; // it never ran
    });
    started.once('exit', (code, signal) => {
      ended ??= signal ? `killed by ${signal}` : `exit code ${code}`;
      if (child === started) child = undefined;
      note(null);
      if (!ready || stopping.aborted || mine !== turn) return;
      if (Date.now() - startedAt > SETTLED_MS) attempt = 0;
      void again(ended);
    });
    if (started.pid !== undefined) note(started.pid);

    while (!(await isReady())) {
      if (stopping.aborted) return;
      if (ended) throw new StartError(lastWords(log.since(from)) ?? `${name} ended before it was ready: ${ended}`);
      if (Date.now() - startedAt > readyMs) {
        started.kill('SIGKILL');
        throw new StartError(`${name} was not ready after ${readyMs / 1000} s: see its log`);
      }
      await sleep(100);
    }
    ready = true;
  }

  async function again(reason: string): Promise<void> {
    const mine = turn;
    const waitMs = backoffMs(attempt++);
    terminal.warn(`${name} ended (${reason}): starting it again in ${waitMs / 1000} s`);
    await sleep(waitMs, undefined, { signal: stopping }).catch(() => {});
    if (stopping.aborted || mine !== turn) return;
    try {
      await launch();
      if (!stopping.aborted) terminal.say(`${name} is back`);
    } catch (error) {
      if (!stopping.aborted && mine === turn) await again(error instanceof Error ? error.message : String(error));
    }
  }

  function signal(what: NodeJS.Signals): void {
    if (child?.pid === undefined) return;
    try {
      process.kill(-child.pid, what); // its group: whatever it started as well
    } catch {
      child.kill(what);
    }
  }

  async function stop(): Promise<void> {
    const ending = child;
    if (!ending) return;
    const gone = new Promise((resolve) => ending.once('exit', resolve));
    const timer = setTimeout(() => {
      terminal.warn(`${name} did not stop within ${stopMs / 1000} s and is killed`);
      signal('SIGKILL');
    }, stopMs);
    ending.kill('SIGTERM');
    await gone;
    clearTimeout(timer);
  }

  return {
    start: launch,
    stop,
    async restart() {
      turn++;
      attempt = 0;
      await stop();
      if (!stopping.aborted) await launch();
    },
    hurry() {
      signal('SIGTERM');
      setTimeout(signal, 1_000, 'SIGKILL').unref();
    },
  };
}

/** What a process said before it gave up: the lines that are not its log's, else its last error. */
function lastWords(output: string): string | undefined {
  const lines = output.split('\n').filter((line) => line.trim() !== '');
  const plain = lines.filter((line) => !line.startsWith('{'));
  return plain.length > 0 ? plain.slice(0, 20).join('\n') : undefined;
}
