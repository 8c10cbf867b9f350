import { AppError } from '@gongu/shared';

/** What a room that is not there is refused with. */
export function noSuchRoom(): AppError {
  return new AppError('NOT_FOUND', { detail: 'There is no such room' });
}
