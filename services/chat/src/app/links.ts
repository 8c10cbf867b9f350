import { randomUUID } from 'node:crypto';
import type { Clock, Logger } from '@gongu/host';
import { createLocalBus, type LocalExchange } from '../bus/local-bus.ts';
import { createRedisBus } from '../bus/redis-bus.ts';
import { type BusRefusal, createSealing } from '../bus/sealing.ts';
import { createSharedBus } from '../bus/shared-bus.ts';
import type { ChatEnv } from '../env.ts';
import { createHopTokens } from '../owners/hop-token.ts';
import { createOwnerValues } from '../owners/owner-value.ts';
import { createRedisOwners } from '../owners/redis-owners.ts';
import { createLocalPresence } from '../presence/local-presence.ts';
import { createRedisPresence } from '../presence/redis-presence.ts';
import { redisTarget } from '../redis/redis-url.ts';
import { createRefusals } from '../redis/refusals.ts';
import { createSealKey } from '../redis/seal-key.ts';

export interface LinksOptions {
  readonly env: Pick<ChatEnv, 'REDIS_URL' | 'INSTANCE_URL' | 'CHAT_PORT' | 'SERVICE_JWT_SECRET' | 'BUS_SEAL'>;
  readonly log: Logger;
  readonly clock: Clock;
  /** Where instances of one process hear each other, without Redis. */
  readonly exchange: LocalExchange;
  /** Sockets that are connected here. */
  readonly openSockets: () => number;
  /** Users who went with another instance, which can't say so any more. */
  readonly onGone: (roomId: string, userIds: readonly string[]) => void;
  /** A signal was not heard, as no instance may have said it. */
  readonly onRefused: (reason: BusRefusal) => void;
}

/** What joins this instance to the others: over Redis, or what there is without. */
export function createLinks({ env, log, clock, exchange, openSockets, onGone, onRefused }: LinksOptions) {
  const redis = env.REDIS_URL === undefined ? null : redisTarget(env.REDIS_URL);
  const instance = { log, clock, instanceId: randomUUID() };
  const refusals = createRefusals({ log });
  const seal = { key: createSealKey(env.SERVICE_JWT_SECRET), now: () => clock.now(), isOn: env.BUS_SEAL };
  const sealing = createSealing({ ...seal, instanceId: instance.instanceId });
  // Where the others reach this instance; its port may be known only after the start.
  let url = env.INSTANCE_URL ?? `http://127.0.0.1:${env.CHAT_PORT}`;

  function peerHeard(): void {
    if (env.INSTANCE_URL !== undefined) return;
    log.warn({ event: 'instance.url-unset', url }, 'other instances share this Redis and INSTANCE_URL is not set');
  }

  /** One line for each reason: what goes on is told by the metric. */
  const told = new Set<BusRefusal>();
  function refused(reason: BusRefusal): void {
    onRefused(reason);
    if (told.has(reason)) return;
    told.add(reason);
    log.warn({ event: 'bus.refused', reason }, 'a signal in Redis is not of one of our instances, or comes too late');
  }

  const bus = redis
    ? createRedisBus({ redis, ...instance, refusals, sealing, onRefused: refused, peerHeard })
    : createLocalBus({ exchange });
  const presence = redis
    ? createRedisPresence({ redis, ...instance, refusals, openSockets, onGone })
    : createLocalPresence({ openSockets });
  const owners = redis
    ? createRedisOwners({ redis, log, clock, refusals, self: () => url, values: createOwnerValues(seal) })
    : null;

  return {
    bus,
    /** The bus, for a part that follows channels of its own. */
    branch: createSharedBus(bus).branch,
    presence,
    /** For /readyz: `down` also while Redis answers and does not allow something. */
    state: () => (refusals.any() ? 'down' : bus.state()),
    /** Null: the sessions of SockJS are all here. */
    owners,
    /** Tokens of requests between instances. */
    hops: createHopTokens(seal),
    /** The port that the instance listens on. */
    listening(port: number): void {
      url = env.INSTANCE_URL ?? `http://127.0.0.1:${port}`;
    },
    close: () => Promise.all([bus.close(), presence.close(), owners?.close()]),
  };
}
