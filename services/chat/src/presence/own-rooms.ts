import type { Clock, Timer } from '@gongu/host';
import type { RedisClient } from '../redis/redis-url.ts';
import type { PresenceKeys } from './presence-keys.ts';
import { runTells, type Tell } from './presence-scripts.ts';
import type { RoomBook } from './room-book.ts';

export interface OwnRoomsOptions {
  readonly client: () => RedisClient | null;
  readonly book: RoomBook;
  readonly keys: PresenceKeys;
  readonly instanceId: string;
  readonly clock: Clock;
  /** Hears of what Redis refused. */
  readonly onFailure: (error: unknown) => void;
}

/** Tells Redis which users this instance has in its rooms. */
export interface OwnRooms {
  /** The user came into the room here, or went. */
  changed(roomId: string, userId: string): void;
  /** Redis may know nothing, or something old: all is told anew. */
  all(): void;
  /** Sends what is not sent yet. Never rejects. */
  flush(): Promise<void>;
  close(): void;
}

/** Milliseconds in which changes gather: a reconnect storm becomes a few writes. */
const GATHER_MS = 50;
/** Milliseconds after a failure. */
const RETRY_MS = 500;
/** Scripts in one write (more only where a single room needs them), and users in one script. */
const MOST_TELLS = 500;
const MOST_USERS = 1_000;
/** Users in one write, likewise. */
const MOST_USERS_AT_ONCE = 10_000;
/** Seconds after which Redis forgets what nobody renewed: only then an instance that died is forgotten altogether. */
const TTL_SECONDS = 3_600;

export function createOwnRooms({ client, book, keys, instanceId, clock, onFailure }: OwnRoomsOptions): OwnRooms {
  /** Users to tell of, by room; null: all users of the room, anew. */
  let pending = new Map<string, Set<string> | null>();
  /** Rooms of which Redis may hold something of ours. */
  const told = new Set<string>();
  let version = 0;
  let timer: Timer | undefined;
  let flushing: Promise<void> | null = null;
  let closed = false;

  function schedule(ms: number): void {
    if (closed || timer || flushing || pending.size === 0 || !client()) return;
    timer = clock.setTimeout(() => {
      timer = undefined;
      void flush();
    }, ms);
  }

  function flush(): Promise<void> {
    flushing ??= sendAll().finally(() => {
      flushing = null;
      schedule(GATHER_MS);
    });
    return flushing;
  }

  async function sendAll(): Promise<void> {
    while (pending.size > 0 && !closed) {
      const redis = client();
      if (!redis) return;
      const { tells, rooms } = take();
      const failures = await runTells(redis, tells).catch((error) => new Map(tells.map((_, i) => [i, error])));
      const doubtful = new Set([...failures.keys()].map((i) => rooms[i]!));
      // Whether it was done can't be known: told anew, it does not matter.
      for (const roomId of doubtful) pending.set(roomId, null);
      for (const roomId of rooms) {
        if (!doubtful.has(roomId) && !pending.has(roomId) && book.count(roomId) === 0) told.delete(roomId);
      }
      for (const error of failures.values()) {
        onFailure(error);
        break;
      }
      if (failures.size === 0) continue;
      await new Promise<void>((resolve) => clock.setTimeout(resolve, RETRY_MS));
    }
  }

  /** The next commands, with the room of each. */
  function take(): { tells: Tell[]; rooms: string[] } {
    const tells: Tell[] = [];
    const rooms: string[] = [];
    let users = 0;
    for (const [roomId, changed] of pending) {
      if (tells.length >= MOST_TELLS || users >= MOST_USERS_AT_ONCE) break;
      pending.delete(roomId);
      told.add(roomId);
      users += changed?.size ?? book.count(roomId);
      const own = tellsOf(roomId, changed);
      tells.push(...own);
      for (const _ of own) rooms.push(roomId);
    }
    return { tells, rooms };
  }

  function tellsOf(roomId: string, users: ReadonlySet<string> | null): Tell[] {
    const list = [...(users ?? book.users(roomId))];
    const tells: Tell[] = [];
    for (let i = 0; i < list.length || (i === 0 && users === null); i += MOST_USERS) {
      const part = list.slice(i, i + MOST_USERS);
      const came = part.filter((userId) => book.has(roomId, userId));
      const went = part.filter((userId) => !book.has(roomId, userId));
      const anew = users === null && i === 0 ? 1 : 0;
      version += 1;
      const head = [keys.versions(roomId), keys.users(roomId, instanceId), instanceId, version] as const;
      tells.push([...head, TTL_SECONDS, anew, came.length, ...came, ...went]);
    }
    return tells;
  }

  return {
    changed(roomId, userId) {
      // Once Redis is back, all is told anew anyway.
      if (closed || !client()) return;
      const users = pending.get(roomId);
      if (users === undefined) pending.set(roomId, new Set([userId]));
      else users?.add(userId);
      schedule(GATHER_MS);
    },
    all() {
      pending = new Map([...told, ...book.rooms()].map((roomId) => [roomId, null]));
      schedule(0);
    },
    flush,
    close() {
      closed = true;
      clock.clear(timer);
    },
  };
}
