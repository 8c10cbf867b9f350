import type { User } from '@gongu/shared';
import type { Client } from './client.ts';
import type { PresenceTick } from './presence-tick.ts';
import type { WatcherTick } from './watcher-tick.ts';

/** What a client is in a room that it hears: a member's, or one that only looks. */
export type Attendance = 'member' | 'watcher';

export interface AttendancesOptions {
  readonly presenceTick: Pick<PresenceTick, 'enter' | 'leave'>;
  readonly watcherTick: Pick<WatcherTick, 'enter' | 'leave'>;
}

/** What each client is in each room, and that the room counts it so. */
export function createAttendances({ presenceTick, watcherTick }: AttendancesOptions) {
  function leave(client: Client, roomId: string): void {
    const { id, user, rooms } = client;
    if (rooms.joined.delete(roomId) && user) presenceTick.leave(roomId, user.userId, id);
    if (rooms.unwatch(roomId) && user) watcherTick.leave(roomId, user.userId, id);
  }

  return {
    of({ rooms }: Client, roomId: string): Attendance | null {
      if (rooms.joined.has(roomId)) return 'member';
      return rooms.watchOf(roomId) ? 'watcher' : null;
    },

    /** From now on it is this, and nothing else. @throws AppError TOO_LARGE: it looks at too many rooms */
    enter(client: Client, { userId }: User, roomId: string, as: Attendance): void {
      const { id, rooms } = client;
      if (as === 'watcher') rooms.watch(roomId);
      else if (rooms.unwatch(roomId)) watcherTick.leave(roomId, userId, id);
      if (as === 'member') {
        rooms.joined.add(roomId);
        return presenceTick.enter(roomId, userId, id);
      }
      if (rooms.joined.delete(roomId)) presenceTick.leave(roomId, userId, id);
      watcherTick.enter(roomId, userId, id);
    },

    leave,
  };
}

export type Attendances = ReturnType<typeof createAttendances>;
