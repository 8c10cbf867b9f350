import type { FinalRoom, Stored } from './history.ts';
import type { Violation, ViolationKind } from './violation.ts';

interface State {
  status: string;
  /** An end that expiry gave: trade may still give the other one, and a purchase that waited still gets in. */
  provisional: boolean;
  max: number;
  host: string | null;
  readonly members: Set<string>;
  readonly buyers: Set<string>;
}

interface SystemData {
  readonly event?: string;
  readonly room?: { readonly status: string; readonly reason: string | null; readonly maxParticipants: number };
  readonly participant?: { readonly userId: string; readonly committed?: boolean } | null;
  readonly participantCount?: number;
  readonly committedCount?: number;
}

/** A room's own rules, held against all its messages: no gap, no talk and no member where there may be none, the cap. */
export function checkRoomLog(room: FinalRoom): Violation[] {
  const { roomId, messages } = room;
  const violations: Violation[] = [];
  const state: State = {
    status: 'ACTIVE',
    provisional: false,
    max: Number.POSITIVE_INFINITY,
    host: null,
    members: new Set(),
    buyers: new Set(),
  };
  messages.forEach((message, i) => {
    const { seq } = message;
    const report = (kind: ViolationKind, text: string) =>
      violations.push({ kind, roomId, client: null, seqs: [seq], text: `${roomId}: ${seq}: ${text}` });
    if (seq !== i + 1) report('gap', `stands where ${i + 1} belongs`);
    if (state.status === 'CANCELLED' && !state.provisional) report('after-cancelled', 'comes after the cancellation');
    else if (message.kind === 'SYSTEM') applyEvent(state, message, messages[i + 1], report);
    else applyTalk(state, message, report);
  });

  const report = (kind: ViolationKind, text: string) =>
    violations.push({ kind, roomId, client: null, seqs: [room.lastSeq], text: `${roomId}: ${text}` });
  if (room.lastSeq !== messages.length) report('gap', `${messages.length} messages where the last is ${room.lastSeq}`);
  if (room.status !== state.status) report('diverged', `is ${room.status}, and its messages say ${state.status}`);
  const members = room.members.filter(({ userId }) => userId !== state.host).map(({ userId }) => userId);
  const listed = differenceOf(members, state.members);
  if (listed) report('diverged', `its list of members and its messages differ by ${listed}`);
  if (room.participantCount !== members.length) {
    report('diverged', `${members.length} members are counted as ${room.participantCount}`);
  }
  if (room.committedCount !== state.buyers.size) {
    report('diverged', `${state.buyers.size} buyers are counted as ${room.committedCount}`);
  }
  return violations;
}

/** Users in one and not in the other; null when they are the same. */
export function differenceOf(one: Iterable<string>, other: Iterable<string>): string | null {
  const [left, right] = [new Set(one), new Set(other)];
  const only = [...left].filter((id) => !right.has(id)).concat([...right].filter((id) => !left.has(id)));
  return only.length > 0 ? only.join(', ') : null;
}

type Report = (kind: ViolationKind, text: string) => void;

function applyTalk(state: State, { sender }: Stored, report: Report): void {
  if (state.status === 'CANCELLED') report('after-cancelled', 'somebody talks in a room that has expired');
  if (sender !== null && sender !== state.host && !state.members.has(sender)) {
    report('no-member', `${sender} talks and is no member`);
  }
}

function applyEvent(state: State, message: Stored, next: Stored | undefined, report: Report): void {
  const { event, room, participant, ...counts } = (message.data ?? {}) as SystemData;
  const userId = participant?.userId ?? '';
  switch (event) {
    case 'room.opened':
      state.host = participant?.userId ?? null;
      break;
    case 'participant.joined':
      if (state.status !== 'ACTIVE' && !(state.provisional && isPurchase(message, next))) {
        report('member-after-closed', `${userId} joins a room that is ${state.status}`);
      }
      if (state.members.has(userId)) report('doubled', `${userId} joins twice`);
      state.members.add(userId);
      break;
    case 'participant.left':
    case 'participant.removed':
      if (!state.members.delete(userId)) report('diverged', `${userId} goes and is no member`);
      break;
    case 'participant.committed':
      if (state.buyers.has(userId)) report('doubled', `${userId} buys twice`);
      state.buyers.add(userId);
      break;
    case 'participant.uncommitted':
      if (!state.buyers.delete(userId)) report('diverged', `${userId} withdraws and has not bought`);
      break;
  }
  if (room) {
    state.status = room.status;
    state.provisional = room.status !== 'ACTIVE' && room.reason === 'EXPIRED';
    state.max = room.maxParticipants;
  }
  const { participantCount = state.members.size, committedCount = state.buyers.size } = counts;
  if (participantCount !== state.members.size) {
    report('diverged', `${state.members.size} members are told as ${participantCount}`);
  }
  if (committedCount !== state.buyers.size) {
    report('diverged', `${state.buyers.size} buyers are told as ${committedCount}`);
  }
  if (state.members.size > state.max) report('cap-exceeded', `${state.members.size} members where ${state.max} may be`);
  if (state.buyers.size > state.max) report('cap-exceeded', `${state.buyers.size} buyers where ${state.max} may be`);
}

/** Whether this join is that of somebody who bought: the row says so, or the one that the same commit put after it. */
function isPurchase({ data }: Stored, next: Stored | undefined): boolean {
  const { participant } = (data ?? {}) as SystemData;
  const after = (next?.data ?? {}) as SystemData;
  if (participant?.committed) return true;
  return after.event === 'participant.committed' && after.participant?.userId === participant?.userId;
}
