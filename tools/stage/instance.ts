import { setTimeout as sleep } from 'node:timers/promises';
import { StartError } from '@gongu/host';
import { type LogLine, type ServiceProcess, spawnService } from '@gongu/testkit';
import { answersOk } from '../start/probe.ts';

export interface InstanceOptions {
  /** As in "chat-1". */
  readonly name: string;
  /** `chat` or `trade`: whose bundle runs. */
  readonly service: 'chat' | 'trade';
  readonly port: number;
  readonly env: Readonly<Record<string, string>>;
  readonly note: (pid: number | null) => void;
  /** Hears its log, and that it ended although nobody had asked for it. */
  readonly heard: (line: LogLine) => void;
  readonly died: (reason: string) => void;
  /** Ends all starting. */
  readonly stopping: AbortSignal;
}

/** One instance of a service as a process of its own, which may be killed and started again on its port. */
export interface Instance {
  readonly name: string;
  readonly port: number;
  /** `http://127.0.0.1:…` */
  readonly url: string;
  /** Resolves when it is ready. @throws StartError with its own words */
  start(): Promise<void>;
  /** SIGKILL: no farewell, as in a crash. */
  kill(): Promise<void>;
  /** Asks it to end, and kills it when it does not. */
  stop(): Promise<void>;
  hurry(): void;
}

const STOP_MS = 8_000;
const READY_MS = 60_000;

export function createInstance(options: InstanceOptions): Instance {
  const { name, service, port, env, note, heard, died, stopping } = options;
  const url = `http://127.0.0.1:${port}`;
  let running: ServiceProcess | undefined;

  async function end(signal: NodeJS.Signals, patienceMs: number): Promise<void> {
    const ending = running;
    running = undefined;
    if (!ending) return;
    const timer = setTimeout(() => ending.signal('SIGKILL'), patienceMs);
    await ending.kill(signal);
    clearTimeout(timer);
    note(null);
  }

  return {
    name,
    port,
    url,
    async start() {
      if (stopping.aborted) return;
      const started = spawnService({
        entry: `services/${service}/dist/main.mjs`,
        env: { ...env, [service === 'chat' ? 'CHAT_PORT' : 'TRADE_PORT']: String(port) },
        detached: true,
        onLine: heard,
      });
      running = started;
      note(started.pid);
      const ended = started.exited.then(({ code, signal }) => {
        if (running === started) died(`${name} ended: ${signal ?? `exit code ${code}`}\n${started.stderr()}`.trim());
        return true;
      });
      const giveUpAt = Date.now() + READY_MS;
      while (!(await answersOk(`${url}/readyz`))) {
        if (stopping.aborted) return;
        if (await Promise.race([ended, sleep(50, false)])) throw new StartError(`${name}: ${started.stderr().trim()}`);
        if (Date.now() > giveUpAt) throw new StartError(`${name} was not ready after ${READY_MS / 1_000} s`);
      }
    },
    kill: () => end('SIGKILL', 0),
    stop: () => end('SIGTERM', STOP_MS),
    hurry: () => running?.signal('SIGKILL'),
  };
}
