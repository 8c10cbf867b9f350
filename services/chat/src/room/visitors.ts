import { tellCommitted } from './committed.ts';
import type { MembersOptions } from './members.ts';
import type { Emit } from './ports/emit.ts';
import type { VisitorStore } from './ports/visitor-store.ts';

export interface VisitorsOptions {
  readonly visitors: VisitorStore;
  readonly emit: Emit;
  /** Hears who left. */
  readonly onChange: MembersOptions['onChange'];
  readonly onFailure: (what: string, error: unknown) => void;
  /** Those without an account who have a socket in a room here. */
  readonly here: () => readonly { readonly roomId: string; readonly userId: string }[];
  /** Seconds after which one who is not seen any more is gone. */
  readonly graceS: number;
  /** Days after its issue within which an anonymous token is renewed. */
  readonly renewDays: number;
}

/** Milliseconds between two looks at who is here, at most. */
const LOOK_MS = 30_000;
/** Places noted by one statement; memberships ended by one; rows forgotten by one. */
const SEEN_AT_ONCE = 1_000;
const ENDED_AT_ONCE = 100;
const FORGOTTEN_AT_ONCE = 1_000;

/**
 * Who came without a token: seen as long as an instance has a socket of his, gone some minutes later. Any instance ends
 * what is left of him, also of sockets that another one had which was killed.
 */
export function createVisitors(options: VisitorsOptions) {
  const { visitors, emit, onChange, onFailure, here, graceS, renewDays } = options;
  const intervalMs = Math.min(LOOK_MS, graceS * 200);
  // He may have been seen for as long as one look takes after it was noted.
  const goneS = graceS + Math.ceil(intervalMs / 1_000);

  async function end(roomId: string): Promise<void> {
    const change = await visitors.end(roomId, goneS, ENDED_AT_ONCE);
    if (!change) return;
    tellCommitted(emit, change.messages);
    for (const message of change.messages) {
      if (message.kind !== 'SYSTEM' || message.data.event !== 'participant.left') continue;
      onChange('participant.left', { roomId, userId: message.data.participant.userId });
    }
  }

  return {
    intervalMs,

    /** Notes who is here, and then ends who is nowhere any more. */
    async look(): Promise<void> {
      const places = here();
      for (let i = 0; i < places.length; i += SEEN_AT_ONCE) await visitors.seen(places.slice(i, i + SEEN_AT_ONCE));
      for (const roomId of await visitors.roomsWithGone(goneS, ENDED_AT_ONCE)) {
        // A room that somebody has locked keeps the others not waiting: the next look comes back to it.
        await end(roomId).catch((error) => onFailure('end of visits', error));
      }
    },

    /** Forgets who left lately, and frees tags. */
    async forget(): Promise<void> {
      const limit = FORGOTTEN_AT_ONCE;
      for (let gone = limit; gone === limit; ) gone = await visitors.forget({ renewDays, graceS: goneS, limit });
    },
  };
}
