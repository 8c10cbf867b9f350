import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { StartError } from '@gongu/host';

/** CPU of the servers that are measured; everything else has the other one. */
export const SERVER_CPU = 0;
const OTHER_CPU = 1;

/** Puts this process, and what it will start, on the other CPU. @throws StartError where that can't be done */
export function leaveServerCpu(): void {
  if (cpus().length < 2) throw new StartError('two CPUs are needed: one for the server, one for everything else');
  pin(process.pid, OTHER_CPU);
}

/** Puts a process with all its threads on a CPU. */
export function pin(pid: number, cpu: number = SERVER_CPU): void {
  const { error } = spawnSync('taskset', ['-a', '-p', '-c', String(cpu), String(pid)], { stdio: 'ignore' });
  if (error) throw new StartError('"taskset" (util-linux) is needed to keep the server on a CPU of its own');
}

/** Load average of the last minute: how quiet the machine was. */
export function loadAverage(): number {
  return Number(readFileSync('/proc/loadavg', 'utf8').split(' ')[0]);
}
