import type { Hub } from '../../hub/hub.ts';
import type { Typing } from '../typing.ts';
import type { EntryOf } from './entry.ts';

export interface TypingCommandOptions {
  readonly hub: Pick<Hub, 'isMuted'>;
  readonly typing: Pick<Typing, 'start' | 'stop'>;
  /** The time of day, in milliseconds. */
  readonly now: () => number;
}

export function createTypingCommand({ hub, typing, now }: TypingCommandOptions): EntryOf<'typing'> {
  return {
    lane: 'free',
    silent: true,
    run(client, user, { roomId, typing: types }) {
      // One who only looks says nothing here.
      if (client.rooms.watchOf(roomId)) return;
      client.rooms.requireJoined(roomId);
      // Nothing can come of it, and nothing is refused.
      if (types && hub.isMuted(roomId, user.userId, now())) return;
      if (types) typing.start(client, user, roomId);
      else typing.stop(client, user, roomId);
    },
  };
}
