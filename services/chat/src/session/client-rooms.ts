import { AppError, LIMITS } from '@gongu/shared';

/**
 * How a command is ordered among those of its socket and its room.
 *
 * - `free`: begins at once; where ordered ones of its room are under way (its join), in its turn. None waits for it.
 * - `send`: the same, and a `last` one waits for it. Sends go to the append together, which keeps them in their order.
 * - `ordered`: begins when the ordered ones of its room before it are done.
 * - `last`: the same, and then waits for all sends to its room that are under way.
 */
export type Lane = 'free' | 'send' | 'ordered' | 'last';

/** Commands of one socket that may wait for their turn. */
const WAITING_MAX = 200;

/** A room that a client looks at. */
export interface Watch {
  /** While its user becomes a member by what he sends: all that he sends waits for that. */
  entering: Promise<void> | null;
}

/** One client's rooms, and what it does in them. A class with few parts: there is one for every connection. */
export class ClientRooms {
  readonly joined = new Set<string>();
  readonly #ordered = new Ordered();
  /** Rooms that it looks at, its user being no member. */
  #watched: Map<string, Watch> | null = null;
  /** Sends under way, by room: fulfilled when all of them are answered. */
  #sending: Map<string, Promise<unknown>> | null = null;

  /** @throws AppError NOT_A_MEMBER: the client has to join the room first */
  requireJoined(roomId: string): void {
    if (!this.joined.has(roomId)) throw new AppError('NOT_A_MEMBER', { detail: 'Join the room first' });
  }

  /** Rooms that it looks at. */
  get watched(): Iterable<string> {
    return this.#watched?.keys() ?? [];
  }

  /** What it has in a room that it looks at; undefined elsewhere. */
  watchOf(roomId: string): Watch | undefined {
    return this.#watched?.get(roomId);
  }

  /** @throws AppError TOO_LARGE: it looks at as many as one may */
  watch(roomId: string): void {
    this.#watched ??= new Map();
    if (this.#watched.has(roomId)) return;
    if (this.#watched.size >= LIMITS.watches) {
      throw new AppError('TOO_LARGE', { detail: `One socket can watch ${LIMITS.watches} rooms: unwatch some first` });
    }
    this.#watched.set(roomId, { entering: null });
  }

  /** Whether it looked at the room. */
  unwatch(roomId: string): boolean {
    return this.#watched?.delete(roomId) ?? false;
  }

  /**
   * Begins `task`, which must not reject, when its lane says so. A command without a room has the room ''.
   * @throws AppError RATE_LIMITED: too many commands are waiting
   */
  run(lane: Lane, roomId: string, task: () => Promise<void>): void {
    const ordered = this.#ordered;
    const waits = lane === 'ordered' || lane === 'last';
    if (!waits && !ordered.busy(roomId)) return this.#begin(lane, roomId, task);
    if (ordered.size >= WAITING_MAX) {
      throw new AppError('RATE_LIMITED', { detail: 'Too many commands are waiting', retryAfterMs: 1_000 });
    }
    // One that need not wait is begun in its turn and not waited for by what follows.
    ordered.run(roomId, waits ? task : async () => this.#begin(lane, roomId, task));
  }

  /** Fulfilled when all sends to the room that are under way now are answered. */
  async sent(roomId: string): Promise<void> {
    await this.#sending?.get(roomId);
  }

  #begin(lane: Lane, roomId: string, task: () => Promise<void>): void {
    const done = task();
    if (lane !== 'send') return;
    this.#sending ??= new Map();
    const sending = this.#sending;
    const all: Promise<unknown> = Promise.all([sending.get(roomId), done]).then(() => {
      if (sending.get(roomId) === all) sending.delete(roomId);
    });
    sending.set(roomId, all);
  }
}

/**
 * Runs tasks of one key one after the other and tasks of different keys side by side. A key without tasks costs nothing.
 */
export class Ordered {
  /** Null while nothing is under way, as mostly: an empty map takes 184 bytes. */
  #tails: Map<string, Promise<void>> | null = null;
  #size = 0;

  /** Tasks under way and waiting. */
  get size(): number {
    return this.#size;
  }

  /** Whether tasks of `key` are under way: a task that needn't wait by itself has to, then. */
  busy(key: string): boolean {
    return this.#tails?.has(key) ?? false;
  }

  /** `task` must not reject. */
  run(key: string, task: () => Promise<void>): void {
    this.#size++;
    this.#tails ??= new Map();
    const tail = (this.#tails.get(key) ?? Promise.resolve()).then(task).finally(() => {
      if (this.#tails!.get(key) === tail) this.#tails!.delete(key);
      if (--this.#size === 0) this.#tails = null;
    });
    this.#tails.set(key, tail);
  }
}
