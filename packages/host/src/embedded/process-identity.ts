import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/**
 * Something that stays the same for the life of a process and that no later process of the same number has: its start
 * time. `undefined` when there is no such process, or only a zombie. Process numbers come back soon, above all in
 * containers.
 */
export function processIdentity(pid: number): string | undefined {
  if (!exists(pid)) return undefined;
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    const fields = statusFields(pid);
    return fields[0] === 'Z' ? undefined : `${boot}:${fields[19]}`; // proc(5): field 3, state; field 22, start time
  } catch {
    return ps(pid, 'lstart=') ?? 'alive';
  }
}

/** The command line of a process, `undefined` when there is none or it can't be read. */
export function commandLine(pid: number): string | undefined {
  if (!exists(pid)) return undefined;
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
  } catch {
    return ps(pid, 'args=');
  }
}

/** Number of the process that started it, or that took it over; `undefined` when there is no such process. */
export function parentOf(pid: number): number | undefined {
  if (!exists(pid)) return undefined;
  try {
    return Number(statusFields(pid)[1]); // proc(5), field 4
  } catch {
    const parent = Number.parseInt(ps(pid, 'ppid=') ?? '', 10);
    return Number.isInteger(parent) ? parent : undefined;
  }
}

/** Whether a process of this number runs. One that has ended, and waits for its parent to take notice, does not. */
export function isRunning(pid: number): boolean {
  if (!exists(pid)) return false;
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return !ps(pid, 'stat=')?.startsWith('Z');
  }
}

/** Whether the number is taken, be it by a process that has ended already. */
export function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Fields of `/proc/<pid>/stat` from the third on: the name before them, in parentheses, may hold spaces. */
function statusFields(pid: number): string[] {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return text.slice(text.lastIndexOf(')') + 2).split(' ');
}

function ps(pid: number, column: string): string | undefined {
  const { status, stdout } = spawnSync('ps', ['-o', column, '-p', String(pid)], { encoding: 'utf8' });
  return status === 0 ? stdout.trim() : undefined;
}
