import { FRAME_LIMITS } from '@gongu/shared';
import type { Messages } from '../../room/messages.ts';
import { type EntryOf, refOf } from './entry.ts';

export function createHistory({ messages }: { messages: Pick<Messages, 'page'> }): EntryOf<'history'> {
  return {
    lane: 'ordered',
    run(client, user, command) {
      const { roomId, after, maxBytes } = command;
      return client.inTurn(async () => {
        if (client.over) return;
        const page = await messages.page({ kind: 'user', user }, roomId, command);
        const most = Math.min(maxBytes ?? FRAME_LIMITS.pageBytes, FRAME_LIMITS.pageBytes);
        const answer = { type: 'page' as const, ...refOf(command), roomId, ...page };
        client.emit(client.cut(answer, most, after == null ? 'newest' : 'oldest'));
      });
    },
  };
}
