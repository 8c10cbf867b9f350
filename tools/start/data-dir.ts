import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Processes that a killed start may have left behind, in the order in which they are ended. PostgreSQL sees to itself. */
export const LEFTOVERS = ['web', 'payments', 'trade', 'chat', 'Redis'];

/** Where one `start` keeps data, secrets and logs. */
export interface DataDir {
  path: string;
  /** Path of a file in it. */
  file(name: string): string;
  /** Path of a service's log. */
  log(service: string): string;
}

/** Makes the folder and tries it: rights and space are better missed now than halfway. @throws Error of the system */
export function openDataDir(path: string): DataDir {
  // As root, PostgreSQL runs as another user, who must be able to pass through; the files in it are 0600.
  mkdirSync(path, { recursive: true, mode: 0o711 });
  mkdirSync(join(path, 'logs'), { recursive: true, mode: 0o700 });
  const trial = join(path, `trial.${process.pid}`);
  try {
    writeFileSync(trial, Buffer.alloc(64 * 1024));
  } finally {
    rmSync(trial, { force: true });
  }
  return { path, file: (name) => join(path, name), log: (service) => join(path, 'logs', `${service}.log`) };
}
