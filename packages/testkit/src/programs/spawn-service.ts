import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { inRepository } from '../repository.ts';

/** One JSON line of a service's log. */
export type LogLine = Readonly<Record<string, unknown>>;

export interface SpawnServiceOptions {
  /** JavaScript to run; relative paths start at the repository, for instance `services/chat/dist/main.js`. */
  entry: string;
  /** The whole environment, apart from PATH, HOME and the like: nothing of the test's own leaks in. */
  env: Readonly<Record<string, string>>;
  /** The log line that means "ready". @default event `service.started` */
  readyWhen?: (line: LogLine) => boolean;
  /** What runs the entry, and its arguments before it. @default this Node */
  runtime?: readonly [program: string, ...args: string[]];
  /** Arguments of Node itself, before the entry. */
  nodeArgs?: readonly string[];
  /** In a process group of its own, so that a terminal's Ctrl-C does not reach it. @default false */
  detached?: boolean;
  /** Hears every log line as it comes. */
  onLine?: (line: LogLine) => void;
  /** Hears whatever else it writes, line by line or in larger pieces. */
  onText?: (text: string) => void;
}

export interface ServiceProcess {
  pid: number;
  /** All log lines so far. */
  lines: readonly LogLine[];
  /** What came on standard error, and what on standard output was no JSON. */
  stderr(): string;
  /** Fulfilled with the line that says so. Rejected when the process ends first. */
  ready: Promise<LogLine>;
  /** The first line for which it holds, already there or to come. */
  line(predicate: (line: LogLine) => boolean, timeoutMs?: number): Promise<LogLine>;
  /** Sends a signal (default SIGTERM) and waits for the end. */
  kill(signal?: NodeJS.Signals): Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  /** Sends a signal and does not wait, for instance SIGSTOP. */
  signal(signal: NodeJS.Signals): void;
  exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
}

const INHERITED = ['PATH', 'HOME', 'USER', 'LANG', 'TMPDIR', 'NODE_EXTRA_CA_CERTS'];

/**
 * Starts a bundled service as a process of its own. It is killed at the latest when the test process ends. Sim's
 * launcher stands on it: instances that are killed, frozen, drained and started again on their port.
 */
export function spawnService(options: SpawnServiceOptions): ServiceProcess {
  const {
    entry,
    env,
    runtime: [program, ...before] = [process.execPath, '--enable-source-maps'],
    nodeArgs = [],
    detached = false,
    onLine,
    onText,
    readyWhen = (line) => line.event === 'service.started',
  } = options;
  const inherited = Object.fromEntries(
    INHERITED.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])),
  );
  const child = spawn(program, [...before, ...nodeArgs, inRepository(entry)], {
    cwd: inRepository(),
    env: { ...inherited, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached,
  });
  const lines: LogLine[] = [];
  const watchers = new Set<(line: LogLine) => void>();
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    onText?.(text);
  });
  createInterface({ input: child.stdout }).on('line', (text) => {
    const line = parseLine(text);
    if (!line) {
      stderr += `${text}\n`;
      onText?.(text);
      return;
    }
    lines.push(line);
    onLine?.(line);
    for (const watch of [...watchers]) watch(line);
  });

  const killAtExit = () => child.kill('SIGKILL');
  process.once('exit', killAtExit);
  const exited = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      process.off('exit', killAtExit);
      resolve({ code, signal });
    });
  });

  function line(predicate: (line: LogLine) => boolean, timeoutMs = 60_000): Promise<LogLine> {
    const there = lines.find(predicate);
    if (there) return Promise.resolve(there);
    return new Promise((resolve, reject) => {
      const finish = () => {
        clearTimeout(timer);
        watchers.delete(watch);
      };
      const watch = (one: LogLine) => {
        if (!predicate(one)) return;
        finish();
        resolve(one);
      };
      const fail = (reason: string) => {
        finish();
        reject(
          new Error(
            `${entry}: ${reason}\n${stderr}${lines
              .slice(-5)
              .map((one) => JSON.stringify(one))
              .join('\n')}`,
          ),
        );
      };
      const timer = setTimeout(fail, timeoutMs, `no such log line in ${timeoutMs} ms`);
      watchers.add(watch);
      exited.then(({ code, signal }) => fail(`ended with ${code ?? signal}`), reject);
    });
  }

  const ready = line(readyWhen);
  ready.catch(() => {}); // whoever awaits it hears of it; a test that expects a failing start need not
  return {
    pid: child.pid ?? -1,
    lines,
    stderr: () => stderr,
    ready,
    line,
    kill(signal = 'SIGTERM') {
      child.kill(signal);
      return exited;
    },
    signal: (signal) => void child.kill(signal),
    exited,
  };
}

function parseLine(text: string): LogLine | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as LogLine) : undefined;
  } catch {
    return undefined;
  }
}
