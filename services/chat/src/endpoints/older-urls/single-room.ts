import { ClientRef, isChange, type Message, text } from '@gongu/shared';
import { z } from 'zod';
import type { Codec } from '../../protocol/codec.ts';
import { cutRecovery } from '../../protocol/cut.ts';
import { closeOfRefusal, endedRoom } from '../../protocol/one-room.ts';
import { readPlain } from './plain-object.ts';
import { queriedMessages, type RoomQuery } from './room-query.ts';

export interface AliasOptions {
  readonly opening: RoomQuery;
  /** Longest text, code points. */
  readonly contentChars: number;
  /** Makes the `clientMessageId` that these clients don't have. */
  readonly newId: () => string;
}

/**
 * `/ws/chat?sessionId={roomId}`: `{"type":"message","content"}` in, `{"type":"message",…}` out. A client may send a
 * `clientMessageId` of its own, and then its retries are found.
 */
export function createSessionChatCodec({ opening, contentChars, newId }: AliasOptions): Codec {
  const { roomId } = opening;
  const Inbound = z.object({
    type: z.literal('message', { error: 'must be message' }),
    content: text(contentChars),
    clientMessageId: ClientRef.optional(),
  });
  const shown = (message: Message) =>
    JSON.stringify({
      type: 'message',
      roomId: message.roomId,
      seq: message.seq,
      messageId: message.messageId,
      kind: message.kind,
      senderId: message.sender?.userId ?? null,
      nickname: message.sender?.nickname ?? null,
      content: message.content,
      createdAt: message.createdAt,
    });

  return {
    protocol: 'ws-chat',
    resyncs: false,
    renderKey: () => '',
    receive(frame) {
      const read = readPlain(Inbound, frame);
      if ('kind' in read) return [read];
      const { content, clientMessageId = newId() } = read.value;
      return [{ kind: 'command', command: { type: 'send', ref: clientMessageId, roomId, clientMessageId, content } }];
    },
    render(event) {
      if (event.type === 'identity') return { texts: [JSON.stringify({ type: 'identity', token: event.token })] };
      if (event.type === 'message') return { texts: isChange(event.message) ? [] : [shown(event.message)] };
      if (event.type === 'joined') return { texts: queriedMessages(event, opening).map(shown) };
      if (event.type !== 'error') return { texts: [] };
      const close = closeOfRefusal(event);
      const texts = [JSON.stringify({ type: 'error', code: event.code, message: event.message })];
      return close ? { texts, close } : { texts };
    },
    cut: cutRecovery,
    ended: (_, why) => endedRoom(why),
  };
}

/** `/chat/{roomId}`: `{content, timestamp}` in; out messages only, as its clients take every frame for one. */
export function createRoomChatCodec({ opening, contentChars, newId }: AliasOptions): Codec {
  const { roomId } = opening;
  // The client's timestamp is not believed: time is the server's.
  const Inbound = z.object({ content: text(contentChars), clientMessageId: ClientRef.optional() });
  const shown = (message: Message) =>
    JSON.stringify({
      seq: message.seq,
      type: message.kind,
      sender: message.sender?.userId ?? null,
      nickname: message.sender?.nickname ?? null,
      content: message.content,
      timestamp: Date.parse(message.createdAt),
    });

  return {
    protocol: 'chat-room',
    resyncs: false,
    renderKey: () => '',
    receive(frame) {
      const read = readPlain(Inbound, frame);
      if ('kind' in read) return [read];
      const { content, clientMessageId = newId() } = read.value;
      return [{ kind: 'command', command: { type: 'send', ref: clientMessageId, roomId, clientMessageId, content } }];
    },
    render(event) {
      if (event.type === 'message') return { texts: isChange(event.message) ? [] : [shown(event.message)] };
      if (event.type === 'joined') return { texts: queriedMessages(event, opening).map(shown) };
      const close = event.type === 'error' ? closeOfRefusal(event) : undefined;
      return close ? { texts: [], close } : { texts: [] };
    },
    cut: cutRecovery,
    ended: (_, why) => endedRoom(why),
  };
}
