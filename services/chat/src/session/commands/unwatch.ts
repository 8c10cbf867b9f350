import type { Hub } from '../../hub/hub.ts';
import type { Leaving } from '../leaving.ts';
import { type EntryOf, refOf } from './entry.ts';

export interface UnwatchOptions {
  readonly hub: Pick<Hub, 'flushRoom'>;
  readonly leaving: Pick<Leaving, 'room'>;
}

/** Ends what the socket hears of a room, also where its user has become a member meanwhile: he stays one. */
export function createUnwatch({ hub, leaving }: UnwatchOptions): EntryOf<'unwatch'> {
  return {
    lane: 'ordered',
    run(client, _user, command) {
      const { roomId } = command;
      // What happened before the command still belongs to it.
      hub.flushRoom(roomId);
      leaving.room(client, roomId);
      client.emit({ type: 'unwatched', ...refOf(command), roomId, reason: 'ASKED' });
    },
  };
}
