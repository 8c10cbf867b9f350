import { CLOSE, type Event, type EventOf } from '@gongu/shared';
import { frameOf, type Summary, type SummaryOf, wireMessage } from '../room/event.ts';
import type { Codec, Rendered } from './codec.ts';
import { cutRecovery } from './cut.ts';
import { countFitting } from './fitting.ts';
import { closeOfRefusal, endedRoom } from './one-room.ts';

/**
 * Most bytes of an event, but for a message that is larger by itself. Readers made of a line scanner drop what is beyond
 * 64 KiB (r3labs/sse 2.10), heartbeats that came before it included: 2,000 of them fit into the difference.
 */
const EVENT_BYTES = 61_440;
/** What is round the rooms of `rooms`. */
const ROOMS_FRAME_BYTES = 100;

/**
 * A room's events as blocks of an event stream: `event` is the type, `data` the rest of the gongu.v1 frame, and only a
 * message has an `id`, its `seq` and the room's epoch: so `Last-Event-ID` is the last message that the client has. Nothing
 * comes in.
 */
export function createRoomStreamCodec(): Codec {
  let epoch = '';
  return {
    protocol: 'sse',
    // An EventSource can't ask for what it missed: the server refills.
    resyncs: false,
    renderKey: () => epoch,
    receive: () => [],
    render(event): Rendered {
      // Who is connected, the client knows; the frame is that of a socket with many rooms.
      if (event.type === 'ready') return { texts: [] };
      if (event.type === 'joined') {
        const { ref: _, messages, ...joined } = event;
        ({ epoch } = joined);
        // None is in this frame: how far the room is says more than where the first of them begin.
        const state = { ...joined, lastSeq: joined.room.lastSeq, messages: [] };
        // Each message is an event with an id of its own: a stream that breaks off among them goes on from there.
        const missed = messages.map((message) => block({ type: 'message', ...wireMessage(message) }, epoch));
        return { texts: [bounded(state), ...missed] };
      }
      const frame = frameOf(event);
      if (!frame) return { texts: [] };
      const close = event.type === 'error' ? closeOfRefusal(event) : undefined;
      const texts = [block(frame, epoch)];
      return close ? { texts, close } : { texts };
    },
    cut: cutRecovery,
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
          return { texts: roomsBlocks(event) };
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

/** `joined` with as many participants as an event may hold. */
function bounded(joined: EventOf<'joined'>): string {
  const text = block(joined);
  const over = Buffer.byteLength(text) - EVENT_BYTES;
  if (over <= 0) return text;
  const sizes = joined.participants.map(jsonBytes);
  const budget = sizes.reduce((sum, size) => sum + size, 0) - over;
  return block({ ...joined, participants: joined.participants.slice(0, countFitting(sizes, budget)) });
}

/**
 * All rooms: the oldest memberships in `rooms`, as many as an event may hold, and the newer ones as what comes in front of
 * them. So whoever knows `rooms` and `room.joined` has the list, in its order.
 */
function roomsBlocks(event: SummaryOf<'rooms'>): string[] {
  const oldestFirst = event.rooms.toReversed();
  const count = countFitting(oldestFirst.map(jsonBytes), EVENT_BYTES - ROOMS_FRAME_BYTES);
  const newer = oldestFirst.slice(count);
  const first = block({ ...event, rooms: oldestFirst.slice(0, count).reverse() });
  return [first, ...newer.map((room) => block({ type: 'room.joined', ...room }))];
}

/** One event as a block. */
function block({ type, ...data }: Event | Summary, epoch = ''): string {
  // Only what has a place in the room's sequence has an id.
  const id = type === 'message' ? `id: ${(data as { seq: number }).seq}.${epoch}\n` : '';
  // An EventSource comes back when the server says, and until the next stream tells it another time.
  const retry = type === 'reconnect' ? `retry: ${(data as { afterMs: number }).afterMs}\n` : '';
  return retry + id + blockOf(type, data);
}

/** JSON has no line ends in it. */
function blockOf(type: string, data: object): string {
  return `event: ${type}\ndata: ${JSON.stringify(data)}\n\n`;
}

/** Bytes of a value in JSON, with the comma after it. */
function jsonBytes(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value)) + 1;
}
