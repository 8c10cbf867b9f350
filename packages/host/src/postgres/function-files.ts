import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { StartError } from '../process/start-error.ts';

/** One file of `functions/`. */
export interface FunctionFile {
  /** The function's name, and the file's without `.sql`. */
  name: string;
  /** Absolute. */
  path: string;
  /** Comments and the statement, with line feeds alone. */
  sql: string;
}

/**
 * Reads `functions/*.sql` below `dir`, by name.
 *
 * @throws StartError when there is no such folder
 */
export function readFunctions(dir: string): FunctionFile[] {
  const folder = resolve(dir, 'functions');
  if (!existsSync(folder)) throw new StartError(`${folder} is missing`);
  return readdirSync(folder)
    .filter((file) => file.endsWith('.sql'))
    .sort()
    .map((file) => {
      const path = join(folder, file);
      const sql = `${readFileSync(path, 'utf8').replaceAll('\r\n', '\n').trim()}\n`;
      return { name: file.slice(0, -'.sql'.length), path, sql };
    });
}
