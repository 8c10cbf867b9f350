import { AppError } from '@gongu/shared';
import type { MustWait } from './ports/outcome.ts';

/** What a room that is not there is refused with. */
export function noSuchRoom(): AppError {
  return new AppError('NOT_FOUND', { detail: 'There is no such room' });
}

/** What a message that is not there is refused with. */
export function noSuchMessage(): AppError {
  return new AppError('NOT_FOUND', { detail: 'There is no such message in the room' });
}

/** What one is refused with who was removed lately, or whose membership changed too often. */
export function mustWait({ waitMs, removed }: MustWait): AppError {
  const detail = removed
    ? 'You were removed from the room and can not join again yet'
    : 'The membership changed six times within a minute';
  return new AppError('RATE_LIMITED', { detail, retryAfterMs: waitMs });
}
