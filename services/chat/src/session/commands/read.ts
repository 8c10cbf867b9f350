import type { Members } from '../../room/members.ts';
import type { EntryOf } from './entry.ts';

export function createRead({ members }: { members: Pick<Members, 'markRead'> }): EntryOf<'read'> {
  return {
    lane: 'ordered',
    silent: true,
    async run({ rooms }, { userId }, { roomId, seq }) {
      // One who only looks has no mark.
      if (!rooms.watchOf(roomId)) await members.markRead(userId, roomId, seq);
    },
  };
}
