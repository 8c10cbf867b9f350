import type { ChatEvent } from '../room/event.ts';
import type { Listener } from './listener.ts';

/** As much of a listener as is written to. */
export type FanOutListener = Pick<Listener, 'userId' | 'key' | 'encode' | 'write'>;

/** An event for a room's listeners: all, all but one user's, or one user's only. */
export interface Pending {
  readonly event: ChatEvent;
  /** Not for this user's sockets. */
  readonly except?: string;
  /** For this user's sockets only. */
  readonly only?: string;
}

/**
 * Writes what a room has to tell to its listeners: rendered, framed and joined once per key, one buffer a socket. `onFull`
 * hears of those whose queue is full.
 */
export function fanOut<Some extends FanOutListener>(
  roomId: string,
  pending: readonly Pending[],
  listeners: Iterable<Some>,
  onFull: (listener: Some) => void,
): number {
  const special = specialUsers(pending);
  const all = special
    ? pending.flatMap((entry) => (entry.only === undefined ? [entry.event] : []))
    : pending.map(toEvent);
  const shared = new Map<string, Buffer | null>();
  // Most rooms have clients of one kind.
  let lastKey: string | null = null;
  let lastBytes: Buffer | null = null;
  let written = 0;
  for (const listener of listeners) {
    let bytes: Buffer | null;
    if (special?.has(listener.userId)) {
      bytes = encode(listener, pending.filter((entry) => concerns(entry, listener.userId)).map(toEvent));
    } else {
      const key = listener.key(roomId);
      if (key !== lastKey) {
        lastKey = key;
        const known = shared.get(key);
        lastBytes = known === undefined ? encode(listener, all) : known;
        if (known === undefined) shared.set(key, lastBytes);
      }
      bytes = lastBytes;
    }
    if (bytes === null) continue;
    if (listener.write(bytes)) written++;
    else onFull(listener);
  }
  return written;
}

function toEvent({ event }: Pending): ChatEvent {
  return event;
}

function encode(listener: FanOutListener, events: readonly ChatEvent[]): Buffer | null {
  return events.length === 0 ? null : listener.encode(events);
}

/** Users who get other events than the rest; null: nobody. */
function specialUsers(pending: readonly Pending[]): Set<string> | null {
  let users: Set<string> | null = null;
  for (const { except, only } of pending) {
    const user = except ?? only;
    if (user !== undefined) users = (users ?? new Set()).add(user);
  }
  return users;
}

function concerns({ except, only }: Pending, userId: string): boolean {
  return except !== userId && (only === undefined || only === userId);
}
