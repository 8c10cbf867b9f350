import type { Messages } from '../../room/messages.ts';
import { type EntryOf, refOf } from './entry.ts';

export function createHistory({ messages }: { messages: Pick<Messages, 'page'> }): EntryOf<'history'> {
  return {
    lane: 'ordered',
    run(client, user, command) {
      const { roomId } = command;
      return client.inTurn(async () => {
        if (client.over) return;
        const page = await messages.page({ kind: 'user', user }, roomId, command);
        client.emit({ type: 'page', ...refOf(command), roomId, ...page });
      });
    },
  };
}
