import { createPlaceRules, type PlaceRules } from './place-rules.ts';
import { createRestrictionRules } from './restrictions.ts';
import type { LogRow, Report, State } from './room-state.ts';
import { buyerOf, changeIn, isChange, systemEventOf } from './system-event.ts';
import type { ViolationKind } from './violation.ts';

/** Something in a room's log that the room's rules do not allow. */
export interface Breach {
  readonly kind: ViolationKind;
  readonly seq: number;
  /** In one line, without the `seq`. */
  readonly text: string;
}

/** A room as its messages say that it is. */
export interface RoomLog {
  readonly status: string;
  readonly host: string | null;
  /** Members other than the host. */
  readonly members: ReadonlySet<string>;
  /** All who bought, also those who left the conversation. */
  readonly buyers: ReadonlySet<string>;
  readonly breaches: readonly Breach[];
}

/**
 * The room's rules, held against all its messages from the first one on: no talk and no member where there may be none,
 * the cap, counters that count. An end that expiry gave is provisional (docs/guarantees.md, G6): one who had bought in
 * time still gets in, and nobody else.
 *
 * @param rules settings of the services; those that are not given are the defaults
 */
export function replayRoom(rows: readonly LogRow[], rules: Partial<PlaceRules> = {}): RoomLog {
  const breaches: Breach[] = [];
  const state: State = {
    status: 'ACTIVE',
    provisional: false,
    max: Number.POSITIVE_INFINITY,
    host: null,
    members: new Set(),
    buyers: new Set(),
  };
  const places = createPlaceRules(rules);
  const restrictions = createRestrictionRules();
  rows.forEach((row, i) => {
    const report: Report = (kind, text) => breaches.push({ kind, seq: row.seq, text });
    if (row.kind !== 'SYSTEM') {
      applyTalk(state, row, report);
      restrictions.talk(row, report);
    }
    // What was said can be deleted for as long as the room is there.
    else if (isChange(row)) applyChange(rows, row, state, report);
    else if (isOver(state)) report('after-cancelled', 'comes after the cancellation');
    else {
      const bought = isPurchase(row, rows[i + 1]);
      restrictions.event(row, report);
      places.before(state, row, bought, report);
      applyEvent(state, row, bought, report);
      places.after(state, row, report);
    }
  });
  return { status: state.status, host: state.host, members: state.members, buyers: state.buyers, breaches };
}

/** Cancelled for good: nothing is added any more. */
function isOver({ status, provisional }: State): boolean {
  return status === 'CANCELLED' && !provisional;
}

function applyTalk(state: State, { sender, kind }: LogRow, report: Report): void {
  // The service may say how it ended.
  if (sender === null && kind === 'NOTIFICATION') return;
  if (state.status === 'CANCELLED') report('after-cancelled', 'somebody talks in a cancelled room');
  if (isOver(state)) return;
  if (sender !== null && sender !== state.host && !state.members.has(sender)) {
    report('no-member', `${sender} talks and is no member`);
  }
}

function applyChange(rows: readonly LogRow[], row: LogRow, state: State, report: Report): void {
  const told = changeIn(row);
  if (!told) return;
  const { change, by, seq } = told;
  const target = rows.find((other) => other.seq === seq);
  if (!target || target.kind === 'SYSTEM' || target.seq >= row.seq) return report('invented', `changes ${seq}`);
  // What was said can be deleted for as long as the room is there.
  if (change !== 'deleted' && state.status === 'CANCELLED') {
    report('after-cancelled', `${seq} is ${change} in a cancelled room`);
  }
  if (!mayChange(change, by?.userId ?? null, target.sender, state)) {
    report('diverged', `${by?.userId} has ${change} ${seq}`);
  }
}

/** @param who null: the service */
function mayChange(change: string, who: string | null, sender: string | null, { host, members }: State): boolean {
  const presides = who === null || who === host;
  if (change === 'edited') return who !== null && who === sender;
  if (change === 'deleted') return presides || who === sender;
  if (change === 'reacted') return who !== null && (presides || members.has(who));
  return presides;
}

/** @param bought whether the row is the join of somebody who bought */
function applyEvent(state: State, row: LogRow, bought: boolean, report: Report): void {
  const data = systemEventOf(row);
  switch (data?.event) {
    case 'participant.joined': {
      const { userId } = data.participant;
      if (state.status !== 'ACTIVE' && !(state.provisional && bought)) {
        report('member-after-closed', `${userId} joins a room that is ${state.status}`);
      }
      if (state.members.has(userId)) report('doubled', `${userId} joins twice`);
      state.members.add(userId);
      break;
    }
    case 'participant.left':
    case 'participant.removed': {
      const { userId } = data.participant;
      if (!state.members.delete(userId)) report('diverged', `${userId} goes and is no member`);
      break;
    }
    case 'participant.committed': {
      const { userId } = data.participant;
      if (state.buyers.has(userId)) report('doubled', `${userId} buys twice`);
      state.buyers.add(userId);
      break;
    }
    case 'participant.uncommitted': {
      const { userId } = data.participant;
      if (!state.buyers.delete(userId)) report('diverged', `${userId} withdraws and has not bought`);
      break;
    }
    case 'room.opened':
      state.host = data.participant?.userId ?? null;
      break;
  }
  if (data && 'room' in data) {
    state.status = data.room.status;
    state.provisional = data.room.status !== 'ACTIVE' && data.room.reason === 'EXPIRED';
    state.max = data.room.maxParticipants;
  }
  if (data && 'participantCount' in data) checkCounters(state, data, report);
  if (state.members.size > state.max) report('cap-exceeded', `${state.members.size} members where ${state.max} may be`);
  if (state.buyers.size > state.max) report('cap-exceeded', `${state.buyers.size} buyers where ${state.max} may be`);
}

function checkCounters(
  { members, buyers }: State,
  { participantCount, committedCount }: { readonly participantCount: number; readonly committedCount: number },
  report: Report,
): void {
  if (participantCount !== members.size) {
    report('diverged', `${members.size} members are told as ${participantCount}`);
  }
  if (committedCount !== buyers.size) report('diverged', `${buyers.size} buyers are told as ${committedCount}`);
}

/** Whether this join is that of somebody who bought: the row says so, or the one that the same commit put after it. */
function isPurchase(row: LogRow, next: LogRow | undefined): boolean {
  const data = systemEventOf(row);
  if (data?.event !== 'participant.joined') return false;
  return data.participant.committed || (next !== undefined && buyerOf(next) === data.participant.userId);
}
