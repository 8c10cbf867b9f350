import { FRAME_LIMITS } from '@gongu/shared';
import type { Messages } from '../../room/messages.ts';
import { writtenOnce } from '../../room/page-rows.ts';
import { type EntryOf, type InTurn, refOf } from './entry.ts';

export interface HistoryOptions {
  readonly messages: Pick<Messages, 'page'>;
  readonly reading: InTurn;
}

export function createHistory({ messages, reading }: HistoryOptions): EntryOf<'history'> {
  return {
    lane: 'ordered',
    run(client, user, command) {
      const { roomId, after, maxBytes } = command;
      return client.inTurn(async () => {
        const page = await reading(client, async () =>
          client.over ? null : messages.page({ kind: 'user', user }, roomId, command),
        );
        if (page === null) return;
        const most = Math.min(maxBytes ?? FRAME_LIMITS.pageBytes, FRAME_LIMITS.pageBytes);
        const answer = { type: 'page' as const, ...refOf(command), roomId, ...page };
        const part = client.cut(answer, most, after == null ? 'newest' : 'oldest');
        client.emit({ ...part, messages: [...writtenOnce(part.messages)] });
      });
    },
  };
}
