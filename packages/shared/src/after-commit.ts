import { AppError } from './errors.ts';

/**
 * What is read for the answer to a change that has been stored: that it can't be read must not pass for "not stored".
 *
 * @throws AppError UNKNOWN_OUTCOME where `read` fails for want of a store
 */
export async function afterCommit<T>(read: Promise<T>): Promise<T> {
  try {
    return await read;
  } catch (error) {
    if (error instanceof AppError && error.code !== 'UNAVAILABLE' && error.code !== 'INTERNAL') throw error;
    throw new AppError('UNKNOWN_OUTCOME', {
      detail:
        'It was stored, and can not be shown at the moment; ask again, with the same key or id where there is one',
      retryAfterMs: 1_000,
      cause: error,
    });
  }
}
