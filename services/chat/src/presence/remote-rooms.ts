import type { Clock } from '@gongu/host';
import type { RedisClient } from '../redis/redis-url.ts';
import type { PresenceView } from '../room/ports/presence.ts';
import type { PresenceKeys } from './presence-keys.ts';
import { createRemoteUsers, type RemoteUsers } from './remote-users.ts';
import type { RoomBook } from './room-book.ts';

export interface RemoteRoomsOptions {
  readonly client: () => RedisClient | null;
  readonly book: RoomBook;
  readonly keys: PresenceKeys;
  readonly clock: Clock;
  /** The other instances that hold a lease; null while Redis can't be asked. */
  readonly others: () => ReadonlySet<string> | null;
  /** This instance, which is never read back. */
  readonly instanceId: string;
  /** Hears of what Redis did not answer. */
  readonly onFailure: (error: unknown) => void;
}

/** What the other instances have in the rooms that are asked for. */
export interface RemoteRooms {
  /** Together with what is here. Never rejects; waits for Redis 200 ms at most. */
  view(roomId: string): Promise<PresenceView>;
  /** A user's first socket came here, or the last one went. */
  changed(roomId: string, userId: string, online: boolean): void;
  /** An instance is gone: which of its users are online nowhere any more, in the rooms that have users here. */
  gone(instanceId: string): Promise<ReadonlyMap<string, readonly string[]>>;
  /** Forgets rooms that nobody asked for in a while. */
  sweep(): void;
}

/** Milliseconds for which a room is not read again: so long, and 1 more for every 10 users elsewhere. */
const FRESH_MS = 400;
const USERS_PER_MS = 10;
/** Milliseconds that `view` waits for Redis. */
const WAIT_MS = 200;
/** Milliseconds until a room is asked for again after a failure. */
const RETRY_MS = 1_000;
/** Milliseconds without a question after which a room leaves the memory. */
const IDLE_MS = 30_000;
/** Milliseconds for which an instance without a lease may be one that has only just come. */
const STRANGER_MS = 30_000;
/** Users read in one answer, about. */
const PAGE_USERS = 1_000;
/** Rooms asked for in one go. */
const MOST_ROOMS = 500;

interface Cached {
  readonly remote: RemoteUsers;
  readAt: number;
  askedAt: number;
  failedAt: number;
  reading: Promise<void> | null;
}

export function createRemoteRooms(options: RemoteRoomsOptions): RemoteRooms {
  const { client, book, keys, clock, others, instanceId, onFailure } = options;
  const cache = new Map<string, Cached>();
  /** Instances named by rooms but without a lease, and since when. */
  const strangers = new Map<string, number>();

  function viewOf(roomId: string, remote: RemoteUsers | null): PresenceView {
    const count = book.count(roomId) + (remote ? remote.elsewhere() : 0);
    return {
      count,
      has: (userId) => book.has(roomId, userId) || (remote?.has(userId) ?? false),
      users: () => [...book.users(roomId), ...(remote?.users() ?? [])],
    };
  }

  async function read(
    redis: RedisClient,
    roomId: string,
    { remote }: Cached,
    live: ReadonlySet<string>,
  ): Promise<void> {
    const versions = await redis.hgetall(keys.versions(roomId));
    remote.keep((id) => live.has(id) && versions[id] !== undefined);
    await Promise.all(
      Object.entries(versions).map(async ([id, version]) => {
        if (id === instanceId) return;
        if (!live.has(id)) return forgetStranger(redis, roomId, id);
        strangers.delete(id);
        if (remote.version(id) === version) return;
        remote.set(id, version, await usersOf(redis, keys.users(roomId, id)));
      }),
    );
  }

  /** Takes out of a room what an instance left there that has had no lease for so long that it must be dead. */
  async function forgetStranger(redis: RedisClient, roomId: string, id: string): Promise<void> {
    const since = strangers.get(id);
    if (since === undefined) strangers.set(id, clock.monotonic());
    else if (clock.monotonic() - since >= STRANGER_MS) {
      await redis.hdel(keys.versions(roomId), id);
      await redis.unlink(keys.users(roomId, id));
    }
  }

  function refresh(roomId: string, entry: Cached, live: ReadonlySet<string>): Promise<void> {
    const redis = client();
    if (!redis) return Promise.resolve();
    entry.reading ??= read(redis, roomId, entry, live)
      .then(() => {
        entry.readAt = clock.monotonic();
      })
      .catch((error) => {
        onFailure(error);
        // What was read before stands for a while; that Redis is away is told by the heartbeat.
        entry.failedAt = clock.monotonic();
      })
      .finally(() => {
        entry.reading = null;
      });
    return entry.reading;
  }

  function isFresh(entry: Cached): boolean {
    const now = clock.monotonic();
    return now - entry.readAt < FRESH_MS + entry.remote.size / USERS_PER_MS || now - entry.failedAt < RETRY_MS;
  }

  async function view(roomId: string): Promise<PresenceView> {
    const live = others();
    if (!live || live.size === 0) return viewOf(roomId, null);
    const entry = cache.get(roomId) ?? {
      remote: createRemoteUsers(() => book.users(roomId)),
      readAt: Number.NEGATIVE_INFINITY,
      failedAt: Number.NEGATIVE_INFINITY,
      askedAt: 0,
      reading: null,
    };
    cache.set(roomId, entry);
    entry.askedAt = clock.monotonic();
    if (!isFresh(entry)) await within(clock, refresh(roomId, entry, live), WAIT_MS);
    return viewOf(roomId, entry.remote);
  }

  return {
    view,

    changed(roomId, userId, online) {
      cache.get(roomId)?.remote.localChanged(userId, online);
    },

    async gone(id) {
      const left = new Map<string, readonly string[]>();
      for (const entry of cache.values()) entry.remote.keep((other) => other !== id);
      const rooms = [...book.rooms()];
      for (let i = 0; i < rooms.length; i += MOST_ROOMS) {
        const redis = client();
        if (!redis) break;
        const part = rooms.slice(i, i + MOST_ROOMS);
        const sets = await Promise.all(part.map((roomId) => usersOf(redis, keys.users(roomId, id)).catch(() => [])));
        for (const [j, users] of sets.entries()) {
          if (users.length === 0) continue;
          const roomId = part[j]!;
          const { has } = await view(roomId);
          left.set(
            roomId,
            users.filter((userId) => !has(userId)),
          );
        }
      }
      return left;
    },

    sweep() {
      const now = clock.monotonic();
      for (const [roomId, entry] of cache) if (now - entry.askedAt > IDLE_MS) cache.delete(roomId);
      for (const [id, since] of strangers) if (now - since > 10 * STRANGER_MS) strangers.delete(id);
    },
  };
}

/**
 * A set of users, in pages: one answer of tens of thousands would keep Redis and this process busy for everybody. Who came
 * or went meanwhile may be missing or not; the set's version has changed then, and the next look reads it again.
 */
async function usersOf(redis: RedisClient, key: string): Promise<string[]> {
  const users = new Set<string>();
  let cursor = '0';
  do {
    const [next, page] = await redis.sscan(key, cursor, 'COUNT', PAGE_USERS);
    for (const userId of page) users.add(userId);
    cursor = next;
  } while (cursor !== '0');
  return [...users];
}

/** Waits for `work`, but not longer than `ms`. */
async function within(clock: Clock, work: Promise<void>, ms: number): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = clock.setTimeout(resolve, ms);
    void work.then(() => {
      clock.clear(timer);
      resolve();
    });
  });
}
