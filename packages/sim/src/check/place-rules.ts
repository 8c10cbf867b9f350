import type { LogRow, Report, State } from './room-state.ts';
import { systemEventOf } from './system-event.ts';

/** Settings of chat that decide who may have a place in a room. */
export interface PlaceRules {
  /** `ANONYMOUS_SHARE`. @default 0.5 */
  readonly anonymousShare: number;
  /** `REJOIN_PAUSE_S`, in milliseconds. @default 600_000 */
  readonly rejoinPauseMs: number;
  /** Users of whom no instance can think that they are online: they use HTTP alone. @default nobody */
  readonly neverOnline: readonly string[];
}

/** Reasons of removals that nobody had asked for: no pause follows, and they are none of the changes of a minute. */
const GAVE_WAY = 'GAVE_WAY';
const CAP_LOWERED = 'CAP_LOWERED';
const NOT_A_BUYER = 'NOT_A_BUYER';
const EVICTIONS = new Set([GAVE_WAY, CAP_LOWERED, NOT_A_BUYER]);

const CHANGES_A_MINUTE = 6;
const MINUTE_MS = 60_000;
/** A row is written down a little after the moment that was judged. */
const LATE_MS = 1_000;

const ANONYMOUS = /^anon-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Whether chat gave this id to somebody without an account. */
function isAnonymous(userId: string): boolean {
  return ANONYMOUS.test(userId);
}

/** So many places are a share of the cap as chat counts in decimals: 0.29 of 100 are 29. */
const ROUNDING = 1e-9;

/**
 * Who may have a place: guests without an account hold their share at most, nobody gives way who need not or before his
 * turn, one who was removed stays out for a while unless he buys, and a membership changes six times in a minute at most.
 *
 * Whose turn it is: guests without an account who are offline, then others who are, then the newest; of equal ones the
 * newest. Who is offline the deciding instance says, which may be wrong, but of those who never were online.
 */
export function createPlaceRules(rules: Partial<PlaceRules>) {
  const { anonymousShare = 0.5, rejoinPauseMs = 600_000, neverOnline = [] } = rules;
  const alwaysOffline = new Set(neverOnline);
  const removedAt = new Map<string, number>();
  /** Moments of one's own coming and going, and of removals by the host. */
  const changes = new Map<string, number[]>();
  let lowered = 0;

  const anonymousOf = ({ members, buyers }: State) =>
    [...members].filter((userId) => isAnonymous(userId) && !buyers.has(userId)).length;
  const placesOf = ({ max }: State) => Math.floor(anonymousShare * max + ROUNDING);

  /** One who stays although it surely was his turn before that of `userId`; undefined where there is none. */
  function firstBefore(userId: string, { members, buyers }: State): string | undefined {
    const isNobody = isAnonymous(userId);
    let isOlder = true; // members are in the order in which they came
    for (const other of members) {
      if (other === userId) isOlder = false;
      else if (!alwaysOffline.has(other) || buyers.has(other)) continue;
      else if (isAnonymous(other) ? !(isNobody && isOlder) : !(isNobody || isOlder)) return other;
    }
    return undefined;
  }

  return {
    /** @param bought whether the row is the join of somebody who bought */
    before(state: State, row: LogRow, bought: boolean, report: Report): void {
      const data = systemEventOf(row);
      const atMs = Date.parse(row.createdAt ?? '');
      switch (data?.event) {
        case 'participant.joined': {
          const { userId } = data.participant;
          if (bought || Number.isNaN(atMs)) return;
          const pausedMs = removedAt.get(userId) ?? Number.NEGATIVE_INFINITY;
          if (!state.buyers.has(userId) && atMs - pausedMs < rejoinPauseMs - LATE_MS) {
            report('too-soon', `${userId} joins ${atMs - pausedMs} ms after he was removed`);
          }
          count(userId, atMs, true, report);
          return;
        }
        case 'participant.left':
        case 'participant.removed': {
          const { userId } = data.participant;
          const reason = 'reason' in data ? data.reason : undefined;
          const isOwn = data.event === 'participant.left';
          if (reason === CAP_LOWERED) lowered += 1;
          if (reason !== undefined && EVICTIONS.has(reason)) {
            if (state.buyers.has(userId)) report('lost', `${userId} bought and is removed as ${reason}`);
            if (reason === GAVE_WAY && state.members.size < state.max && anonymousOf(state) <= placesOf(state)) {
              report('diverged', `${userId} gives way, and there is a place`);
            }
            const first = reason === NOT_A_BUYER ? undefined : firstBefore(userId, state);
            if (first !== undefined) report('out-of-turn', `${userId} gives way (${reason}), and ${first} stays`);
          }
          // Who is anonymous may have been a visitor, whose end is none of his own changes either.
          const isCounted = isOwn ? !isAnonymous(userId) : !EVICTIONS.has(reason ?? '');
          if (!isCounted) changes.get(userId)?.pop();
          else if (!Number.isNaN(atMs)) count(userId, atMs, isOwn, report);
          // A ban keeps him out, and what comes after it is no matter of a pause.
          if (!isOwn && isCounted && reason !== 'BANNED') removedAt.set(userId, atMs);
          return;
        }
        case 'participant.committed':
          removedAt.delete(data.participant.userId);
      }
    },

    after(state: State, row: LogRow, report: Report): void {
      const data = systemEventOf(row);
      const anonymous = anonymousOf(state);
      const isJoin = data?.event === 'participant.joined';
      const places = placesOf(state);
      // One who withdraws becomes a guest again, and the next rows make the place.
      if (state.status === 'ACTIVE' && anonymous > places && (isJoin || data?.event === 'room.updated')) {
        report('cap-exceeded', `${anonymous} guests without an account where ${places} may be`);
      }
      // A lower cap, or a portion of one: those who go for it, and then how far that has brought it down.
      if (data?.event === 'participant.removed' && data.reason === CAP_LOWERED) return;
      if (
        data?.event === 'room.updated' &&
        lowered > 0 &&
        state.members.size < state.max &&
        !(state.status === 'ACTIVE' && anonymous === places)
      ) {
        report('diverged', `${lowered} were removed for a cap of ${state.max}, and ${state.members.size} are left`);
      }
      lowered = 0;
    },
  };

  function count(userId: string, atMs: number, isAsked: boolean, report: Report): void {
    const lately = (changes.get(userId) ?? []).filter((at) => at > atMs - MINUTE_MS + LATE_MS);
    if (isAsked && lately.length >= CHANGES_A_MINUTE) {
      report('too-soon', `${userId} comes or goes for the ${lately.length + 1}th time in a minute`);
    }
    changes.set(userId, [...lately, atMs]);
  }
}
