import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { processIdentity } from '@gongu/host/embedded';
import type { Terminal } from './terminal.ts';

interface Entry {
  pid: number;
  identity: string | undefined;
}

/** Which processes this run has begun, kept in a file for the next one. */
export interface Register {
  /** A service runs under that number now; null: it runs no more. */
  note(service: string, pid: number | null): void;
  /** Nothing runs any more. */
  clear(): void;
}

/** Call it only as the owner of the data folder, after {@link endLeftovers}. */
export function createRegister(file: string): Register {
  const entries = new Map<string, Entry>();
  return {
    note(service, pid) {
      if (pid === null) entries.delete(service);
      else entries.set(service, { pid, identity: processIdentity(pid) });
      const draft = `${file}.${process.pid}`;
      writeFileSync(draft, JSON.stringify(Object.fromEntries(entries)), { mode: 0o600 });
      renameSync(draft, file);
    },
    clear: () => rmSync(file, { force: true }),
  };
}

/**
 * Ends processes that a killed run has left behind, one after the other in the order given. They are asked first, and
 * killed when `patienceMs` is over.
 */
export async function endLeftovers(options: {
  file: string;
  order: readonly string[];
  patienceMs: number;
  terminal: Terminal;
}): Promise<void> {
  const { file, order, patienceMs, terminal } = options;
  const entries = read(file);
  for (const service of order) {
    const entry = entries[service];
    if (!entry || !isRunning(entry)) continue;
    terminal.say(`stopping ${service} (process ${entry.pid}), left behind by an earlier start`);
    for (const [signal, waitMs] of [
      ['SIGTERM', patienceMs],
      ['SIGKILL', 5_000],
    ] as const) {
      if (!isRunning(entry)) break;
      process.kill(entry.pid, signal);
      for (let waited = 0; waited < waitMs && isRunning(entry); waited += 50) await sleep(50);
    }
  }
  rmSync(file, { force: true });
}

function isRunning({ pid, identity }: Entry): boolean {
  return identity !== undefined && processIdentity(pid) === identity;
}

// A damaged file names nobody: what it meant shows as a port in use.
function read(file: string): Record<string, Entry> {
  if (!existsSync(file)) return {};
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Record<string, Entry>;
  } catch {
    return {};
  }
}
