import { type ParseArgsConfig, parseArgs } from 'node:util';
import { StartError } from '@gongu/host';

/** Reads the arguments of a command. @throws StartError with `usage` for what is no option, or no value where one must be */
export function readOptions<T extends ParseArgsConfig>(config: T, usage: string): ReturnType<typeof parseArgs<T>> {
  try {
    return parseArgs(config);
  } catch (cause) {
    throw new StartError(`${(cause as Error).message}\n\n${usage}`, { cause });
  }
}

/** The number that an option was given. @throws StartError naming the option and what it may be */
export function numberOption(
  name: string,
  given: string,
  { min, max, whole }: { min: number; max: number; whole: boolean },
): number {
  const value = given.trim() === '' ? Number.NaN : Number(given);
  if (value >= min && value <= max && (!whole || Number.isInteger(value))) return value;
  throw new StartError(`--${name} must be a ${whole ? 'whole ' : ''}number from ${min} to ${max}, not "${given}"`);
}
