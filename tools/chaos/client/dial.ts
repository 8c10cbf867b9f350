import type { Heard } from '@gongu/sim';
import type { Random } from '../plan/random.ts';

/** What a line tells its talker; after `over`, nothing. */
export interface Hearing {
  /** Anything came: the connection lives. */
  alive(): void;
  joined(): void;
  heard(message: Heard): void;
  /** The server does not send all that was missed: it goes on after `seq`. */
  restarted(seq: number): void;
  /** It was too slow, and asks for what it missed. */
  resynced(): void;
  acked(id: string, seq: number | null): void;
  /** @param id what was refused; null: the join */
  refused(id: string | null, code: string, retryAfterMs?: number): void;
  over(reason: string, waitMs?: number): void;
}

/** One connection to one room. */
export interface Line {
  say(id: string, content: string): void;
  /** Asks for any sign of life. */
  ping(): void;
  /** Ends it at once, without waiting for the other side. */
  end(): void;
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
  readonly hearing: Hearing;
  /** Something that must not stand in a log. */
  readonly secret: (text: string) => void;
}

/** Begins to connect. */
export type Dial = (call: Call) => Line;

export interface Protocol {
  readonly name: string;
  readonly dial: Dial;
  /** Whether what is said is answered; else only hearing it says that it is stored. */
  readonly answers: boolean;
}

/** A message of JSON as {@link Heard}; null when it is none. */
export function heardOf(message: unknown): Heard | null {
  const { seq, kind, content, sender, clientMessageId, data } = (message ?? {}) as {
    [name in keyof Heard]?: Heard[name];
  } & { sender?: { userId: string } | null };
  if (typeof seq !== 'number' || typeof kind !== 'string' || typeof content !== 'string') return null;
  const from = sender as unknown as { userId: string } | null | undefined;
  return { seq, kind, content, sender: from === undefined ? undefined : (from?.userId ?? null), clientMessageId, data };
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
