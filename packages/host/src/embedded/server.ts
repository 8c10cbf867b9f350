import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, renameSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { StartError } from '../process/start-error.ts';
import type { Account } from './account.ts';
import type { Place } from './place.ts';
import { reasonIn } from './reason.ts';
import { serverEnvironment } from './server-environment.ts';

export interface RunServerOptions {
  postgres: string;
  place: Place;
  account: Account | undefined;
  /** 0 = any free port. */
  port: number;
  /** `name → value` of postgresql.conf. */
  settings: Record<string, string>;
  /** In a process group of its own. */
  detached: boolean;
}

export interface RunningServer {
  port: number;
  pid: number;
  /** Fulfilled when the process is gone, whatever ended it. */
  exited: Promise<void>;
}

/** Starting after a crash replays the log first, which takes its time on a slow disk. */
const START_DEADLINE_MS = 120_000;
const LOG_LIMIT_BYTES = 16 * 1024 * 1024;

/** Starts the server and waits until it takes connections. */
export async function runServer(options: RunServerOptions): Promise<RunningServer> {
  for (let attempt = 0; ; attempt++) {
    const port = options.port || (await anyFreePort());
    const failure = await tryOnce(options, port);
    if (typeof failure !== 'string') return failure;
    const taken = /could not bind|Address already in use|could not create any TCP\/IP sockets/.test(failure);
    // The chosen port was taken meanwhile, or backends of a killed server are about to notice that they are alone.
    const passing = (taken && options.port === 0) || failure.includes('pre-existing shared memory block');
    if (!passing || attempt === 10) {
      const reason = taken ? `port ${port} on 127.0.0.1 is in use` : reasonIn(failure);
      throw new StartError(`PostgreSQL did not start in ${options.place.root}: ${reason}`);
    }
    await sleep(taken ? 0 : 500);
  }
}

/** The running server, or what it wrote before it gave up. */
async function tryOnce(options: RunServerOptions, port: number): Promise<RunningServer | string> {
  const { postgres, place, account, settings, detached } = options;
  if (existsSync(place.log) && statSync(place.log).size > LOG_LIMIT_BYTES) renameSync(place.log, `${place.log}.1`);
  const output = openSync(place.log, 'a', 0o600);
  const from = statSync(place.log).size;
  const args = Object.entries({ ...settings, port: String(port) }).flatMap(([name, value]) => [
    '-c',
    `${name}=${value}`,
  ]);
  let child: ChildProcess;
  try {
    child = spawn(postgres, ['-D', place.cluster, ...args], {
      cwd: '/',
      env: serverEnvironment(),
      detached,
      // A file, not a pipe: the server must be able to write after we are gone.
      stdio: ['ignore', output, output],
      ...account,
    });
  } finally {
    closeSync(output);
  }
  child.unref();
  const exited = new Promise<void>((resolve, reject) => child.on('error', reject).on('exit', () => resolve()));
  let gone = false;
  exited.then(
    () => (gone = true),
    () => (gone = true),
  );
  const deadline = performance.now() + START_DEADLINE_MS;
  while (!gone && !isReady(place, child.pid)) {
    if (performance.now() > deadline) {
      child.kill('SIGQUIT');
      throw new StartError(`PostgreSQL was not ready after ${START_DEADLINE_MS / 1000} s: see ${place.log}`);
    }
    await sleep(10);
  }
  if (!gone) return { port, pid: child.pid!, exited };
  await exited;
  return readFileSync(place.log).subarray(from).toString('utf8');
}

/** As pg_ctl does it: the eighth line of postmaster.pid is the server's state; a standby says so when it can be asked. */
function isReady(place: Place, pid: number | undefined): boolean {
  try {
    const lines = readFileSync(join(place.cluster, 'postmaster.pid'), 'utf8').split('\n');
    return Number(lines[0]) === pid && /^(ready|standby)$/.test(lines[7]?.trim() ?? '');
  } catch {
    return false;
  }
}

function anyFreePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
