import type { Typing } from '../typing.ts';
import type { EntryOf } from './entry.ts';

export function createTypingCommand({ typing }: { typing: Pick<Typing, 'start' | 'stop'> }): EntryOf<'typing'> {
  return {
    lane: 'free',
    silent: true,
    run(client, user, { roomId, typing: types }) {
      // One who only looks says nothing here.
      if (client.rooms.watchOf(roomId)) return;
      client.rooms.requireJoined(roomId);
      if (types) typing.start(client, user, roomId);
      else typing.stop(client, user, roomId);
    },
  };
}
