import { ClientRef, isChange, UserId } from '@gongu/shared';
import { z } from 'zod';
import type { Codec } from '../../protocol/codec.ts';
import { cutRecovery } from '../../protocol/cut.ts';
import { closeOfRefusal, endedRoom } from '../../protocol/one-room.ts';
import type { StoredMessage } from '../../room/ports/stored-message.ts';
import { readPlain } from './plain-object.ts';
import { queriedMessages } from './room-query.ts';
import type { AliasOptions } from './single-room.ts';
import { storedData } from './stored-data.ts';

/** The receiver that means everybody in the room. */
const ALL = 'all';

/**
 * `/room?roomId=`: `{"type","receiver":"all"|userId,"data"}` in; out the same with the true `sender`, and `seq` where
 * it is stored. What goes to all is a CHAT message; what goes to one is passed to his sockets in the room and forgotten.
 * `new` and `close` are the server's words for one who came and one who went.
 */
export function createRoomSignalCodec({ opening, contentChars, newId }: AliasOptions): Codec {
  const { roomId } = opening;
  const Inbound = z.object({
    type: ClientRef,
    receiver: UserId.default(ALL),
    data: z.unknown().optional(),
    clientMessageId: ClientRef.optional(),
  });

  return {
    protocol: 'room-signal',
    resyncs: false,
    renderKey: () => '',
    receive(frame) {
      const read = readPlain(Inbound, frame);
      if ('kind' in read) return [read];
      const { type: signalType, receiver, data, clientMessageId = newId() } = read.value;
      const kept = storedData(data, receiver === ALL ? contentChars : Number.POSITIVE_INFINITY);
      if ('kind' in kept) return [kept];
      const to = receiver === ALL ? { clientMessageId, ...kept } : { receiver, data: data ?? null };
      return [{ kind: 'command', command: { type: 'signal', ref: clientMessageId, roomId, signalType, to } }];
    },
    render(event) {
      switch (event.type) {
        case 'identity':
          return { texts: [JSON.stringify({ type: 'identity', token: event.token })] };
        case 'message':
          return { texts: isChange(event.message) ? [] : [shown(event.message)] };
        case 'joined':
          return { texts: queriedMessages(event, opening).map(shown) };
        case 'presence': {
          const type = event.online ? 'new' : 'close';
          return { texts: [JSON.stringify({ type, sender: event.userId, receiver: ALL })] };
        }
        case 'whisper': {
          const { signalType: type, sender, receiver, data } = event;
          return { texts: [JSON.stringify({ type, sender, receiver, data })] };
        }
        case 'error': {
          const close = closeOfRefusal(event);
          const texts = [JSON.stringify({ type: 'error', code: event.code, message: event.message })];
          return close ? { texts, close } : { texts };
        }
        default:
          return { texts: [] };
      }
    },
    cut: cutRecovery,
    ended: (_, why) => endedRoom(why),
  };
}

/** Messages of other URLs, and of the service, are called by their kind. */
function shown(message: StoredMessage): string {
  const { kind, sender, seq, signalType: type } = message;
  const data = type !== undefined && message.content === 'null' ? null : dataOf(message);
  return JSON.stringify({ type: type ?? kind, sender: sender?.userId ?? null, receiver: ALL, data, seq });
}

/** `data` of SYSTEM and of notices is for those who translate; these clients show what is written. */
function dataOf({ kind, content, data = content }: StoredMessage): unknown {
  return kind === 'CHAT' ? data : content;
}
