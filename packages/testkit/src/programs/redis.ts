import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../network/free-port.ts';
import { redisProgram } from './redis-program.ts';

export interface TestRedis {
  /** `redis://127.0.0.1:port`; the same after a restart. */
  url: string;
  port: number;
  /** Its process number; another one after a restart. */
  readonly pid: number;
  /** All that it has written, over its restarts. */
  log(): string;
  /** Asks it to end and removes its folder. */
  stop(): Promise<void>;
  /** SIGKILL. */
  kill(): Promise<void>;
  /** Starts it again, empty, on the same port; kills it first if it runs. */
  restart(): Promise<void>;
  /** SIGSTOP: connections stay open and nothing answers. */
  pause(): void;
  resume(): void;
}

export interface RedisOptions {
  /** Further arguments of the program. */
  args?: readonly string[];
  /** Its working folder; made if missing, and removed with it. @default a temporary folder */
  dir?: string;
  /** In a process group of its own, so that a terminal's Ctrl-C does not reach it. @default false */
  detached?: boolean;
}

const START_DEADLINE_MS = 20_000;
const ATTEMPTS = 5;

/** A Redis (or Valkey) of one's own on a free port, without persistence. @throws Error when neither is on the PATH */
export async function startRedis(options: RedisOptions = {}): Promise<TestRedis> {
  const { args: more = [], detached = false } = options;
  const program = redisProgram();
  if (!program) throw new Error('neither redis-server nor valkey-server is on the PATH');
  const dir = options.dir ?? (await mkdtemp(join(tmpdir(), 'gongu-redis-')));
  await mkdir(dir, { recursive: true });
  let port = await redisPort();
  let child: ChildProcess | undefined;
  let log = '';

  async function start(): Promise<void> {
    const settings = { port: String(port), bind: '127.0.0.1', dir, save: '', appendonly: 'no', daemonize: 'no' };
    const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
    const started = spawn(program!, [...args, ...more], { stdio: ['ignore', 'pipe', 'pipe'], detached });
    child = started;
    let output = '';
    const onText = (text: string) => {
      output += text;
      log += text;
    };
    for (const stream of [started.stdout, started.stderr]) stream.setEncoding('utf8').on('data', onText);
    const deadline = Date.now() + START_DEADLINE_MS;
    while (!(await answersPing(port))) {
      if (started.exitCode !== null || Date.now() > deadline) throw new Error(`${program} did not start: ${output}`);
      await sleep(10);
    }
  }

  async function end(signal: NodeJS.Signals): Promise<void> {
    const ending = child;
    child = undefined;
    if (!ending || ending.exitCode !== null || ending.signalCode !== null) return;
    const gone = new Promise((resolve) => ending.once('exit', resolve));
    ending.kill('SIGCONT'); // a paused process can't end
    ending.kill(signal);
    await gone;
  }

  const onExit = () => child?.kill('SIGKILL');
  process.once('exit', onExit);
  for (let attempt = 1; ; attempt++) {
    try {
      await start();
      break;
    } catch (error) {
      await end('SIGKILL');
      if (attempt === ATTEMPTS) throw error;
      port = await redisPort(); // another program was quicker
    }
  }
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    get pid() {
      return child?.pid ?? -1;
    },
    log: () => log,
    kill: () => end('SIGKILL'),
    async restart() {
      await end('SIGKILL');
      await start();
    },
    async stop() {
      await end('SIGTERM');
      process.off('exit', onExit);
      await rm(dir, { recursive: true, force: true });
    },
    pause: () => void child?.kill('SIGSTOP'),
    resume: () => void child?.kill('SIGCONT'),
  };
}

/** With the port of a Cluster node's bus free as well. */
function redisPort(): Promise<number> {
  return freePort([10_000]);
}

function answersPing(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'));
    socket.setTimeout(1_000, () => socket.destroy());
    socket.once('data', (data) => {
      resolve(data.toString().startsWith('+PONG'));
      socket.destroy();
    });
    socket.once('error', () => resolve(false));
    socket.once('close', () => resolve(false));
  });
}
