import { readdirSync, readFileSync } from 'node:fs';

/** Of Linux, whatever the kernel ticks at. */
const TICKS_PER_SECOND = 100;

/** CPU seconds of processes, and of a PostgreSQL with all of its own, the ended ones included; since each began. */
export function cpuSeconds(
  pids: readonly number[],
  postgres: number,
): { readonly own: number; readonly postgres: number } {
  const ticks = { own: 0, postgres: 0 };
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const fields = statOf(Number(name));
    if (fields === null) continue;
    const [parent, own, ended] = [Number(fields[1]), sum(fields, 11, 13), sum(fields, 13, 15)];
    if (pids.includes(Number(name))) ticks.own += own;
    if (parent === postgres) ticks.postgres += own;
    // What it has waited for: connections that are over.
    if (Number(name) === postgres) ticks.postgres += own + ended;
  }
  return { own: ticks.own / TICKS_PER_SECOND, postgres: ticks.postgres / TICKS_PER_SECOND };
}

/** Fields of `/proc/PID/stat` from the third on; null: it has just ended. */
function statOf(pid: number): readonly string[] | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return null;
  }
}

function sum(fields: readonly string[], from: number, to: number): number {
  return fields.slice(from, to).reduce((total, field) => total + Number(field), 0);
}
