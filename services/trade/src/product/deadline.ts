import { AppError } from '@gongu/shared';

/** The error of a deadline that is not ahead by the database's clock. */
export function deadlinePast(): AppError {
  return invalidDeadline('must be in the future');
}

/** The error of a deadline that is further away than `maxDays`. */
export function deadlineFar(maxDays: number | null): AppError {
  return invalidDeadline(`must be at most ${maxDays} days from now`);
}

/**
 * An ISO 8601 text as a time, cut to milliseconds.
 *
 * @throws AppError VALIDATION_FAILED where a zone moves the time out of the years 1970–9999, which PostgreSQL and
 *   ISO's four digits could not carry
 */
export function instantOf(text: string, path = 'deadline'): Date {
  const at = new Date(text);
  if (!(at.getTime() >= 0)) throw invalidDeadline('must be a time after 1970', path);
  if (at.getUTCFullYear() > 9_999) throw invalidDeadline('must be before the year 10000', path);
  return at;
}

function invalidDeadline(message: string, path = 'deadline'): AppError {
  return new AppError('VALIDATION_FAILED', { detail: `${path} ${message}`, errors: [{ path, message }] });
}
