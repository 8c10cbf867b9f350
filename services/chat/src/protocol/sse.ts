import { type Event, isSummary, type Summary } from '@gongu/shared';
import type { Codec, Rendered } from './codec.ts';
import { closeOfRefusal } from './json-aliases/opening.ts';
import { endedRoom } from './json-aliases/plain-object.ts';

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
      if (isSummary(event) || event.type === 'ready') return { texts: [] };
      if (event.type === 'joined') {
        const { ref: _, messages, ...joined } = event;
        // Each message is an event with an id of its own: a stream that breaks off among them goes on from there.
        const missed = messages.map((message) => block({ type: 'message', ...message }));
        return { texts: [block({ ...joined, messages: [] }), ...missed] };
      }
      const close = event.type === 'error' ? closeOfRefusal(event) : undefined;
      return close ? { texts: [block(event)], close } : { texts: [block(event)] };
    },
    ended: (_, why) => endedRoom(why),
  };
}

/** One event as a block. JSON has no line ends in it. */
export function block({ type, ...data }: Event | Summary): string {
  const id = type === 'message' ? `id: ${(data as { seq: number }).seq}\n` : '';
  // An EventSource comes back when the server says, and until the next stream tells it another time.
  const retry = type === 'reconnect' ? `retry: ${(data as { afterMs: number }).afterMs}\n` : '';
  return `${retry}${id}event: ${type}\ndata: ${JSON.stringify(data)}\n\n`;
}
