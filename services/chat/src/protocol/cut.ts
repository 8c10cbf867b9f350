import type { EventOf, Message, Participant } from '@gongu/shared';
import { type JoinedEvent, mostBytes } from '../room/event.ts';
import type { StoredMessage } from '../room/ports/stored-message.ts';
import type { FrameRoom } from './codec.ts';
import { countFitting } from './fitting.ts';

/** What an answer is beside messages and participants: two ids, a title and a reason, of which each character is escaped. */
const AROUND_BYTES = 12_288;
/** Of a character of JSON within JSON, at the very most: a control character. */
const MOST_BYTES_PER_CHAR = 7;

/**
 * As much of `joined` as has room: participants in half of it at most, then messages. It is of the moment of its last
 * message, `lastSeq`, and so is `unread`: what follows counts anew. A message that has no room by itself follows alone.
 */
export function cutJoined(
  joined: JoinedEvent,
  room: FrameRoom,
  textOf: (message: StoredMessage) => string,
): JoinedEvent {
  const { maxBytes, bytesOf } = room;
  const { participants, messages } = joined;
  // Mostly it is far from it. The texts are made once for all who join: to count anew was one in twenty-five of a join.
  const most = messages.reduce((sum, message) => sum + MOST_BYTES_PER_CHAR * textOf(message).length, AROUND_BYTES);
  if (most + participants.reduce((sum, each) => sum + mostOfOne(each), 0) <= maxBytes) return joined;
  const jsonBytes = (value: unknown) => bytesOf(JSON.stringify(value)) + 1;
  const shown = participants.slice(0, countFitting(participants.map(jsonBytes), maxBytes / 2));
  const around = jsonBytes({ ...joined, participants: shown, messages: [] });
  const kept = fitting(
    messages,
    messages.map((message) => bytesOf(textOf(message)) + 1),
    maxBytes - around,
    room.keep,
  );
  const lastSeq = kept.at(-1)?.seq ?? (messages[0] ? messages[0].seq - 1 : joined.lastSeq);
  const after = messages.filter(({ seq }) => seq > lastSeq);
  const { lastReadSeq, unread } = joined.you;
  const unseen = after.filter(({ seq, kind }) => kind !== 'SYSTEM' && seq > lastReadSeq).length;
  return {
    ...joined,
    you: { ...joined.you, unread: Math.max(0, unread - unseen) },
    participants: shown,
    messages: kept,
    lastSeq: after.length === 0 ? joined.lastSeq : lastSeq,
    hasMore: joined.hasMore || (!joined.recovered && (kept[0]?.seq ?? lastSeq + 1) > 1),
  };
}

/** As much of a page as has room, at least one message. */
export function cutPage(page: EventOf<'page'>, { maxBytes, bytesOf, keep }: FrameRoom): EventOf<'page'> {
  const { messages } = page;
  if (mostOf(messages) <= maxBytes) return page;
  const sizes = messages.map((message) => bytesOf(JSON.stringify(message)) + 1);
  const left = maxBytes - bytesOf(JSON.stringify({ ...page, messages: [] }));
  const count = Math.max(1, countFitting(keep === 'oldest' ? sizes : sizes.toReversed(), left));
  if (count >= messages.length) return page;
  return { ...page, messages: keep === 'oldest' ? messages.slice(0, count) : messages.slice(-count), hasMore: true };
}

/** The oldest that have room; or the newest, without those at the end that have none by themselves. */
function fitting<M>(
  messages: readonly M[],
  sizes: readonly number[],
  left: number,
  keep: FrameRoom['keep'],
): readonly M[] {
  if (keep === 'oldest') return messages.slice(0, countFitting(sizes, left));
  let end = sizes.length;
  while (end > 0 && sizes[end - 1]! > left) end--;
  return messages.slice(end - countFitting(sizes.slice(0, end).toReversed(), left), end);
}

function mostOf(messages: readonly Message[]): number {
  return messages.reduce((sum, message) => sum + mostBytes(message), AROUND_BYTES);
}

function mostOfOne({ userId, nickname, tag }: Participant): number {
  return 300 + MOST_BYTES_PER_CHAR * (userId.length + nickname.length + (tag?.length ?? 0));
}
