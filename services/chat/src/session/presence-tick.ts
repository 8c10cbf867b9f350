import type { Hub } from '../hub/hub.ts';
import type { Presence } from '../room/ports/presence.ts';

export interface PresenceTickOptions {
  readonly presence: Presence;
  readonly hub: Pick<Hub, 'emit' | 'tellHere' | 'movedRooms' | 'summarise'>;
}

/** Users told of per room and tick; more wait for the next one, so that a stampede can't flood a room. */
const USERS_PER_TICK = 50;
/** Ticks for which a change that `view` does not show yet is kept: what happened elsewhere takes a moment to arrive. */
const DOUBTFUL_TICKS = 3;
/** Rooms looked at together. */
const ROOMS_AT_ONCE = 100;

interface Change {
  readonly online: boolean;
  doubts: number;
}

/**
 * Tells a room's members who came online and who went, at most once a tick (one second) and room: how it is at its end.
 * Also of one who came and went within a tick: who joined between the two has seen him in the snapshot. Not of one who
 * went here but has a socket on another instance.
 */
export function createPresenceTick({ presence, hub }: PresenceTickOptions) {
  const changed = new Map<string, Map<string, Change>>();

  function note(roomId: string, userId: string, online: boolean): void {
    const users = changed.get(roomId) ?? new Map<string, Change>();
    changed.set(roomId, users);
    users.set(userId, { online, doubts: 0 });
  }

  async function tell(roomId: string, users: Map<string, Change>): Promise<void> {
    const view = await presence.view(roomId);
    let count = 0;
    for (const [userId, change] of users) {
      if (count >= USERS_PER_TICK) break;
      const { online } = change;
      if (view.has(userId) !== online) {
        change.doubts += 1;
        if (change.doubts > DOUBTFUL_TICKS) users.delete(userId);
        continue;
      }
      count += 1;
      users.delete(userId);
      hub.tellHere(roomId, { type: 'presence', roomId, userId, online, onlineCount: view.count }, userId);
    }
    if (users.size === 0 && changed.get(roomId) === users) changed.delete(roomId);
    hub.summarise(roomId, view.count);
  }

  return {
    enter(roomId: string, userId: string, connectionId: string): void {
      if (!presence.enter(roomId, userId, connectionId)) return;
      hub.emit({ kind: 'presence', roomId, userId, online: true });
    },

    leave(roomId: string, userId: string, connectionId: string): void {
      if (!presence.leave(roomId, userId, connectionId)) return;
      hub.emit({ kind: 'presence', roomId, userId, online: false });
    },

    /** One came or went, here or at another instance. */
    note,

    /** Users who went with another instance, which can't say so any more. */
    gone(roomId: string, userIds: readonly string[]): void {
      for (const userId of userIds) note(roomId, userId, false);
    },

    /** Tells what changed since the last tick. */
    async tick(): Promise<void> {
      for (const roomId of hub.movedRooms()) if (!changed.has(roomId)) changed.set(roomId, new Map());
      const rooms = [...changed];
      for (let i = 0; i < rooms.length; i += ROOMS_AT_ONCE) {
        await Promise.all(rooms.slice(i, i + ROOMS_AT_ONCE).map(([roomId, users]) => tell(roomId, users)));
      }
    },
  };
}

export type PresenceTick = ReturnType<typeof createPresenceTick>;
