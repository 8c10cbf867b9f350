import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chownSync, existsSync, mkdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { StartError } from '../process/start-error.ts';
import { type Account, canUseFolder } from './account.ts';
import { openShelter } from './shelter.ts';

/** Where one embedded server keeps what it has. */
export interface Place {
  /** The folder that holds the rest. */
  root: string;
  /** PostgreSQL's data folder. */
  cluster: string;
  /** File with the password of the user `gongu`. */
  password: string;
  /** PostgreSQL's own log. */
  log: string;
  /** Names the process that started the server. */
  owner: string;
}

/**
 * `<dataDir>/postgres`, or a folder of the shelter when the account cannot get there; then `<dataDir>/postgres.place`
 * holds that folder's path, and a data folder already at the first place moves along.
 */
export function findPlace(dataDir: string, account: Account | undefined, shelter?: string): Place {
  // 0711 lets the account pass through; the secrets beside it are files of mode 0600.
  mkdirSync(dataDir, { recursive: true, mode: 0o711 });
  const pointer = join(dataDir, 'postgres.place');
  if (existsSync(pointer)) {
    const pointed = readFileSync(pointer, 'utf8').trim();
    if (existsSync(pointed)) return prepare(pointed, account);
  }
  const near = join(dataDir, 'postgres');
  const wasThere = existsSync(join(near, 'cluster'));
  const place = prepare(near, account);
  if (!account || canUseFolder(account, near)) return place;

  const name = createHash('sha256').update(realpathSync(dataDir)).digest('hex').slice(0, 16);
  const far = join(openShelter(shelter), `data-${name}`);
  if (wasThere && !existsSync(join(far, 'cluster'))) {
    // `mv` also crosses file systems, with owners and modes as they were.
    rmSync(far, { recursive: true, force: true });
    const { status, stderr } = spawnSync('mv', [near, far], { encoding: 'utf8' });
    if (status !== 0) throw new StartError(`PostgreSQL's data could not be moved to ${far}: ${stderr.trim()}`);
  }
  const sheltered = prepare(far, account);
  if (!canUseFolder(account, far)) throw new StartError(`the user "postgres" cannot write ${far}`);
  writeFileSync(pointer, `${far}\n`);
  return sheltered;
}

function prepare(root: string, account: Account | undefined): Place {
  mkdirSync(root, { recursive: true, mode: 0o700 });
  if (account) chownSync(root, account.uid, account.gid);
  return {
    root,
    cluster: join(root, 'cluster'),
    password: join(root, 'password'),
    log: join(root, 'server.log'),
    owner: join(root, 'owner.json'),
  };
}
