import type { Members } from '../../room/members.ts';
import type { EntryOf } from './entry.ts';

export function createRead({ members }: { members: Pick<Members, 'markRead'> }): EntryOf<'read'> {
  return {
    lane: 'ordered',
    silent: true,
    run: (_client, user, { roomId, seq }) => members.markRead(user.userId, roomId, seq),
  };
}
