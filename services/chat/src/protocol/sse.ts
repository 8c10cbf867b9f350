import { CLOSE, type Event } from '@gongu/shared';
import { frameOf, type Summary, wireMessage } from '../room/event.ts';
import type { Codec, Rendered } from './codec.ts';
import { closeOfRefusal, endedRoom } from './one-room.ts';

/**
 * A room's events as blocks of an event stream: `event` is the type, `data` the rest of the gongu.v1 frame, and only a
 * message has an `id`, its `seq`: so `Last-Event-ID` is the last message that the client has. Nothing comes in.
 */
export function createRoomStreamCodec(): Codec {
  return {
    protocol: 'sse',
    // An EventSource can't ask for what it missed: the server refills.
    resyncs: false,
    renderKey: () => '',
    receive: () => [],
    render(event): Rendered {
      // Who is connected, the client knows; the frame is that of a socket with many rooms.
      if (event.type === 'ready') return { texts: [] };
      if (event.type === 'joined') {
        const { ref: _, messages, ...joined } = event;
        // Each message is an event with an id of its own: a stream that breaks off among them goes on from there.
        const missed = messages.map((message) => block({ type: 'message', ...wireMessage(message) }));
        return { texts: [block({ ...joined, messages: [] }), ...missed] };
      }
      const frame = frameOf(event);
      if (!frame) return { texts: [] };
      const close = event.type === 'error' ? closeOfRefusal(event) : undefined;
      return close ? { texts: [block(frame)], close } : { texts: [block(frame)] };
    },
    ended: (_, why) => endedRoom(why),
  };
}

/** All of a user's rooms, as blocks of an event stream. No event has an id: all is told on opening. */
export function createOverviewStreamCodec(): Codec {
  return {
    protocol: 'sse',
    resyncs: false,
    renderKey: () => '',
    receive: () => [],
    render(event): Rendered {
      switch (event.type) {
        case 'unread': {
          const { type: _, ...data } = event;
          return { texts: [blockOf('head', data)] };
        }
        case 'rooms':
        case 'room.changed':
        case 'room.joined':
        case 'room.left':
        case 'token.expiring':
        case 'reconnect':
          return { texts: [block(event)] };
        case 'error': {
          // It was about the overview: there is nothing else. The client comes back and is told all.
          const close = event.code === 'TOKEN_EXPIRED' ? undefined : { code: CLOSE.restart, reason: event.message };
          return { texts: [block(event)], ...(close ? { close } : {}) };
        }
        default:
          return { texts: [] };
      }
    },
  };
}

/** One event as a block. */
function block({ type, ...data }: Event | Summary): string {
  // Only what has a place in the room's sequence has an id.
  const id = type === 'message' ? `id: ${(data as { seq: number }).seq}\n` : '';
  // An EventSource comes back when the server says, and until the next stream tells it another time.
  const retry = type === 'reconnect' ? `retry: ${(data as { afterMs: number }).afterMs}\n` : '';
  return retry + id + blockOf(type, data);
}

/** JSON has no line ends in it. */
function blockOf(type: string, data: object): string {
  return `event: ${type}\ndata: ${JSON.stringify(data)}\n\n`;
}
