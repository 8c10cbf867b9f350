import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chownSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { StartError } from '../process/start-error.ts';
import type { Account } from './account.ts';
import type { Place } from './place.ts';
import { reasonIn } from './reason.ts';
import { serverEnvironment } from './server-environment.ts';

/** The superuser, and the database that belongs to him. */
export const SUPERUSER = 'gongu';

/**
 * Makes sure that the place holds a data folder, and returns the superuser's password. The folder appears under its
 * name only once it is complete, so a start that was cut short leaves nothing half made.
 */
export async function openCluster(options: {
  initdb: string;
  place: Place;
  account: Account | undefined;
  durable: boolean;
}): Promise<string> {
  const { initdb, place, account, durable } = options;
  if (existsSync(place.cluster)) {
    if (existsSync(place.password)) return readFileSync(place.password, 'utf8').trim();
    throw new StartError(`${place.password} is missing: put it back, or remove ${place.root} and with it all data`);
  }
  const password = randomBytes(24).toString('base64url');
  writeFileSync(place.password, `${password}\n`, { mode: 0o600 });
  if (account) chownSync(place.password, account.uid, account.gid);

  const draft = `${place.cluster}.new`;
  rmSync(draft, { recursive: true, force: true });
  const args = [
    `--pgdata=${draft}`,
    `--username=${SUPERUSER}`,
    `--pwfile=${place.password}`,
    '--auth=scram-sha-256',
    '--locale=C', // the machine's locales decide nothing: same order everywhere
    '--encoding=UTF8',
    '--no-instructions',
    ...(durable ? [] : ['--no-sync']),
  ];
  const child = spawn(initdb, args, {
    cwd: '/',
    env: serverEnvironment(),
    stdio: ['ignore', 'pipe', 'pipe'],
    ...account,
  });
  let output = '';
  child.stdout.on('data', (text) => (output += text));
  child.stderr.on('data', (text) => (output += text));
  const code = await new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve));
  if (code !== 0) {
    rmSync(draft, { recursive: true, force: true });
    throw new StartError(`PostgreSQL could not be set up in ${place.root}: ${reasonIn(output)}`);
  }
  renameSync(draft, place.cluster);
  return password;
}
