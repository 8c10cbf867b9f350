import { AppError } from '@gongu/shared';
import type { Hub } from '../../hub/hub.ts';
import type { Rates } from '../../room/rates.ts';
import type { EntryOf } from './entry.ts';

export interface SignalOptions {
  readonly hub: Pick<Hub, 'emit' | 'isMuted'>;
  readonly rates: Pick<Rates, 'message'>;
  readonly send: EntryOf<'send'>;
  /** The time of day, in milliseconds. */
  readonly now: () => number;
}

/** To everybody: a message. To one: passed to his sockets in the room, and forgotten. */
export function createSignal({ hub, rates, send, now }: SignalOptions): EntryOf<'signal'> {
  return {
    lane: 'send',
    run(client, user, { roomId, signalType, to, ref }) {
      if ('content' in to) {
        const command = { type: 'send' as const, ref, roomId, signalType, ...to };
        return send.run(client, user, command);
      }
      client.rooms.requireJoined(roomId);
      // It is said to somebody, and the database is not asked.
      if (hub.isMuted(roomId, user.userId, now())) throw new AppError('MUTED');
      rates.message({ user, address: client.address });
      hub.emit({ kind: 'whisper', roomId, sender: user.userId, signalType, ...to });
    },
  };
}
