import type { Messages } from '../../room/messages.ts';
import { type EntryOf, refOf } from './entry.ts';

export function createHistory({ messages }: { messages: Pick<Messages, 'page'> }): EntryOf<'history'> {
  return {
    lane: 'ordered',
    async run(client, user, command) {
      const { roomId } = command;
      const page = await messages.page({ kind: 'user', user }, roomId, command);
      client.emit({ type: 'page', ...refOf(command), roomId, ...page });
    },
  };
}
