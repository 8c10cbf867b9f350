import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { accepts } from '../network/accepts.ts';
import { freePort } from '../network/free-port.ts';

export interface PgBouncerOptions {
  /** URL of a PostgreSQL; its user and password are those of the pooler's clients too. */
  readonly target: string;
  readonly mode: 'session' | 'transaction' | 'statement';
  /** More lines of `[pgbouncer]`. */
  readonly settings?: Readonly<Record<string, string>>;
}

export interface PgBouncer {
  readonly port: number;
  /** A URL of the target, by way of the pooler. */
  through(url: string): string;
  /** Runs a command of its console. */
  readonly console: string;
  log(): string;
  stop(): Promise<void>;
}

/** PgBouncer: `PGBOUNCER`, a path, or the one of the PATH; undefined without one. */
export function pgBouncerProgram(): { path: string; version: readonly [number, number] } | undefined {
  const path = process.env.PGBOUNCER || 'pgbouncer';
  const { stdout } = spawnSync(path, ['--version'], { encoding: 'utf8' });
  const found = /PgBouncer (\d+)\.(\d+)/.exec(stdout ?? '');
  return found ? { path, version: [Number(found[1]), Number(found[2])] } : undefined;
}

/** A PgBouncer of one's own on a free port, for any database of the target. @throws Error when there is none */
export async function startPgBouncer({ target, mode, settings = {} }: PgBouncerOptions): Promise<PgBouncer> {
  const program = pgBouncerProgram();
  if (!program) throw new Error('there is no pgbouncer on the PATH');
  const dir = await mkdtemp(join(tmpdir(), 'gongu-pgbouncer-'));
  const port = await freePort();
  const at = new URL(target);
  const lines = Object.entries({
    listen_addr: '127.0.0.1',
    listen_port: String(port),
    unix_socket_dir: '',
    auth_type: 'plain',
    auth_file: join(dir, 'users.txt'),
    admin_users: decodeURIComponent(at.username),
    pool_mode: mode,
    max_client_conn: '500',
    ...settings,
  }).map(([name, value]) => `${name} = ${value}`);
  const file = join(dir, 'pgbouncer.ini');
  const databases = `[databases]\n* = host=${at.hostname} port=${at.port || 5432}\n`;
  await writeFile(file, `${databases}[pgbouncer]\n${lines.join('\n')}\n`);
  await writeFile(
    join(dir, 'users.txt'),
    `"${decodeURIComponent(at.username)}" "${decodeURIComponent(at.password)}"\n`,
  );
  await chmod(dir, 0o755);
  // It does not run as root.
  const account = process.getuid?.() === 0 ? ['-u', 'nobody'] : [];
  const child = spawn(program.path, [...account, file], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (output += text));
  const endAtExit = () => child.kill('SIGKILL');
  process.once('exit', endAtExit);
  const over = once(child, 'exit').finally(() => process.off('exit', endAtExit));
  over.catch(() => {});
  while (!(await accepts(port))) {
    if (child.exitCode !== null || child.pid === undefined) throw new Error(`pgbouncer did not start: ${output}`);
    await sleep(20);
  }
  const through = (url: string) => {
    const by = new URL(url);
    by.hostname = '127.0.0.1';
    by.port = String(port);
    return by.href;
  };
  return {
    port,
    through,
    console: through(target).replace(/\/[^/?]*(\?.*)?$/, '/pgbouncer'),
    log: () => output,
    async stop() {
      child.kill('SIGKILL');
      await over;
      await rm(dir, { recursive: true, force: true });
    },
  };
}
