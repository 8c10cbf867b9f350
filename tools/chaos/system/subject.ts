import { setTimeout as sleep } from 'node:timers/promises';
import { type ServiceProcess, spawnService } from '@gongu/testkit';

export interface SubjectOptions {
  readonly name: string;
  readonly service: 'chat' | 'trade';
  readonly port: number;
  readonly env: Readonly<Record<string, string>>;
  readonly note: (pid: number | null) => void;
  /** Hears every line that it writes. */
  readonly wrote: (line: string) => void;
  /** It ended, or did not end, and nobody had meant it to. */
  readonly died: (reason: string) => void;
  readonly stopping: AbortSignal;
}

/** A service that is going to suffer: a process that is started again whenever it has gone. */
export interface Subject {
  readonly name: string;
  readonly url: string;
  readonly pid: number | null;
  /** Resolves when it serves. Starts it anew as long as it gives up before: its database may be away. */
  start(): Promise<void>;
  kill(): Promise<void>;
  /** SIGTERM: it must end by itself, with 0. */
  drain(): Promise<void>;
  freeze(): void;
  thaw(): void;
  stop(): Promise<void>;
  hurry(): void;
}

/** What a drain may take: DRAIN_MS is 1 s, and the machine may be busy, or the database away. */
const DRAIN_MS = 20_000;
const STOP_MS = 8_000;
const RESPAWN_MS = 300;

export function createSubject(options: SubjectOptions): Subject {
  const { name, service, port, env, note, wrote, died, stopping } = options;
  let running: ServiceProcess | null = null;
  let frozen = false;

  function spawn(): ServiceProcess {
    const started = spawnService({
      entry: `services/${service}/dist/main.mjs`,
      env: { ...env, [service === 'chat' ? 'CHAT_PORT' : 'TRADE_PORT']: String(port) },
      detached: true,
      onLine: (line) => wrote(JSON.stringify(line)),
      onText: wrote,
    });
    running = started;
    frozen = false;
    note(started.pid);
    started.ready.then(
      async () => {
        const { code, signal } = await started.exited;
        if (running !== started) return;
        died(`${name} ended by itself: ${signal ?? `exit code ${code}`}\n${started.stderr().slice(-2_000)}`);
        running = null;
        await start();
      },
      () => {},
    );
    return started;
  }

  async function start(): Promise<void> {
    while (!running && !stopping.aborted) {
      const started = spawn();
      const serves = await started.ready.then(
        () => true,
        () => false,
      );
      if (serves || running !== started) return;
      running = null;
      await sleep(RESPAWN_MS);
    }
  }

  async function end(signal: NodeJS.Signals, patienceMs: number): Promise<{ code: number | null; late: boolean }> {
    const ending = running;
    running = null;
    if (!ending) return { code: 0, late: false };
    if (frozen) ending.signal('SIGCONT');
    frozen = false;
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      ending.signal('SIGKILL');
    }, patienceMs);
    const { code } = await ending.kill(signal);
    clearTimeout(timer);
    note(null);
    return { code, late };
  }

  return {
    name,
    url: `http://127.0.0.1:${port}`,
    get pid() {
      return running?.pid ?? null;
    },
    start,
    kill: async () => void (await end('SIGKILL', STOP_MS)),
    async drain() {
      const { code, late } = await end('SIGTERM', DRAIN_MS);
      if (late) died(`${name} did not end within ${DRAIN_MS / 1_000} s of SIGTERM`);
      else if (code !== 0) died(`${name} ended with ${code} after SIGTERM`);
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
