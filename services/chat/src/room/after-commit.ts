import { AppError } from '@gongu/shared';

/**
 * What is read for the answer to a change that has been stored. That it can't be read must not pass for "not stored": the
 * same request again gets the whole answer.
 *
 * @throws AppError UNKNOWN_OUTCOME where `read` fails for want of a store
 */
export async function afterCommit<T>(read: Promise<T>): Promise<T> {
  try {
    return await read;
  } catch (error) {
    if (error instanceof AppError && error.code !== 'UNAVAILABLE' && error.code !== 'INTERNAL') throw error;
    throw new AppError('UNKNOWN_OUTCOME', {
      detail: 'It was stored, and can not be shown at the moment; ask again with the same key or id',
      retryAfterMs: 1_000,
      cause: error,
    });
  }
}
