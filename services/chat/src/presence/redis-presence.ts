import type { Clock, Logger } from '@gongu/host';
import { createRedisLink } from '../redis/redis-link.ts';
import type { RedisClient, RedisTarget } from '../redis/redis-url.ts';
import { redisWords } from '../redis/redis-words.ts';
import { createRefusals, type Refusals } from '../redis/refusals.ts';
import { createRights, isOfReplica } from '../redis/rights.ts';
import type { Presence } from '../room/ports/presence.ts';
import { createOwnRooms } from './own-rooms.ts';
import { createPresenceKeys } from './presence-keys.ts';
import { presenceNeeds } from './presence-needs.ts';
import { definePresenceScripts, runHeartbeat } from './presence-scripts.ts';
import { createRemoteRooms } from './remote-rooms.ts';
import { createRoomBook } from './room-book.ts';

export interface RedisPresenceOptions {
  readonly redis: RedisTarget;
  readonly log: Logger;
  readonly clock: Clock;
  /** This process, and no other process at any time. */
  readonly instanceId: string;
  /** Sockets connected to this instance, in rooms or not. */
  readonly openSockets: () => number;
  /** Users who went offline because their instance died without a word; only of rooms with users here. */
  readonly onGone?: (roomId: string, userIds: readonly string[]) => void;
  /** Is told what Redis does not allow. Default: its own. */
  readonly refusals?: Refusals;
  /** Keeps apart what else uses the same Redis. Default `gongu`. */
  readonly prefix?: string;
  /** Milliseconds after its last heartbeat for which an instance's users count as online. Default 4 000. */
  readonly leaseMs?: number;
}

/** Milliseconds between renewals of the lease. */
const HEARTBEAT_MS = 1_000;
/** Milliseconds until an unanswered command is given up. */
const COMMAND_MS = 1_000;
/** Heartbeats in a row that may fail before the connection is replaced: it may be half-open. */
const FAILURES = 2;
/** The same where Redis is a replica. */
const REFUSALS = 10;
/** Heartbeats after Redis was away until an instance that has no lease is gone: it may be about to take a new one. */
const GRACE_HEARTBEATS = 5;
/** Heartbeats after which all is told anew, long before Redis forgets it: 20 minutes. */
const RENEWAL_HEARTBEATS = 1_200;
/** Milliseconds that `close` waits for Redis. */
const GOODBYE_MS = 500;

/**
 * Presence over Redis. What is here is known here and answered at once; Redis is told of it in batches and asked for the
 * rest. Each instance holds a lease that it renews every second: without one its users are offline, at the latest
 * `leaseMs` + 1 s after it died. While Redis is away this instance knows only its own; when Redis is back, full or
 * empty, all is told anew.
 */
export function createRedisPresence(options: RedisPresenceOptions): Presence {
  const { redis, log, clock, instanceId, openSockets, onGone, prefix = 'gongu', leaseMs = 4_000 } = options;
  const { refusals = createRefusals({ log }) } = options;
  const keys = createPresenceKeys(prefix);
  const book = createRoomBook();
  /** The other instances as of the last heartbeat. */
  let others: ReadonlySet<string> = new Set();
  let othersSockets = 0;
  /** Instances that have no lease any more, and the heartbeat from which on they are gone. */
  const leaving = new Map<string, number>();
  let heardAt = Number.NEGATIVE_INFINITY;
  let isTicking = false;
  let failures = 0;
  let heartbeats = 0;
  let closed: Promise<void> | null = null;

  const rights = createRights({
    name: 'presence',
    needs: presenceNeeds(prefix),
    client: () => link.client(),
    clock,
    refusals,
  });
  const failed = (error: unknown, what: string) => {
    log.debug({ reason: redisWords(error) }, what);
    return rights.isRefusal(error);
  };
  const known = () => clock.monotonic() - heardAt <= leaseMs;
  const own = createOwnRooms({
    client: () => link.client(),
    book,
    keys,
    instanceId,
    clock,
    onFailure: (error) => failed(error, 'presence was not told'),
  });
  const remote = createRemoteRooms({
    client: () => link.client(),
    book,
    keys,
    clock,
    instanceId,
    others: () => (known() ? others : null),
    onFailure: (error) => failed(error, 'presence was not read'),
  });
  const link = createRedisLink({
    open: () => redis.open({ name: `${prefix} presence`, commandTimeoutMs: COMMAND_MS }),
    name: 'presence',
    clock,
    log,
    onReady(client) {
      definePresenceScripts(client);
      failures = 0;
      rights.check();
      own.all();
      void heartbeat();
    },
    onDown() {},
  });
  const timer = clock.setInterval(() => void heartbeat(), HEARTBEAT_MS);

  async function heartbeat(): Promise<void> {
    const client = link.client();
    if (!client || isTicking) return;
    isTicking = true;
    try {
      await renew(client);
      failures = 0;
    } catch (error) {
      const refused = failed(error, 'the lease of presence was not renewed');
      failures += 1;
      const isOver = failures >= (refused ? REFUSALS : FAILURES) && link.client() === client;
      // Another connection would be refused as well, but for one to the primary that there may be at that address by now.
      if (isOver && (!refused || isOfReplica(error))) link.replace('the lease was not renewed');
      if (refused) return;
    } finally {
      isTicking = false;
    }
    remote.sweep();
  }

  async function renew(client: RedisClient): Promise<void> {
    const [good, sockets, ...ids] = await runHeartbeat(
      client,
      keys.leases,
      keys.sockets,
      instanceId,
      leaseMs,
      openSockets(),
    );
    heartbeats += 1;
    const present = new Set(ids);
    for (const id of others) if (!present.has(id)) leaving.set(id, heartbeats + (known() ? 0 : GRACE_HEARTBEATS));
    others = present;
    othersSockets = sockets;
    heardAt = clock.monotonic();
    // No lease any more: Redis was emptied, or the others have taken us for dead.
    if (good === 0 || heartbeats % RENEWAL_HEARTBEATS === 0) own.all();
    for (const [id, goneAt] of leaving) {
      if (heartbeats < goneAt && !present.has(id)) continue;
      leaving.delete(id);
      if (!present.has(id)) void tellGone(id);
    }
  }

  async function tellGone(id: string): Promise<void> {
    for (const [roomId, userIds] of await remote.gone(id)) if (userIds.length > 0) onGone?.(roomId, userIds);
  }

  async function close(): Promise<void> {
    clock.clear(timer);
    rights.close();
    own.close();
    const client = link.client();
    if (client) {
      const goodbye = Promise.all([client.zrem(keys.leases, instanceId), client.hdel(keys.sockets, instanceId)]);
      await Promise.race([
        goodbye.catch(() => {}),
        new Promise<void>((resolve) => clock.setTimeout(resolve, GOODBYE_MS)),
      ]);
    }
    await link.close();
  }

  return {
    enter(roomId, userId, connectionId) {
      const first = book.enter(roomId, userId, connectionId);
      if (first) changed(roomId, userId, true);
      return first;
    },
    leave(roomId, userId, connectionId) {
      const last = book.leave(roomId, userId, connectionId);
      if (last) changed(roomId, userId, false);
      return last;
    },
    view: remote.view,
    connections: async () => openSockets() + (known() ? othersSockets : 0),
    close() {
      closed ??= close();
      return closed;
    },
  };

  function changed(roomId: string, userId: string, online: boolean): void {
    remote.changed(roomId, userId, online);
    own.changed(roomId, userId);
  }
}
