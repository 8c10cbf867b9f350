import { randomUUID } from 'node:crypto';
import type { Clock, Logger } from '@gongu/host';
import { createLocalBus, type LocalExchange } from '../bus/local-bus.ts';
import { createRedisBus } from '../bus/redis-bus.ts';
import { createSharedBus } from '../bus/shared-bus.ts';
import type { ChatEnv } from '../env.ts';
import { createRedisOwners } from '../owners/redis-owners.ts';
import { createLocalPresence } from '../presence/local-presence.ts';
import { createRedisPresence } from '../presence/redis-presence.ts';
import { redisTarget } from '../redis/redis-url.ts';

export interface LinksOptions {
  readonly env: Pick<ChatEnv, 'REDIS_URL' | 'INSTANCE_URL' | 'CHAT_PORT'>;
  readonly log: Logger;
  readonly clock: Clock;
  /** Where instances of one process hear each other, without Redis. */
  readonly exchange: LocalExchange;
  /** Sockets that are connected here. */
  readonly openSockets: () => number;
  /** Users who went with another instance, which can't say so any more. */
  readonly onGone: (roomId: string, userIds: readonly string[]) => void;
}

/** What joins this instance to the others: over Redis, or what there is without. */
export function createLinks({ env, log, clock, exchange, openSockets, onGone }: LinksOptions) {
  const redis = env.REDIS_URL === undefined ? null : redisTarget(env.REDIS_URL);
  const instance = { log, clock, instanceId: randomUUID() };
  // Where the others reach this instance; its port may be known only after the start.
  let url = env.INSTANCE_URL ?? `http://127.0.0.1:${env.CHAT_PORT}`;

  function peerHeard(): void {
    if (env.INSTANCE_URL !== undefined) return;
    log.warn({ event: 'instance.url-unset', url }, 'other instances share this Redis and INSTANCE_URL is not set');
  }

  const bus = redis ? createRedisBus({ redis, ...instance, peerHeard }) : createLocalBus({ exchange });
  const presence = redis
    ? createRedisPresence({ redis, ...instance, openSockets, onGone })
    : createLocalPresence({ openSockets });
  const owners = redis ? createRedisOwners({ redis, log, clock, self: () => url }) : null;

  return {
    bus,
    /** The bus, for a part that follows channels of its own. */
    branch: createSharedBus(bus).branch,
    presence,
    /** Null: the sessions of SockJS are all here. */
    owners,
    /** The port that the instance listens on. */
    listening(port: number): void {
      url = env.INSTANCE_URL ?? `http://127.0.0.1:${port}`;
    },
    close: () => Promise.all([bus.close(), presence.close(), owners?.close()]),
  };
}
