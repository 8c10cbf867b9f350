import { randomBytes } from 'node:crypto';
import { accessSync, constants, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Stoppable, Terminal } from '@gongu/sim/supervise';
import { followLog } from './log-file.ts';
import { claimPort } from './ports.ts';
import { redisAnswers } from './probe.ts';
import { createServiceProcess } from './service-process.ts';

export interface Redis {
  /** Undefined: chat runs on its local bus. */
  url: string | undefined;
  /** How it is called in a sentence: "Redis on 127.0.0.1:34567". */
  title: string;
}

export interface RedisOptions {
  /** An existing Redis; undefined: one of our own, where the PATH has a program for it. */
  url: string | undefined;
  env: NodeJS.ProcessEnv;
  /** Its own folder, made if missing. */
  dir: string;
  logFile: string;
  terminal: Terminal;
  /** Hears its process number whenever it starts, and null when it has ended. */
  note: (pid: number | null) => void;
  /** Hears what has to be stopped. */
  add: (part: Stoppable) => void;
  stopping: AbortSignal;
}

const PROGRAMS = ['redis-server', 'valkey-server'];
const HOST = '127.0.0.1';
const NONE = 'none: chat runs on its local bus';
/** It has nothing to write: a Redis that takes longer to stop is stuck. */
const STOP_MS = 5_000;

/** The Redis to work with. Redis is a hint and never a need: whatever is wrong with it is a line, not a refusal. */
export async function openRedis(options: RedisOptions): Promise<Redis> {
  const { url, env, dir, logFile, terminal, note, add, stopping } = options;
  if (url) return { url, title: `Redis at ${withoutCredentials(url)}` };
  const program = findProgram(env.PATH ?? '');
  if (!program) {
    terminal.say(
      `no ${PROGRAMS.join(' or ')} on the PATH: chat runs on its local bus, which is all one instance needs`,
    );
    return { url: undefined, title: NONE };
  }

  const port = await claimPort('REDIS_URL', 0, HOST);
  const password = randomBytes(24).toString('base64url');
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const settings = join(dir, 'redis.conf');
  // In a file: a command line is for everybody to read. Nothing in Redis has to last, so nothing is written.
  const lines = [`bind ${HOST}`, `port ${port}`, `requirepass ${password}`, 'save ""', 'appendonly no', 'daemonize no'];
  writeFileSync(settings, `${[...lines, 'loglevel warning'].join('\n')}\n`, { mode: 0o600 });

  // Its lines are no JSON and mostly advice about the machine: they stay in the file.
  const log = followLog({ file: logFile, onLine: () => {} });
  add({ name: "Redis's log", stop: log.close });
  const server = createServiceProcess({
    name: 'Redis',
    command: [program, settings],
    cwd: dir,
    env,
    log,
    terminal,
    isReady: () => redisAnswers({ port, host: HOST, password }),
    note,
    stopping,
    readyMs: 15_000,
    stopMs: STOP_MS,
  });
  add({ name: 'Redis', ...server });
  try {
    await server.start();
  } catch (error) {
    const reason = String(error instanceof Error ? error.message : error)
      .split('\n')
      .at(-1);
    terminal.warn(`Redis does not start, so chat runs on its local bus: ${reason}`);
    return { url: undefined, title: NONE };
  }
  const title = `Redis on ${HOST}:${port}`;
  if (!stopping.aborted) terminal.say(`${title} is ready`);
  return { url: `redis://:${password}@${HOST}:${port}`, title };
}

function findProgram(path: string): string | undefined {
  const places = path.split(delimiter).filter((folder) => folder !== '');
  return PROGRAMS.flatMap((program) => places.map((folder) => join(folder, program))).find(isProgram);
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

function withoutCredentials(url: string): string {
  return url.replace(/\/\/[^/?#]*@/, '//').replace(/\?.*$/, '');
}
