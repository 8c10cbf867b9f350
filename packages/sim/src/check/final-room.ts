import type { FinalRoom } from './evidence.ts';
import type { PlaceRules } from './place-rules.ts';
import { replayRoom } from './room-log.ts';
import { systemEventOf } from './system-event.ts';
import type { Violation, ViolationKind } from './violation.ts';

interface FinalRoomOptions {
  readonly rules?: Partial<PlaceRules>;
  /** Visitors without a token who may not have a place any more. */
  readonly goneVisitors?: readonly string[];
}

/** A room held against its own messages: none is missing, the rules hold, and its fields say what the messages say. */
export function checkFinalRoom(room: FinalRoom, { rules, goneVisitors = [] }: FinalRoomOptions = {}): Violation[] {
  const { roomId, messages } = room;
  const violations: Violation[] = [];
  const about = (kind: ViolationKind, seq: number, text: string) =>
    violations.push({ kind, roomId, client: null, seqs: [seq], text });
  messages.forEach(({ seq }, i) => {
    if (seq !== i + 1) about('gap', seq, `${roomId}: ${seq}: stands where ${i + 1} belongs`);
  });
  if (room.productId === null) {
    checkLobby(room, about);
    return violations;
  }
  const { status, host, members, buyers, breaches } = replayRoom(messages, rules);
  for (const { kind, seq, text } of breaches) about(kind, seq, `${roomId}: ${seq}: ${text}`);

  const report = (kind: ViolationKind, text: string) => about(kind, room.lastSeq, `${roomId}: ${text}`);
  if (room.lastSeq !== messages.length) report('gap', `${messages.length} messages where the last is ${room.lastSeq}`);
  if (room.status !== status) report('diverged', `is ${room.status}, and its messages say ${status}`);
  // A room that can only be read keeps them: there, nobody needs a place.
  if (room.status !== 'CANCELLED') {
    const gone = new Set(goneVisitors);
    for (const { userId } of room.members) {
      if (gone.has(userId)) report('lingers', `${userId} came without a token, is gone, and still has his place`);
    }
  }
  const listed = room.members.filter(({ userId }) => userId !== host).map(({ userId }) => userId);
  const differing = differenceOf(listed, members);
  if (differing) report('diverged', `its list of members and its messages differ by ${differing}`);
  if (room.participantCount !== listed.length) {
    report('diverged', `${listed.length} members are counted as ${room.participantCount}`);
  }
  if (room.committedCount !== buyers.size) {
    report('diverged', `${buyers.size} buyers are counted as ${room.committedCount}`);
  }
  return violations;
}

/** In the lobby anybody talks, and nobody is a member: it tells of its opening and of changes, and of nothing else. */
function checkLobby(room: FinalRoom, about: (kind: ViolationKind, seq: number, text: string) => void): void {
  const { roomId, messages, members, participantCount, committedCount, lastSeq, status } = room;
  for (const message of messages) {
    const event = systemEventOf(message)?.event;
    if (event !== undefined && event !== 'room.opened' && event !== 'message.changed')
      about('diverged', message.seq, `${roomId}: tells of ${event}`);
  }
  const report = (text: string) => about('diverged', lastSeq, `${roomId}: ${text}`);
  if (lastSeq !== messages.length) about('gap', lastSeq, `${roomId}: has ${messages.length} messages of ${lastSeq}`);
  if (status !== 'ACTIVE') report(`is ${status}`);
  if (members.length + participantCount + committedCount > 0) {
    report(`lists ${members.length} members, and counts ${participantCount} and ${committedCount} buyers`);
  }
}

/** Users in one and not in the other; null when they are the same. */
export function differenceOf(one: Iterable<string>, other: Iterable<string>): string | null {
  const [left, right] = [new Set(one), new Set(other)];
  const only = [...left].filter((id) => !right.has(id)).concat([...right].filter((id) => !left.has(id)));
  return only.length > 0 ? only.join(', ') : null;
}
