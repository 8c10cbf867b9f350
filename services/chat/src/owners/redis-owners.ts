import type { Clock, Logger } from '@gongu/host';
import { createRedisLink } from '../redis/redis-link.ts';
import type { RedisClient, RedisTarget } from '../redis/redis-url.ts';
import { redisWords } from '../redis/redis-words.ts';
import { createRefusals, type Refusals } from '../redis/refusals.ts';
import { createRights, type Needs } from '../redis/rights.ts';
import type { SessionOwners } from '../transport/sockjs/owners.ts';
import { type OwnerValues, PLAIN_OWNERS } from './owner-value.ts';
import releaseScript from './release-1.lua?raw' with { type: 'text' };
import renewScript from './renew-1.lua?raw' with { type: 'text' };

export interface RedisOwnersOptions {
  readonly redis: RedisTarget;
  readonly log: Logger;
  readonly clock: Clock;
  /** URL at which the other instances reach this one. Asked each time: the port may be known only after the start. */
  readonly self: () => string;
  /** Is told what Redis does not allow. Default: its own. */
  readonly refusals?: Refusals;
  /** Keeps apart what else uses the same Redis. Default `gongu`. */
  readonly prefix?: string;
  /** How owners stand in Redis. Default: their URLs as they are. */
  readonly values?: OwnerValues;
  /** Milliseconds after which the claims of an instance that died are forgotten. Default 60 000. */
  readonly ttlMs?: number;
}

export interface RedisOwners extends SessionOwners {
  /** Forgets the claims of this instance and leaves. */
  close(): Promise<void>;
}

/** Milliseconds until an unanswered command is given up: a SockJS client gives a transport little more until its `o`. */
const COMMAND_MS = 500;
/** Commands in a row that may fail before the connection is replaced: it may be half-open. */
const FAILURES = 2;
/** Milliseconds that `close` waits for Redis. */
const GOODBYE_MS = 500;
/** Claims that are renewed in one go, so that no command waits behind all of them. */
const BATCH = 500;

/**
 * Owners of the sessions of all instances on one Redis. Claims are renewed while their sessions live, and made again
 * when Redis comes back empty. While Redis is away, every instance finds only its own claims and gives itself what it is
 * asked for: then long polling and streaming need a balancer that keeps a session on one instance.
 */
export function createRedisOwners(options: RedisOwnersOptions): RedisOwners {
  const { redis, log, clock, self, prefix = 'gongu', ttlMs = 60_000, values = PLAIN_OWNERS } = options;
  const { refusals = createRefusals({ log }) } = options;
  const key = (sessionId: string) => `${prefix}:sockjs:${sessionId}`;
  const written = (sessionId: string) => values.write(key(sessionId), self(), ttlMs);
  const held = new Set<string>();
  let failures = 0;
  let renewing = false;
  let again = false;
  let closed: Promise<void> | null = null;

  const link = createRedisLink({
    open: () => redis.open({ name: `${prefix} owners`, commandTimeoutMs: COMMAND_MS }),
    name: 'owners',
    clock,
    log,
    onReady(client) {
      failures = 0;
      rights.check();
      defineOwnerScripts(client);
      void renew();
    },
    onDown() {},
  });
  const rights = createRights({ name: 'owners', needs: ownerNeeds(prefix), client: link.client, clock, refusals });
  const timer = clock.setInterval(() => void renew(), ttlMs / 3);

  /** What Redis says, or `away` while it says nothing. */
  async function ask<T>(away: T, command: (client: RedisClient) => Promise<T>): Promise<T> {
    const client = link.client();
    if (!client) return away;
    try {
      const answer = await command(client);
      failures = 0;
      return answer;
    } catch (error) {
      log.debug({ reason: redisWords(error) }, 'owners were not answered');
      // Another connection would be refused as well.
      if (rights.isRefusal(error)) return away;
      failures += 1;
      if (failures >= FAILURES && link.client() === client) link.replace('owners are not answered');
      return away;
    }
  }

  async function renew(): Promise<void> {
    // Under way, perhaps with a client that is no more: all of it once more.
    again = renewing;
    if (renewing) return;
    renewing = true;
    const ids = [...held];
    for (let i = 0; i < ids.length && link.client(); i += BATCH) {
      const batch = ids.slice(i, i + BATCH).filter((id) => held.has(id));
      await ask<unknown>(null, (client) =>
        Promise.all(
          batch.map((id) => scripted(client).gonguRenew(key(id), self(), values.ownerOf(self()), ttlMs, written(id))),
        ),
      );
    }
    renewing = false;
    if (again) await renew();
  }

  async function claim(sessionId: string): Promise<string> {
    const owner = await ask(self(), async (client) => {
      // Between the two commands the other's claim may end; then this one is made again.
      for (let tries = 0; tries < 3; tries++) {
        if (await client.set(key(sessionId), written(sessionId), 'PX', ttlMs, 'NX')) return self();
        const other = await client.get(key(sessionId));
        if (other === null) continue;
        const url = values.read(key(sessionId), other);
        if (url !== null) return url;
        log.warn({ event: 'owner.refused' }, 'an owner in Redis that none of our instances wrote is written over');
        await client.set(key(sessionId), written(sessionId), 'PX', ttlMs);
        return self();
      }
      return self();
    });
    if (owner === self()) held.add(sessionId);
    return owner;
  }

  async function close(): Promise<void> {
    clock.clear(timer);
    rights.close();
    const ids = [...held];
    held.clear();
    await Promise.race([
      ask<unknown>(null, (client) =>
        Promise.all(ids.map((id) => scripted(client).gonguRelease(key(id), self(), values.ownerOf(self())))),
      ),
      new Promise<void>((resolve) => clock.setTimeout(resolve, GOODBYE_MS)),
    ]);
    await link.close();
  }

  return {
    get self() {
      return self();
    },
    claim,
    async find(sessionId) {
      return ask(held.has(sessionId) ? self() : null, async (client) => {
        const value = await client.get(key(sessionId));
        return value === null ? null : values.read(key(sessionId), value);
      });
    },
    async release(sessionId, owner) {
      if (owner === self()) held.delete(sessionId);
      await ask<unknown>(null, (client) => scripted(client).gonguRelease(key(sessionId), owner, values.ownerOf(owner)));
    },
    close() {
      closed ??= close();
      return closed;
    },
  };
}

/** A client that knows the scripts of claims. */
interface Scripted {
  gonguRelease(key: string, url: string, owner: string): Promise<number>;
  gonguRenew(key: string, url: string, owner: string, ttlMs: number, written: string): Promise<number>;
}

/** Makes the scripts of claims known to a new client; Redis is sent their text once for each connection. */
function defineOwnerScripts(client: RedisClient): void {
  client.defineCommand('gonguRelease', { numberOfKeys: 1, lua: releaseScript });
  client.defineCommand('gonguRenew', { numberOfKeys: 1, lua: renewScript });
}

function scripted(client: RedisClient): Scripted {
  return client as unknown as Scripted;
}

/** What the owners of sessions ask of Redis, in their scripts and beside them. */
function ownerNeeds(prefix: string): Needs {
  // The key of no session: each has an id.
  const key = `${prefix}:sockjs:`;
  return {
    place: `~${key}*`,
    commands: {
      '+eval': (redis) => redis.eval('return 1', 1, key),
      '+evalsha': (redis) => redis.evalsha('0'.repeat(40), 1, key),
      '+get': (redis) => redis.get(key),
      '+set': (redis) => redis.set(key, '', 'PX', 1, 'XX'),
      '+del': (redis) => redis.del(key),
    },
  };
}
