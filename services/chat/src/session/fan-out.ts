import type { Event, Summary } from '@gongu/shared';

/** One who listens to a room. */
export interface Listener {
  readonly userId: string;
  /** Listeners with equal keys get equal bytes. */
  key(roomId: string): string;
  /** Events as this listener's bytes; called once per key. Null when its protocol shows none of them. */
  encode(events: readonly (Event | Summary)[]): Buffer | null;
  /** False when its queue is full: nothing was taken. */
  write(bytes: Buffer): boolean;
}

/** An event for a room's listeners: all, all but one user's, or one user's only. */
export interface Pending {
  readonly event: Event | Summary;
  /** Not for this user's sockets. */
  readonly except?: string;
  /** For this user's sockets only. */
  readonly only?: string;
}

/**
 * Writes what one turn of the event loop brought to a room's listeners: rendered, framed and joined once per key, one
 * buffer a socket. `refused` hears of those whose queue is full.
 */
export function fanOut(
  roomId: string,
  pending: readonly Pending[],
  listeners: Iterable<Listener>,
  refused: (listener: Listener) => void,
): number {
  const all = pending.flatMap((entry) => (entry.only === undefined ? [entry.event] : []));
  /** Users who get other events than the rest. */
  const special = new Set(pending.flatMap(({ except, only }) => [except, only].filter((user) => user !== undefined)));
  const shared = new Map<string, Buffer | null>();
  let written = 0;
  for (const listener of listeners) {
    const key = listener.key(roomId);
    const own = special.has(listener.userId);
    let bytes = own ? undefined : shared.get(key);
    if (bytes === undefined) {
      const events = own
        ? pending.filter((entry) => concerns(entry, listener.userId)).map((entry) => entry.event)
        : all;
      bytes = events.length === 0 ? null : listener.encode(events);
      if (!own) shared.set(key, bytes);
    }
    if (bytes === null) continue;
    if (listener.write(bytes)) written++;
    else refused(listener);
  }
  return written;
}

function concerns({ except, only }: Pending, userId: string): boolean {
  return except !== userId && (only === undefined || only === userId);
}
