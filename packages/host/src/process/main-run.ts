import { isUnavailable } from '../postgres/fate.ts';
import { StartError } from './start-error.ts';

/** System errors that an operator can act on; the text is followed by what Node says of the place. */
const KNOWN: Record<string, string> = {
  ENOSPC: 'no space left on the device',
  EDQUOT: 'the disk quota is used up',
  EACCES: 'permission denied',
  EPERM: 'not permitted',
  EROFS: 'the file system is read-only',
  EMFILE: 'too many open files',
  EADDRNOTAVAIL: 'this machine has no such address',
};

/**
 * Starts a process: what can't start says why in one line on standard error and ends with 1. A stack is printed only
 * for what nobody has foreseen.
 */
export async function runMain(service: string, start: () => Promise<void>): Promise<void> {
  try {
    await start();
  } catch (error) {
    const known = describeStartFailure(error);
    process.stderr.write(known ? `${service}: ${known}\n` : `${service}: could not start: ${stackOf(error)}\n`);
    process.exit(1);
  }
}

/** One line for an error that is the operator's to repair; `undefined` for a defect of ours. */
export function describeStartFailure(error: unknown): string | undefined {
  for (let one = error, depth = 0; one instanceof Error && depth < 8; one = one.cause, depth++) {
    if (one instanceof StartError) return one.message;
    const { code, port, address, path } = one as NodeJS.ErrnoException & { port?: number; address?: string };
    if (code === 'EADDRINUSE')
      return `port ${port} on ${address} is in use: stop what listens there, or set another port`;
    const text = code === undefined || !Object.hasOwn(KNOWN, code) ? undefined : KNOWN[code];
    if (text) return `${text}: ${port === undefined ? (path ?? one.message) : `${address}:${port}`}`;
  }
  if (!isUnavailable(error)) return undefined;
  return `the database is not reachable: ${firstCause(error)}`;
}

/** What is behind it all says which database it was, and why: what a caller is told does not. */
function firstCause(error: unknown): string {
  let one = error;
  for (let depth = 0; depth < 8 && one instanceof Error && one.cause instanceof Error; depth++) one = one.cause;
  return one instanceof Error ? one.message || 'no address answered' : '';
}

function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? String(error.stack) : `${error.stack}\ncaused by ${stackOf(error.cause)}`;
}
