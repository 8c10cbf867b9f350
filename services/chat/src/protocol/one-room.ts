import { CLOSE, type EventOf } from '@gongu/shared';
import type { Rendered } from './codec.ts';

/** `ref` of the join that a single-room URL makes by itself. Longer than a client's may be, so that none is taken for it. */
export const OPENING_REF = `the room that the URL names ${'.'.repeat(64)}`;

/** The close that a refused join means on a URL that names one room; undefined for other errors. */
export function closeOfRefusal(error: EventOf<'error'>): Rendered['close'] {
  if (error.ref !== OPENING_REF) return undefined;
  if (error.code === 'NOT_FOUND') return { code: CLOSE.noSuchRoom, reason: 'no such room' };
  if (error.code === 'UNAVAILABLE' || error.code === 'UNKNOWN_OUTCOME' || error.code === 'INTERNAL') {
    return { code: CLOSE.restart, reason: 'not available at the moment' };
  }
  // Its member comes back later, and not never.
  if (error.code === 'RATE_LIMITED') return { code: CLOSE.tooManyFrames, reason: 'too many changes' };
  return { code: CLOSE.removed, reason: error.message };
}

/** The end of a socket whose URL names the room that its user had to leave or may look at no longer, or that is gone. */
export function endedRoom(why: 'left' | 'gone' | 'unwatched'): { code: number; reason: string } {
  if (why === 'gone') return { code: CLOSE.noSuchRoom, reason: 'the room was removed' };
  return { code: CLOSE.removed, reason: why === 'left' ? 'no longer a member' : 'only members see the room now' };
}
