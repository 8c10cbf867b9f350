import type { Hub } from '../../hub/hub.ts';
import type { RateLimit } from '../rate-limit.ts';
import type { EntryOf } from './entry.ts';

export interface SignalOptions {
  readonly hub: Pick<Hub, 'emit'>;
  readonly rate: Pick<RateLimit, 'admit'>;
  readonly send: EntryOf<'send'>;
}

/** To everybody: a message. To one: passed to his sockets in the room, and forgotten. */
export function createSignal({ hub, rate, send }: SignalOptions): EntryOf<'signal'> {
  return {
    lane: 'send',
    run(client, user, { roomId, signalType, to, ref }) {
      if ('content' in to) {
        const command = { type: 'send' as const, ref, roomId, signalType, ...to };
        return send.run(client, user, command);
      }
      client.rooms.requireJoined(roomId);
      rate.admit(user.userId);
      hub.emit({ kind: 'whisper', roomId, sender: user.userId, signalType, ...to });
    },
  };
}
