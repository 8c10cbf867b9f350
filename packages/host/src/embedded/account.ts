import { spawnSync } from 'node:child_process';
import { StartError } from '../process/start-error.ts';

/** Who runs PostgreSQL. */
export interface Account {
  uid: number;
  gid: number;
}

const USER = 'postgres';

/**
 * PostgreSQL refuses to run as root. As root: the account `postgres`, created where it is missing. As anybody else:
 * `undefined`, which means "as ourselves".
 *
 * @throws StartError when root has no such account and cannot create one
 */
export function postgresAccount(): Account | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const found = lookUp();
  if (found) return found;
  run('groupadd', ['--system', USER]);
  run('useradd', ['--system', '--gid', USER, '--no-create-home', '--shell', '/usr/sbin/nologin', USER]);
  const created = lookUp();
  if (created) return created;
  throw new StartError(
    'PostgreSQL does not run as root, and the user "postgres" could not be created: add it, or start as another user',
  );
}

/** Whether that account may enter and write the folder. Really tried, because ACLs and mounts decide it as well. */
export function canUseFolder(account: Account, folder: string): boolean {
  return run('/bin/sh', ['-c', 'cd "$0" && test -w .', folder], account) === 0;
}

/** Whether that account may run the program. */
export function canRun(account: Account | undefined, program: string): boolean {
  return run(program, ['--version'], account) === 0;
}

function lookUp(): Account | undefined {
  const [uid, gid] = ['-u', '-g'].map((flag) => {
    const { status, stdout } = spawnSync('id', [flag, USER], { encoding: 'utf8' });
    return status === 0 ? Number.parseInt(stdout, 10) : Number.NaN;
  }) as [number, number];
  return Number.isInteger(uid) && Number.isInteger(gid) ? { uid, gid } : undefined;
}

// The working folder is `/`: the account may not be allowed into ours.
function run(program: string, args: string[], account?: Account): number | null {
  return spawnSync(program, args, { cwd: '/', stdio: 'ignore', ...account }).status;
}
