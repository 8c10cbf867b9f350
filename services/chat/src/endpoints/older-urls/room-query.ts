import { isChange, LIMITS } from '@gongu/shared';
import type { JoinedEvent } from '../../room/event.ts';
import type { StoredMessage } from '../../room/ports/stored-message.ts';

/** What a single-room URL's query asks for. */
export interface RoomQuery {
  readonly roomId: string;
  /** `&after=SEQ`: all that came after it. Null: not asked for. */
  readonly after: number | null;
  /** `&history=50`: so many of the newest messages, at most 50. 0: none. */
  readonly history: number;
}

/** Reads `after` and `history`; null where one of them is no whole number. */
export function roomQueryOf(roomId: string, query: URLSearchParams): RoomQuery | null {
  const after = numberOf(query.get('after'));
  const history = numberOf(query.get('history'));
  if (after === undefined || history === undefined) return null;
  return { roomId, after, history: Math.min(history ?? 0, LIMITS.pageSize) };
}

/** The messages that the query asked for, of those that the join brought; rows of change are nothing to these clients. */
export function queriedMessages({ messages }: JoinedEvent, opening: RoomQuery): readonly StoredMessage[] {
  if (opening.after === null && opening.history === 0) return [];
  const shown = messages.filter((message) => !isChange(message));
  return opening.after === null ? shown.slice(-opening.history) : shown;
}

function numberOf(text: string | null): number | null | undefined {
  if (text === null || text === '') return null;
  return /^[0-9]{1,15}$/.test(text) ? Number(text) : undefined;
}
