import type { Command, Event, EventOf } from '@gongu/shared';
import type { ChatEvent, JoinedEvent } from '../room/event.ts';

/** What only `/room` asks for, beside the commands of gongu.v1. */
export interface SignalCommand {
  readonly type: 'signal';
  readonly ref?: string | undefined;
  readonly roomId: string;
  /** The sender's name for what this is. */
  readonly signalType: string;
  readonly to: /** Everybody: a CHAT message. */
    | { readonly clientMessageId: string; readonly content: string; readonly data?: unknown }
    /** One user's sockets in the room: neither stored nor sequenced. */
    | { readonly receiver: string; readonly data: unknown };
}

/** What the URL of a room's event stream stands for: a `join` that makes nobody a member. */
export interface FollowCommand {
  readonly type: 'follow';
  readonly ref?: string | undefined;
  readonly roomId: string;
  /** The last `seq` that the client has; one beyond the room's newest counts as none. */
  readonly after: number | null;
  /** The room's at that `seq`; another one counts as none. */
  readonly epoch: string | null;
}

/** What the URL of the stream of all rooms stands for: to be told how the user's rooms are, and what becomes of them. */
export interface OverviewCommand {
  readonly type: 'overview';
  readonly ref?: string | undefined;
}

/** All that a codec, or a URL, may ask for. */
export type Asked = Command | SignalCommand | FollowCommand | OverviewCommand;

/** What a client's frame asks for, in the order in which it must be done. */
export type Step =
  /**
   * Something for the room domain, or for the session (auth, ping). `confirm`: the client waits to hear that it is done,
   * so a command without an answer of its own (read, typing) is answered by `ok` with its `ref`.
   */
  | { readonly kind: 'command'; readonly command: Asked; readonly confirm?: boolean }
  /** A text to send back as it is: something the protocol itself answers. */
  | { readonly kind: 'reply'; readonly text: string }
  /** A frame that can't be read. The session answers with `error` and counts: the third ends the socket with 4500. */
  | { readonly kind: 'bad'; readonly error: Extract<Event, { type: 'error' }> }
  /** A readable frame that asks for something impossible; answered, not counted. */
  | { readonly kind: 'refused'; readonly error: Extract<Event, { type: 'error' }> }
  /** `texts` first, then the close. */
  | { readonly kind: 'close'; readonly code: number; readonly reason: string; readonly texts?: readonly string[] }
  /**
   * The client wants to know (or no longer wants to know) how many sockets are connected: a `connections` summary as soon
   * as its user is known and each time this comes, and then when the count changed, at most once a second.
   */
  | { readonly kind: 'watch'; readonly on: boolean }
  /** Something worth a line in the log; no tokens, no texts. `isFree`: of a frame that counts for no rate. */
  | {
      readonly kind: 'note';
      readonly note: string;
      readonly fields: Readonly<Record<string, string | boolean | null>>;
      readonly isFree?: true;
    }
  /** A sign of life and nothing else. */
  | { readonly kind: 'heartbeat' };

/** An event as texts, and the end of the socket where the protocol demands it (a STOMP ERROR). */
export interface Rendered {
  readonly texts: readonly string[];
  readonly close?: { readonly code: number; readonly reason: string };
}

/** An answer that holds messages. */
export type Answer = JoinedEvent | EventOf<'page'>;

/** How much of an answer a client takes in one frame. */
export interface FrameRoom {
  readonly maxBytes: number;
  /** Bytes that a text is on the client's wire. */
  readonly bytesOf: (text: string) => number;
  /** Which messages stay where not all have room. */
  readonly keep: 'oldest' | 'newest';
}

/** Signs of life that client and codec agreed on. */
export interface Heartbeat {
  /** Milliseconds after which, nothing else having been sent, `text` must be; 0 = never. */
  readonly sendMs: number;
  readonly text: string;
  /** Milliseconds within which the client sends something; three of them in silence, and it is gone. 0 = no promise. */
  readonly expectMs: number;
}

/** What clients can speak, for logs and metrics; `undecided` is one that has said nothing yet. */
export type Protocol = 'json' | 'stomp' | 'ws-chat' | 'chat-room' | 'room-signal' | 'sse' | 'undecided';

/**
 * One client's protocol: frames to steps, events to texts. No socket, no timer, no promise, and it never throws:
 * garbage becomes a `bad` step.
 */
export interface Codec {
  readonly protocol: Protocol;
  /** Whether the client understands `resync` and asks again itself; otherwise the server refills what it missed. */
  readonly resyncs: boolean;
  /** Null or absent: none of the protocol's own; the transport pings. May change with any `receive` or `render`. */
  readonly heartbeat?: Heartbeat | null;
  /**
   * Codecs with equal keys for a room render its events to equal texts, so they are rendered once for all of them. The
   * key of the reserved room `entry` is that of `connections`.
   */
  renderKey(roomId: string): string;
  /**
   * A frame's steps, read as they are taken: one frame may hold thousands of them. All of one frame's are taken before
   * the next frame is received, or none of them any more.
   */
  receive(frame: string | Uint8Array): Iterable<Step>;
  /** Nothing came for `silentMs`: what that ends in where a frame was begun and not ended, else nothing. */
  unended?(silentMs: number): Step | undefined;
  render(event: ChatEvent): Rendered;
  /**
   * As much of an answer as has room in one frame, for a protocol that puts many messages into one; else as much of a
   * recovery as is told at once. The messages that come after those of a `joined` are to follow by themselves; those that
   * a page leaves out are in the next one.
   */
  cut?<A extends Answer>(answer: A, room: FrameRoom): A;
  /**
   * The socket stopped listening to a room without having asked for it: the member was removed, or the room, or it may look
   * at it no longer. Where the URL names that room, the close that follows.
   */
  ended?(
    roomId: string,
    why: 'left' | 'gone' | 'unwatched',
  ): { readonly code: number; readonly reason: string } | undefined;
}

/** How a protocol is chosen and made. */
export interface ProtocolKind {
  /** Subprotocols it answers to, best first; empty when it has none. */
  readonly subprotocols: readonly string[];
  /**
   * Sent first to a client of this protocol that may already have taken a stray byte (SockJS's `o`) for the beginning of
   * a frame; ends that frame. Absent: nothing.
   */
  readonly preamble?: string;
  /** Whether a first frame, on a socket without subprotocol, is this protocol's. */
  sniff(frame: string | Uint8Array): boolean;
  create(options: { subprotocol: string | null }): Codec;
}
