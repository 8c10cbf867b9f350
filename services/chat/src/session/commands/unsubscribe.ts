import type { Hub } from '../../hub/hub.ts';
import type { Leaving } from '../leaving.ts';
import { type EntryOf, refOf } from './entry.ts';

export interface UnsubscribeOptions {
  readonly hub: Pick<Hub, 'flushRoom'>;
  readonly leaving: Pick<Leaving, 'room'>;
}

export function createUnsubscribe({ hub, leaving }: UnsubscribeOptions): EntryOf<'unsubscribe'> {
  return {
    lane: 'ordered',
    run(client, _user, command) {
      // What happened before the command still belongs to it.
      hub.flushRoom(command.roomId);
      leaving.room(client, command.roomId);
      client.emit({ type: 'ok', ...refOf(command) });
    },
  };
}
