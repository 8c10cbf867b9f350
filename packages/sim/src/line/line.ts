import type { Received } from '../check/evidence.ts';
import type { Random } from '../random.ts';

/** What a line tells whoever talks on it; after `onOver`, nothing. */
export interface LineHandlers {
  /** Anything came: the connection lives. @param text what it was, where it was a text */
  onAlive(text?: string): void;
  onJoined(): void;
  onMessage(message: Received): void;
  /** The server does not send all that was missed: it goes on after `seq`. */
  onRestarted(seq: number): void;
  /** It was too slow, and asks for what it missed. @param afterSeq where the server says to go on */
  onResync(afterSeq: number): void;
  onAck(id: string, seq: number | null): void;
  /** @param id what was refused; null: the join */
  onRefused(id: string | null, code: string, retryAfterMs?: number): void;
  onOver(reason: string, more?: LineEnd): void;
}

/** What is known of the end of a line, beside its reason. */
export interface LineEnd {
  /** Close code, where the protocol has one. */
  readonly code?: number;
  /** The server has said when to come back. */
  readonly waitMs?: number;
}

/** One connection to one room. */
export interface Line {
  /** @param mentions `userId`s; protocols that hide changes do not tell them */
  say(id: string, content: string, mentions?: readonly string[]): void;
  /** Asks for any sign of life. */
  ping(): void;
  /** Ends it at once, without waiting for the other side. */
  end(): void;
}

/** One whose client can stop reading: the kernel's buffers fill, and then the server's queue. */
export interface PausableLine extends Line {
  pause(): void;
  resume(): void;
}

/** Where and as whom to connect. */
export interface Call {
  /** `http://127.0.0.1:…`, through the client's own proxy. */
  readonly url: string;
  readonly token: string;
  readonly userId: string;
  readonly roomId: string;
  /** The last `seq` that is here; 0: none. */
  readonly after: () => number;
  /** The client's own clock, which may be wrong. */
  readonly nowMs: () => number;
  readonly random: Random;
  readonly handlers: LineHandlers;
  /** Something that must not stand in a log. */
  readonly secret: (text: string) => void;
}

/** `LOBBY_ROOM_ID`, as services have it by default: the room of who names none. */
export const LOBBY = 'lobby';

/** Begins to connect. */
export type Dial = (call: Call) => Line;

export interface Protocol {
  readonly name: string;
  readonly dial: Dial;
  /** Whether what is said is answered; else only handlers it says that it is stored. */
  readonly answers: boolean;
  /** Requests alone, so that its users never are online. @default false */
  readonly isSilent?: boolean;
  /** It tells no rows of change: its clients show messages as they were when they came. @default false */
  readonly hidesChanges?: boolean;
}

/** A protocol inside a channel of texts. */
export interface Speech {
  /** The channel is open. */
  opened(): void;
  receive(text: string): void;
  say(id: string, content: string, mentions?: readonly string[]): void;
  ping(): void;
}

/** @param send puts a text into the channel */
export type Speak = (call: Call, send: (text: string) => void) => Speech;

/** A message of JSON as {@link Received}; null when it is none. */
export function messageOf(message: unknown): Received | null {
  const { seq, kind, content, sender, clientMessageId, version, data } = (message ?? {}) as {
    [name in keyof Received]?: Received[name];
  } & { sender?: { userId: string } | null };
  if (typeof seq !== 'number' || typeof kind !== 'string' || typeof content !== 'string') return null;
  const from = sender as unknown as { userId: string } | null | undefined;
  const userId = from === undefined ? undefined : (from?.userId ?? null);
  return { seq, kind, content, sender: userId, clientMessageId, version, data };
}

/** What a text says as JSON; null when it is none. */
export function jsonOf(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}
