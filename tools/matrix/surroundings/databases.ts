import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { accepts, freePort, newSecret, pgBouncerProgram, startPgBouncer } from '@gongu/testkit';
import pg from 'pg';
import { Missing } from '../workshop.ts';
import type { Ground, Surrounding } from './surrounding.ts';

/** Where Debian puts the programs of its versions. */
const DEBIAN = '/usr/lib/postgresql';

/** What lends connections, as DATABASE_POOLER has it. */
const POOLED = ['session', 'transaction'] as const;

/** The machine's own PostgreSQL, for a role that owns its database and nothing else. */
const DEBIANS: Surrounding = {
  name: 'PostgreSQL of the machine, a role that only owns its database',
  async open(ground) {
    const version = existsSync(DEBIAN) ? readdirSync(DEBIAN).sort((a, b) => Number(b) - Number(a))[0] : undefined;
    if (!version) throw new Missing(`there is no PostgreSQL in ${DEBIAN}`);
    const admin = await startCluster(join(DEBIAN, version, 'bin'), ground);
    const client = new pg.Client({ connectionString: admin });
    await client.connect();
    const password = newSecret();
    await client.query(`CREATE ROLE shop LOGIN PASSWORD '${password}'`);
    await client.query('CREATE DATABASE shop OWNER shop');
    const { rows } = await client.query<{ server_version: string }>('SHOW server_version');
    await client.end();
    const at = new URL(admin);
    Object.assign(at, { username: 'shop', password, pathname: '/shop' });
    return { versions: `PostgreSQL ${rows[0]!.server_version.split(' ')[0]}`, databaseUrl: at.href };
  },
};

/** @returns URL of its superuser */
async function startCluster(bin: string, { folder, lifecycle }: Ground): Promise<string> {
  const dir = folder('postgresql');
  const account = process.getuid?.() === 0 ? postgresAccount() : undefined;
  if (account) chownSync(dir, account.uid, account.gid);
  chmodSync(dir, 0o700);
  const data = join(dir, 'data');
  const run = { cwd: '/', stdio: 'ignore', ...account } as const;
  execFileSync(join(bin, 'initdb'), ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--no-sync'], run);
  const port = await freePort();
  const settings = ['-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories=', '-c', 'fsync=off'];
  const server: ChildProcess = spawn(join(bin, 'postgres'), ['-D', data, '-p', String(port), ...settings], run);
  const over = once(server, 'exit');
  lifecycle.add({
    name: 'PostgreSQL of the machine',
    async stop() {
      server.kill('SIGINT');
      await over;
    },
  });
  while (!(await accepts(port))) {
    if (server.exitCode !== null) throw new Error('the PostgreSQL of the machine did not start');
    await sleep(50);
  }
  return `postgresql://postgres@127.0.0.1:${port}/postgres`;
}

/** It does not run as root. */
function postgresAccount(): { uid: number; gid: number } {
  const [uid, gid] = ['-u', '-g'].map((flag) => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' })));
  return { uid: uid!, gid: gid! };
}

const pooled = (mode: (typeof POOLED)[number]): Surrounding => ({
  name: `PgBouncer, ${mode} mode`,
  async open({ database, lifecycle }) {
    const program = pgBouncerProgram();
    if (!program) throw new Missing('pgbouncer is not on the PATH');
    const target = await database();
    const pooler = await startPgBouncer({ target, mode });
    lifecycle.add({ name: 'PgBouncer', stop: pooler.stop });
    return {
      versions: `PgBouncer ${program.version.join('.')}, PostgreSQL 18`,
      databaseUrl: pooler.through(target),
      env: { DATABASE_POOLER: mode },
    };
  },
});

export const DATABASES: readonly Surrounding[] = [DEBIANS, ...POOLED.map(pooled)];
