import { CLOSE, type EventOf, LIMITS, type Message } from '@gongu/shared';
import type { Rendered } from '../codec.ts';

/** `ref` of the join that a single-room URL makes by itself. */
export const OPENING_REF = 'url';

/** What a single-room URL's query asks for. */
export interface Opening {
  readonly roomId: string;
  /** `&after=SEQ`: all that came after it. Null: not asked for. */
  readonly after: number | null;
  /** `&history=50`: so many of the newest messages, at most 50. 0: none. */
  readonly history: number;
}

/** Reads `after` and `history`; null where one of them is no whole number. */
export function openingOf(roomId: string, query: URLSearchParams): Opening | null {
  const after = numberOf(query.get('after'));
  const history = numberOf(query.get('history'));
  if (after === undefined || history === undefined) return null;
  return { roomId, after, history: Math.min(history ?? 0, LIMITS.pageSize) };
}

/** The messages that the query asked for, of those that the join brought. */
export function openingMessages(joined: EventOf<'joined'>, opening: Opening): readonly Message[] {
  if (opening.after !== null) return joined.messages;
  return opening.history === 0 ? [] : joined.messages.slice(-opening.history);
}

/** The close that a refused join means on a URL that names one room; undefined for other errors. */
export function closeOfRefusal(error: EventOf<'error'>): Rendered['close'] {
  if (error.ref !== OPENING_REF) return undefined;
  if (error.code === 'NOT_FOUND') return { code: CLOSE.noSuchRoom, reason: 'no such room' };
  if (error.code === 'UNAVAILABLE' || error.code === 'INTERNAL') {
    return { code: CLOSE.restart, reason: 'not available at the moment' };
  }
  return { code: CLOSE.removed, reason: error.message };
}

function numberOf(text: string | null): number | null | undefined {
  if (text === null || text === '') return null;
  return /^[0-9]{1,15}$/.test(text) ? Number(text) : undefined;
}
