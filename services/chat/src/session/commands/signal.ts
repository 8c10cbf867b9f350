import type { Hub } from '../../hub/hub.ts';
import type { Rates } from '../../room/rates.ts';
import type { EntryOf } from './entry.ts';

export interface SignalOptions {
  readonly hub: Pick<Hub, 'emit'>;
  readonly rates: Pick<Rates, 'message'>;
  readonly send: EntryOf<'send'>;
}

/** To everybody: a message. To one: passed to his sockets in the room, and forgotten. */
export function createSignal({ hub, rates, send }: SignalOptions): EntryOf<'signal'> {
  return {
    lane: 'send',
    run(client, user, { roomId, signalType, to, ref }) {
      if ('content' in to) {
        const command = { type: 'send' as const, ref, roomId, signalType, ...to };
        return send.run(client, user, command);
      }
      client.rooms.requireJoined(roomId);
      rates.message({ user, address: client.address });
      hub.emit({ kind: 'whisper', roomId, sender: user.userId, signalType, ...to });
    },
  };
}
