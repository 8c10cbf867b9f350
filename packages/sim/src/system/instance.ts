import { setTimeout as sleep } from 'node:timers/promises';
import { StartError } from '@gongu/host';
import { type LogLine, type ServiceProcess, spawnService } from '@gongu/testkit';
import { answersOk } from '../supervise/answers-ok.ts';

export interface InstanceOptions {
  /** As in "chat-1". */
  readonly name: string;
  /** Whose bundle runs. */
  readonly service: 'chat' | 'trade';
  readonly port: number;
  readonly env: Readonly<Record<string, string>>;
  /** What runs it, and the arguments before the bundle. @default this Node */
  readonly runtime?: readonly [program: string, ...args: string[]];
  /**
   * What becomes of a process that ends although nobody had asked for it. `false`: it stays away, and a start that
   * fails is an error. `true`: it is started again until it serves, within `startMs`; its database may be away.
   */
  readonly revives: boolean;
  /** @default 120_000 */
  readonly startMs?: number;
  /** In a process group of its own, so that a terminal's Ctrl-C does not reach it. */
  readonly detached: boolean;
  /** Gets its process number whenever it starts, and null when it was ended. */
  readonly onPid: (pid: number | null) => void;
  /** Gets every line of its log. */
  readonly onLine: (line: LogLine) => void;
  /** Gets whatever else it writes. */
  readonly onText?: (text: string) => void;
  /** It ended, or did not end, and nobody had meant it to. */
  readonly onDied: (reason: string) => void;
  /** Ends all starting. */
  readonly stopping: AbortSignal;
}

/** How a process ended. */
interface End {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** One instance of a service: a process of its own, which may be killed, frozen, and started again on its port. */
export interface Instance {
  readonly name: string;
  readonly port: number;
  /** `http://127.0.0.1:…` */
  readonly url: string;
  /** Null while it does not run. */
  readonly pid: number | null;
  /** Resolves when it serves. @param entry another build, from now on @throws StartError, where it is not revived or never serves */
  start(entry?: string): Promise<void>;
  /** SIGKILL: no farewell, as in a crash. */
  kill(): Promise<void>;
  /** SIGTERM: it must end by itself, with 0; else `onDied` is told. Null: it did not run. */
  drain(): Promise<End | null>;
  /** SIGSTOP: its connections stay open and nothing answers. */
  freeze(): void;
  thaw(): void;
  /** Asks it to end, and kills it when it does not. */
  stop(): Promise<void>;
  /** Does not wait for `stop` any longer. */
  hurry(): void;
}

/** What a drain may take: DRAIN_MS is 1 s, and the machine may be busy, or the database away. */
const DRAIN_MS = 20_000;
const STOP_MS = 8_000;
const READY_MS = 60_000;
const RESPAWN_MS = 300;
/** Longer than any fault and a slow machine take together: what does not serve then never will. */
const START_MS = 120_000;

export function createInstance(options: InstanceOptions): Instance {
  const {
    name,
    service,
    port,
    env,
    runtime,
    revives,
    startMs = START_MS,
    detached,
    onPid,
    onLine,
    onText,
    onDied,
    stopping,
  } = options;
  const url = `http://127.0.0.1:${port}`;
  let build = `services/${service}/dist/main.mjs`;
  let running: ServiceProcess | null = null;
  let frozen = false;

  function spawn(): ServiceProcess {
    const started = spawnService({
      entry: build,
      runtime,
      env: { ...env, [service === 'chat' ? 'CHAT_PORT' : 'TRADE_PORT']: String(port) },
      detached,
      onLine,
      onText,
    });
    running = started;
    frozen = false;
    onPid(started.pid);
    started.ready.then(
      async () => {
        const { code, signal } = await started.exited;
        if (!isCurrent(started)) return;
        const words = started.stderr().slice(-2_000);
        onDied(`${name} ended: ${signal ?? `exit code ${code}`}\n${words}`.trim());
        if (!revives) return;
        running = null;
        await start().catch((error: Error) => onDied(error.message));
      },
      () => {},
    );
    return started;
  }

  /** Nobody has ended it. */
  const isCurrent = (process: ServiceProcess) => running === process;

  async function start(entry = build): Promise<void> {
    build = entry;
    const giveUpAt = performance.now() + startMs;
    while (!running && !stopping.aborted) {
      const started = spawn();
      const serves = await Promise.race([
        started.ready.then(
          () => true,
          () => false,
        ),
        aborted(stopping),
      ]);
      if (stopping.aborted || !isCurrent(started)) return;
      if (serves) return revives ? undefined : untilReady(started);
      running = null;
      if (!revives || performance.now() > giveUpAt) throw new StartError(`${name}: ${started.stderr().trim()}`);
      await sleep(RESPAWN_MS);
    }
  }

  /** It listens; whether it has all that it needs, it says itself. */
  async function untilReady(started: ServiceProcess): Promise<void> {
    const ended = started.exited.then(() => true);
    const giveUpAt = performance.now() + READY_MS;
    while (!(await answersOk(`${url}/readyz`))) {
      if (stopping.aborted) return;
      if (await Promise.race([ended, sleep(50, false)])) throw new StartError(`${name}: ${started.stderr().trim()}`);
      if (performance.now() > giveUpAt) throw new StartError(`${name} was not ready after ${READY_MS / 1_000} s`);
    }
  }

  async function end(signal: NodeJS.Signals, patienceMs: number): Promise<(End & { late: boolean }) | null> {
    const ending = running;
    running = null;
    if (!ending) return null;
    if (frozen) ending.signal('SIGCONT');
    frozen = false;
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      ending.signal('SIGKILL');
    }, patienceMs);
    const { code, signal: endedBy } = await ending.kill(signal);
    clearTimeout(timer);
    onPid(null);
    return { code, signal: endedBy, late };
  }

  return {
    name,
    port,
    url,
    get pid() {
      return running?.pid ?? null;
    },
    start,
    kill: async () => void (await end('SIGKILL', STOP_MS)),
    async drain() {
      const ended = await end('SIGTERM', DRAIN_MS);
      if (!ended) return null;
      const { code, signal, late } = ended;
      if (late) onDied(`${name} did not end within ${DRAIN_MS / 1_000} s of SIGTERM`);
      else if (code !== 0) onDied(`${name} ended with ${code} after SIGTERM`);
      return { code, signal };
    },
    freeze() {
      frozen = running !== null;
      running?.signal('SIGSTOP');
    },
    thaw() {
      frozen = false;
      running?.signal('SIGCONT');
    },
    stop: async () => void (await end('SIGTERM', STOP_MS)),
    hurry: () => running?.signal('SIGKILL'),
  };
}

function aborted(signal: AbortSignal): Promise<false> {
  if (signal.aborted) return Promise.resolve(false);
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(false), { once: true }));
}
