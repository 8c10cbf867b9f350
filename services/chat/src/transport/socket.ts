/** Where a socket comes from. For logs and rate limits; never for authentication. */
export interface Peer {
  /** The client's address, as far as TRUST_PROXY lets it be known. */
  readonly address: string;
  /** The same and the proxies that named it, nearest first; absent where none is trusted. */
  readonly hops?: string[];
}

/** What the client presented before its first frame. */
export interface Hello {
  /** Path without query. */
  readonly path: string;
  /** Query parameters, tokens and tickets included: never log it. */
  readonly query: URLSearchParams;
  /** The subprotocol that was agreed on; null when none was. */
  readonly subprotocol: string | null;
  /** Who the socket is for: whom the upgrade's token or ticket named, or who was made for it; null when nobody. */
  readonly user: Identity | null;
  /** Whether a token or ticket was presented. A `user` without one was made for the upgrade. */
  readonly tokenPresent: boolean;
  readonly peer: Peer;
  /** `x-request-id` of the handshake, for logs. */
  readonly requestId: string;
}

/** A verified identity, as the transport hands it on without looking into it. */
export interface Identity {
  readonly userId: string;
  readonly nickname: string;
  readonly tag: string | null;
  readonly roles: readonly string[];
  readonly anon: boolean;
  readonly visitor?: boolean;
  readonly expiresAtMs: number;
}

/**
 * How a transport wraps one text for its wire. Sockets with equal `key` wrap alike, so a text for many of them is
 * wrapped once and its bytes are shared.
 */
export interface Framing {
  readonly key: string;
  frame(text: string): Buffer;
  /** Bytes that a text is to its client: not fewer than it has on the wire. */
  bytes(text: string): number;
  /** Several framed texts as one piece to write. */
  join(frames: readonly Buffer[]): Buffer;
}

/** A duplex text channel, whatever carries it. Nothing here throws: a socket that is gone swallows what it is given. */
export interface Socket {
  /** Unique in this process; `connectionId` on the wire and in logs. */
  readonly id: string;
  readonly framing: Framing;
  readonly peer: Peer;
  /** Frames and queues one text. */
  send(text: string): void;
  /** Queues bytes made by this socket's `framing`. All that one turn of the event loop queues goes out in one write. */
  write(framed: Buffer): void;
  /** Bytes queued here and not yet taken by the kernel; up to some 16 KiB of them may be left out. */
  queuedBytes(): number;
  /** Stops (true) or resumes (false) taking frames from the client: it doesn't read, so it shan't ask for more. */
  pause(paused: boolean): void;
  /** Says goodbye and closes; what was queued before goes out first. `reason` is cut to 123 bytes of UTF-8. */
  close(code: number, reason?: string): void;
  /** Ends the connection without a word. */
  terminate(): void;
}

/** The side that listens to a socket. */
export interface Inbound {
  /** One inbound message. Bytes may end inside a character. */
  frame(data: string | Uint8Array): void;
  /** The queue has run empty, but for what may be left out of `queuedBytes`. */
  drained(): void;
  /** The connection is over; called once. 1006 when no close frame came. */
  closed(code: number, reason: string): void;
}

/** Takes a new socket. Synchronous: frames may follow in the same turn. */
export type Accept = (socket: Socket, hello: Hello) => Inbound;
