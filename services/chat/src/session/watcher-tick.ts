import type { Hub } from '../hub/hub.ts';
import { watchersOf } from '../room/counts.ts';
import type { Presence } from '../room/ports/presence.ts';

export interface WatcherTickOptions {
  readonly presence: Pick<Presence, 'enter' | 'leave' | 'view'>;
  readonly hub: Pick<Hub, 'emit' | 'tellWatchers' | 'watchedRooms'>;
}

/** Ticks for which a room is looked at after a change: what happened elsewhere takes a moment to arrive. */
const LOOKS = 3;
/** Ticks from one look at all watched rooms to the next: an instance that died, or a lost signal, shows then. */
const ALL_TICKS = 10;
/** Rooms looked at together. */
const ROOMS_AT_ONCE = 100;

/**
 * Counts who looks at a room and is no member, each user once, over all instances as presence knows them; and tells the
 * rooms, at most once a tick (one second) and room, how it is at its end.
 */
export function createWatcherTick({ presence, hub }: WatcherTickOptions) {
  /** Rooms to look at, and how often still. */
  const moved = new Map<string, number>();
  /** Those of them that moved here: the other instances are to be told. */
  const untold = new Set<string>();
  let ticks = 0;

  function note(roomId: string): void {
    moved.set(roomId, LOOKS);
  }

  function changed(roomId: string): void {
    note(roomId);
    untold.add(roomId);
  }

  return {
    enter(roomId: string, userId: string, connectionId: string): void {
      if (presence.enter(watchersOf(roomId), userId, connectionId)) changed(roomId);
    },

    leave(roomId: string, userId: string, connectionId: string): void {
      if (presence.leave(watchersOf(roomId), userId, connectionId)) changed(roomId);
    },

    /** Others look at a room than before, here or at another instance. */
    note,

    /** Tells what changed since the last tick. */
    async tick(): Promise<void> {
      for (const roomId of untold) hub.emit({ kind: 'watchers', roomId });
      untold.clear();
      if (++ticks % ALL_TICKS === 0)
        for (const roomId of hub.watchedRooms()) if (!moved.has(roomId)) moved.set(roomId, 1);
      const rooms = [...moved.keys()];
      for (let i = 0; i < rooms.length; i += ROOMS_AT_ONCE) {
        await Promise.all(
          rooms.slice(i, i + ROOMS_AT_ONCE).map(async (roomId) => {
            const { count } = await presence.view(watchersOf(roomId));
            hub.tellWatchers(roomId, count);
            const left = (moved.get(roomId) ?? 0) - 1;
            if (left > 0) moved.set(roomId, left);
            else moved.delete(roomId);
          }),
        );
      }
    },
  };
}

export type WatcherTick = ReturnType<typeof createWatcherTick>;
