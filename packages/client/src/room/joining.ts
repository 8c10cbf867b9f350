import type { EventOf } from '@gongu/shared';
import { type ChatError, isPassing } from '../chat-error.ts';
import type { Clock } from '../clock.ts';
import { backoffMs } from '../connection/backoff.ts';
import type { Link } from '../connection/link.ts';
import type { RoomState } from './room-state.ts';

export interface JoiningOptions {
  readonly roomId: string;
  /** Looks at the room, and joins it only where one wants to be in it; else joins it. */
  readonly watch: boolean;
  readonly link: () => Link | null;
  readonly clock: Clock;
  readonly random: () => number;
  readonly state: () => RoomState;
  /** Nobody listens any more. */
  readonly isOver: () => boolean;
  /** Nothing that is here is true of the room. */
  readonly startOver: () => void;
  readonly onJoined: (joined: EventOf<'joined'>) => void;
  /** `isFinal`: asking again by itself would help nothing. */
  readonly onRefused: (why: ChatError, isFinal: boolean) => void;
}

/** Milliseconds a room that is not there yet is waited for, from the first answer that said so: trade opens it in its own time. */
const OPENING_MS = 10_000;
/** Longest window of one of these waits. */
const OPENING_STEP_MS = 2_000;

/** Joins a room or looks at it, from where one left off; asks again where a refusal passes. */
export function createJoining(options: JoiningOptions) {
  const { roomId, link, clock, random, state, isOver, startOver } = options;
  let isUnderWay = false;
  /** Whether the next one asks to look only. */
  let watches = options.watch;
  /** Where looking is not to be had, one joins. */
  let isWatchable = options.watch;
  let refusals = 0;
  /** Since when the room is waited for; infinite when it is not. */
  let missingSinceMs = Number.POSITIVE_INFINITY;
  /** When the server wants the next join, by the time of day for people, and before which there is none, by `monotonic`. */
  let retryAtMs: number | null = null;
  let notBeforeMs = Number.NEGATIVE_INFINITY;
  let cancelRetry = () => {};

  function join(): void {
    const ready = link();
    if (!ready || isUnderWay || isOver()) return;
    cancelRetry();
    // A new connection is no reason to ask sooner.
    const waitMs = notBeforeMs - clock.monotonic();
    if (waitMs > 0) return retryIn(waitMs);
    isUnderWay = true;
    const { appliedSeq, epoch } = state();
    const after = appliedSeq < 0 ? null : appliedSeq;
    ready.ask({ type: watches ? 'watch' : 'join', roomId, after, ...(epoch === null ? {} : { epoch }) }, (answer) => {
      isUnderWay = false;
      if (isOver()) return;
      if (!answer.ok) return refused(answer.error);
      watches = isWatchable;
      if (after !== null && answer.value.lastSeq < after) {
        // The room has begun anew: nothing here is true of it.
        startOver();
        return join();
      }
      // A backup was restored, or the room made anew: nothing here is true of it, and the answer is as to one who has nothing.
      if (epoch !== null && (answer.value.epoch ?? epoch) !== epoch) startOver();
      done();
      options.onJoined(answer.value);
    });
  }

  function refused(why: ChatError): void {
    if (why.code === 'CONNECTION_LOST') return;
    if (isMissing(why)) return retryIn(backoffMs(refusals++, { random, baseMs: 500, capMs: OPENING_STEP_MS }) + 100);
    askAnew();
    // A server that does not show its rooms, or one of an older version.
    if (watches && (why.code === 'FORBIDDEN' || why.code === 'UNKNOWN_TYPE')) watches = isWatchable = false;
    // There is no place: looking takes none.
    else if (!watches && isWatchable && why.code === 'ROOM_FULL') watches = true;
    else if (isPassing(why)) return later(why);
    else return options.onRefused(why, true);
    join();
  }

  function later(why: ChatError): void {
    const delayMs = Math.max(why.retryAfterMs ?? 0, backoffMs(refusals++, { random }));
    if (why.retryAfterMs !== undefined) {
      retryAtMs = clock.now() + delayMs;
      notBeforeMs = clock.monotonic() + delayMs;
    }
    options.onRefused(why, false);
    retryIn(delayMs);
  }

  function retryIn(delayMs: number): void {
    cancelRetry();
    cancelRetry = clock.after(delayMs, join);
  }

  /** Whether it is a room that may still be on its way: nothing of it has been seen, and it was not asked for long. */
  function isMissing({ code }: ChatError): boolean {
    if (code !== 'NOT_FOUND' || state().appliedSeq >= 0) return false;
    missingSinceMs = Math.min(missingSinceMs, clock.monotonic());
    return clock.monotonic() - missingSinceMs < OPENING_MS;
  }

  function done(): void {
    refusals = 0;
    askAnew();
  }

  /** What the last refusal said no longer counts. */
  function askAnew(): void {
    retryAtMs = null;
    notBeforeMs = Number.NEGATIVE_INFINITY;
    missingSinceMs = Number.POSITIVE_INFINITY;
  }

  return {
    join,
    askAnew,
    get isUnderWay(): boolean {
      return isUnderWay;
    },
    /** Epoch milliseconds before which the server wants no other try, where it said so. */
    get retryAtMs(): number | null {
      return retryAtMs;
    },
    /** A `joined` came that was not asked for: it counts as one that was. */
    done,
    /** One wants to be in the room, not only to look. False: that is so already. */
    wantIn(): boolean {
      const isNew = isWatchable;
      watches = isWatchable = false;
      return isNew;
    },
    /** The next one asks to be in the room. */
    wantInOnce(): void {
      watches = false;
    },
    /** The connection is gone: what was asked has no answer. */
    lost(): void {
      isUnderWay = false;
      cancelRetry();
    },
    stop: (): void => cancelRetry(),
  };
}
