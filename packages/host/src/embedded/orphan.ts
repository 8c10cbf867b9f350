import { readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '../log.ts';
import { StartError } from '../process/start-error.ts';
import type { Place } from './place.ts';
import { commandLine, exists, isRunning } from './process-identity.ts';

/** Above Linux's largest process number, so that no process ever has it. */
const NOBODY = 2 ** 31 - 2;

/**
 * Ends a server that its starter left behind (killed with -9), and clears the way when `postmaster.pid` names a
 * process that is now something else. Call it only as the owner of the place.
 */
export async function endOrphan(place: Place, log: Logger | undefined): Promise<void> {
  const file = join(place.cluster, 'postmaster.pid');
  let lines: string[];
  try {
    lines = readFileSync(file, 'utf8').split('\n');
  } catch {
    return;
  }
  const pid = Number.parseInt(lines[0] ?? '', 10);
  // When the process is gone, PostgreSQL itself deals with the file, and better: it looks for orphaned backends.
  if (!Number.isInteger(pid) || pid <= 0 || !exists(pid)) return;
  const command = commandLine(pid);
  if (command === undefined) return;
  if (command.includes('postgres') && [place.cluster, realpathSync(place.cluster)].some((at) => command.includes(at))) {
    log?.warn({ postgresPid: pid }, 'stopping a PostgreSQL that was left behind');
    await endPostmaster(pid);
    return;
  }
  // PostgreSQL would take the stranger (or its own remains, where nobody reaps them) for a running server. Only the
  // number is replaced: the shared memory key below it still protects the data from backends without a postmaster.
  writeFileSync(file, [String(NOBODY), ...lines.slice(1)].join('\n'));
}

/**
 * Fast shutdown (clients are disconnected, a checkpoint is written), then after 20 s an immediate one.
 *
 * @throws StartError when the process survives that too
 */
export async function endPostmaster(pid: number): Promise<void> {
  for (const [signal, waitMs] of [
    ['SIGINT', 20_000],
    ['SIGQUIT', 10_000],
  ] as const) {
    if (!kill(pid, signal)) return;
    for (let waited = 0; waited < waitMs; waited += 20) {
      if (!isRunning(pid)) return;
      await sleep(20);
    }
  }
  throw new StartError(`PostgreSQL (process ${pid}) does not stop`);
}

function kill(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}
