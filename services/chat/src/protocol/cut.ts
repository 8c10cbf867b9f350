import { type EventOf, type Message, mentionsUser, type Participant } from '@gongu/shared';
import { type JoinedEvent, mostBytes, wireMessage } from '../room/event.ts';
import type { StoredMessage } from '../room/ports/stored-message.ts';
import type { Answer, FrameRoom } from './codec.ts';
import { countFitting } from './fitting.ts';

/** What an answer is beside messages and participants: two ids, a title and a reason, of which each character is escaped. */
const AROUND_BYTES = 12_288;
/** What a UTF-16 unit of JSON takes at the very most: a control character, in JSON that is quoted once more. */
const UNIT_BYTES = 7;

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
  const around = participants.reduce((sum, each) => sum + mostOfOne(each), AROUND_BYTES);
  const chars = messages.reduce((sum, message) => sum + textOf(message).length, 0);
  // Mostly it is far from it. The texts are made once for all who join: to count anew was one in twenty-five of a join.
  if (around + chars * UNIT_BYTES <= maxBytes) return joined;
  const sizes = messages.map((message) => bytesOf(textOf(message)) + 1);
  if (sizes.reduce((sum, size) => sum + size, around) <= maxBytes) return joined;
  const jsonBytes = (value: unknown) => bytesOf(JSON.stringify(value)) + 1;
  const beside = maxBytes - jsonBytes({ ...joined, participants: [], messages: [] });
  const shown = participants.slice(0, countFitting(participants.map(jsonBytes), Math.min(maxBytes / 2, beside)));
  const left = maxBytes - jsonBytes({ ...joined, participants: shown, messages: [] });
  const kept = fitting(messages, sizes, left, room.keep);
  const lastSeq = kept.at(-1)?.seq ?? (messages[0] ? messages[0].seq - 1 : joined.lastSeq);
  const after = messages.filter(({ seq }) => seq > lastSeq);
  return {
    ...joined,
    you: joined.you && { ...joined.you, ...unreadWithout(after, joined.you) },
    participants: shown,
    messages: kept,
    lastSeq: after.length === 0 ? joined.lastSeq : lastSeq,
    hasMore: joined.hasMore || (!joined.recovered && (kept[0]?.seq ?? lastSeq + 1) > joined.room.firstSeq),
  };
}

/** What is unread of a room before these of its messages. */
function unreadWithout(after: readonly StoredMessage[], you: NonNullable<JoinedEvent['you']>) {
  const unseen = after.filter((message) => message.kind !== 'SYSTEM' && message.seq > you.lastReadSeq);
  const mentioning = unseen.filter((message) => mentionsUser(message, you.userId));
  return {
    unread: Math.max(0, you.unread - unseen.length),
    unreadMentions: Math.max(0, you.unreadMentions - mentioning.length),
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

/**
 * For protocols in which each message is a frame: as many of a recovery's messages as are told at once, at least one. So
 * what waits for a client that does not read is as much as for those of other protocols. All else is as it was.
 */
export function cutRecovery<A extends Answer>(answer: A, room: FrameRoom): A {
  return (answer.type === 'joined' && answer.recovered ? firstOf(answer, room) : answer) as A;
}

function firstOf(joined: JoinedEvent, { maxBytes, bytesOf }: FrameRoom): JoinedEvent {
  const { messages } = joined;
  if (mostOf(messages) <= maxBytes) return joined;
  const sizes = messages.map((message) => bytesOf(JSON.stringify(wireMessage(message))));
  const kept = messages.slice(0, Math.max(1, countFitting(sizes, maxBytes)));
  return kept.length < messages.length ? { ...joined, messages: kept, lastSeq: kept.at(-1)!.seq } : joined;
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
  return 300 + UNIT_BYTES * (userId.length + nickname.length + (tag?.length ?? 0));
}
