import { type ChildProcess, spawnSync } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../network/free-port.ts';
import { inRepository } from '../../repository.ts';
import { replaceAll, startForeground } from '../foreground.ts';

/** How a program is run with its example of `deploy/proxies`. */
export interface ProxyKind {
  /** As it is called in the tests' names. */
  readonly name: string;
  /** On the PATH; `probe`: arguments with which it only says that it is there. */
  readonly program: string;
  readonly probe: readonly string[];
  /** Of `deploy/proxies`. */
  readonly file: string;
  /** Finds how long what is silent is waited for, each time with its unit; how many there are. */
  readonly silence: { readonly pattern: RegExp; readonly count: number };
  /** What the example says that is other here: first its places, by where it listens and the folder it may write to. */
  places(at: { port: number; adminPort: number; dir: string }): Record<string, string>;
  /** More of what it says, so that few requests are too many; absent: it does not count by address. */
  readonly lowLimits?: Record<string, string>;
  /** Whether it asks `/readyz` by itself. */
  readonly asksHealth: boolean;
  /** What it says when it has heard of it: one that has only just started may lose a signal. Absent: it hears of it. */
  readonly reloadWords?: RegExp;
  /** Around the example, where that is only part of a configuration. */
  wrap?(text: string, dir: string): string;
  /** Arguments, in the foreground. */
  args(file: string): string[];
  /** Has it read its file again. */
  reload(proxy: { process: ChildProcess; file: string; adminPort: number }): void;
}

/** Ports of what stands behind. */
export interface Behind {
  readonly chat: readonly [number, number];
  readonly trade: number;
}

export interface RunningProxy {
  readonly port: number;
  /** All that it wrote anywhere. */
  log(): Promise<string>;
  reload(behind: Behind): Promise<void>;
  stop(): Promise<void>;
}

/** Whether the machine has the program. */
export function isThere({ program, probe }: Pick<ProxyKind, 'program' | 'probe'>): boolean {
  return spawnSync(program, probe, { stdio: 'ignore' }).status === 0;
}

/** The program with its example: only ports and paths are other ones. @throws Error with its words when it does not start */
export async function startProxy(
  kind: ProxyKind,
  behind: Behind,
  more: Record<string, string> = {},
): Promise<RunningProxy> {
  const dir = await mkdtemp(join(tmpdir(), 'gongu-proxy-'));
  // As root, some have their workers run as another user.
  await chmod(dir, 0o755);
  const at = { port: await freePort(), adminPort: await freePort(), dir };
  const file = join(dir, kind.file);
  const write = async ({ chat, trade }: Behind) => {
    const example = await readFile(inRepository('deploy/proxies', kind.file), 'utf8');
    const text = replaceAll(example, {
      ...{ '10.0.0.11:8080': `127.0.0.1:${chat[0]}`, '10.0.0.12:8080': `127.0.0.1:${chat[1]}` },
      ...{ '10.0.0.21:8081': `127.0.0.1:${trade}`, ...kind.places(at), ...more },
    });
    await writeFile(file, kind.wrap?.(text, dir) ?? text);
  };
  await write(behind);
  const env = { ...process.env, HOME: dir, XDG_DATA_HOME: dir, XDG_CONFIG_HOME: dir };
  const proxy = await startForeground({
    ...{ program: kind.program, args: kind.args(file), port: at.port, spawn: { cwd: dir, env } },
  });
  return {
    port: at.port,
    async log() {
      const files = ['access.log', 'error.log', 'gongu.log', 'gongu-error.log'];
      const texts = await Promise.all(files.map((name) => readFile(join(dir, name), 'utf8').catch(() => '')));
      return texts.join('') + proxy.output();
    },
    async reload(next) {
      await write(next);
      do {
        kind.reload({ process: proxy.process, file, adminPort: at.adminPort });
        await sleep(kind.reloadWords ? 250 : 0);
      } while (kind.reloadWords && !kind.reloadWords.test(proxy.output()));
    },
    async stop() {
      await proxy.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}
