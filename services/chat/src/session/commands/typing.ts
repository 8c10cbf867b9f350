import type { Typing } from '../typing.ts';
import type { EntryOf } from './entry.ts';

export function createTypingCommand({ typing }: { typing: Pick<Typing, 'start' | 'stop'> }): EntryOf<'typing'> {
  return {
    lane: 'free',
    silent: true,
    run(client, user, { roomId, typing: types }) {
      client.rooms.requireJoined(roomId);
      if (types) typing.start(client, user, roomId);
      else typing.stop(client, user, roomId);
    },
  };
}
