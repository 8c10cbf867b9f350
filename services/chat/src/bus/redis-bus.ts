import type { Clock, Logger } from '@gongu/host';
import { createRedisLink } from '../redis/redis-link.ts';
import type { RedisClient, RedisTarget } from '../redis/redis-url.ts';
import { redisWords } from '../redis/redis-words.ts';
import { createRefusals, type Refusals } from '../redis/refusals.ts';
import { createRights, type Rights } from '../redis/rights.ts';
import type { Bus, Signal } from '../room/ports/bus.ts';
import { busNeeds } from './bus-needs.ts';
import { createChannels } from './channels.ts';
import { createEcho } from './echo.ts';
import { createEnvelope } from './envelope.ts';
import { createPublisher } from './publisher.ts';
import { createPulse, HEARTBEAT_MS } from './pulse.ts';
import type { BusRefusal, Sealing } from './sealing.ts';
import { createSubscriptions } from './subscriptions.ts';

export interface RedisBusOptions {
  readonly redis: RedisTarget;
  readonly log: Logger;
  readonly clock: Clock;
  /** This process, and no other process at any time: signals that carry it are not heard. */
  readonly instanceId: string;
  /** Keeps apart what else uses the same Redis. Default `gongu`. */
  readonly prefix?: string;
  /** Proves to instances that others are instances. Default: nothing is proved, and sealed signals are unreadable. */
  readonly sealing?: Sealing;
  /** Something was not heard, as no instance may have said it. */
  readonly onRefused?: (reason: BusRefusal) => void;
  /** Is told what Redis does not allow. Default: its own. */
  readonly refusals?: Refusals;
  /** Another instance was heard for the first time. */
  readonly peerHeard?: () => void;
  /** Bytes handed to Redis and not yet answered; what would go beyond is lost. Default 4 MiB. */
  readonly unansweredBytes?: number;
}

const PLAIN: Sealing = { seal: (_, said) => said, open: (_channel, _lane, bytes) => bytes };

/** Milliseconds between reads of heads while signals may be getting lost, and while they are not. */
const SHORT_MS = 1_000;
const LONG_MS = 15_000;
/** Heartbeats that may be missing, or a publish be unanswered: 900 ms. */
const OVERDUE = 3;
/** Heartbeats without one of our own after which the connections are replaced; doubled up to the longest for a slow Redis. */
const FIRST_PATIENCE = 3;
const LONGEST_PATIENCE = 16;

/**
 * The bus over Redis pub/sub: a channel for each occupied room, two connections. Every 300 ms each instance publishes a
 * heartbeat and hears it, and the others', through its subscriber, which is the only proof that both ways are open: a
 * half-open connection looks healthy from here. On a Cluster the channels are sharded ones, and each lane has its heartbeat.
 *
 * `headIntervalMs` is 1 000 while own heartbeats are missing for 900 ms, after a failed publish, while a peer's heartbeats are
 * missing (it may be alive and cut off, so that only the store knows what it said), when a peer reports losses, and for
 * 2 s after each of these; else 15 000. Ask for it at least once a second.
 */
export function createRedisBus(options: RedisBusOptions): Bus {
  const { redis, log, clock, instanceId, prefix = 'gongu', unansweredBytes = 4 * 1024 * 1024 } = options;
  const channels = createChannels({ prefix, cluster: redis.kind === 'cluster' });
  const { sealing = PLAIN, onRefused, refusals = createRefusals({ log }) } = options;
  const needs = busNeeds(channels);
  const envelope = createEnvelope(instanceId);
  const pulse = createPulse({ instanceId, lanes: channels.lanes });
  const echo = createEcho(clock.monotonic);
  let listener: ((signal: Signal) => void) | null = null;
  let healthy = false;
  let alone = true;
  let patience = FIRST_PATIENCE;
  let closing = false;
  let closed: Promise<void> | null = null;

  const publisher = createPublisher({
    client: () => publishing.client(),
    unansweredBytes,
    onLost(count, error) {
      if (closing) return;
      pulse.lost(count);
      pulse.taint();
      if (error !== undefined) {
        log.debug({ reason: redisWords(error), count }, 'publish failed');
        publishRights.isRefusal(error);
      }
      judge();
    },
  });

  const subscriptions = createSubscriptions({
    channels,
    clock,
    onRoom(roomId, bytes) {
      const said = sealing.open(channels.room(roomId), channels.laneOf(roomId), bytes, true);
      if (said === 'own') return;
      if (typeof said === 'string') return refuse(said, { roomId });
      const signal = envelope.decode(said, roomId);
      if (signal === 'unreadable') {
        log.debug({ roomId, bytes: bytes.length }, 'unreadable signal');
        pulse.settle();
      }
      if (typeof signal !== 'string') deliver(signal);
    },
    onHeartbeat(lane, bytes) {
      const said = sealing.open(channels.heartbeat(lane), lane, bytes, false);
      if (typeof said === 'string') return said === 'own' ? undefined : refuse(said, { lane });
      const text = said.toString();
      if (lane === 0) echo.heard(text);
      pulse.heard(lane, text);
      if (alone && pulse.peers() > 0) {
        alone = false;
        options.peerHeard?.();
      }
      judge();
    },
    // Without waiting for the next heartbeat: 300 ms earlier to be trusted.
    onAttached: () => step(),
    onUnwanted: (error) => subscribeRights.isRefusal(error),
    onFailure(error) {
      subscribeRights.isRefusal(error);
      subscribing.replace(redisWords(error));
    },
  });

  const publishRights: Rights = createRights({
    ...{ name: 'bus publisher', needs: needs.publishing, clock, refusals },
    client: () => publishing.client(),
  });
  const subscribeRights: Rights = createRights({
    ...{ name: 'bus subscriber', needs: needs.subscribing, clock, refusals },
    client: () => subscribing.client(),
  });
  const publishing = link('bus publisher', publishRights.check, publisher.reset);
  const attach = (client: RedisClient) => {
    subscribeRights.check();
    subscriptions.attach(client);
  };
  const subscribing = link('bus subscriber', attach, subscriptions.detach);
  const timer = clock.setInterval(step, HEARTBEAT_MS);

  function link(name: string, ready: (client: RedisClient) => void, down: () => void) {
    return createRedisLink({
      open: () => redis.open({ name: `${prefix} ${name}` }),
      name,
      clock,
      log,
      onReady(client) {
        pulse.rest();
        ready(client);
      },
      onDown() {
        pulse.taint();
        down();
        judge();
      },
    });
  }

  /** It may have been one of ours all the same, whose clock is wrong or which does not seal yet: ask the store. */
  function refuse(reason: BusRefusal, where: object): void {
    log.debug({ reason, ...where }, 'a signal was refused');
    onRefused?.(reason);
    pulse.settle();
  }

  function deliver(signal: Signal): void {
    try {
      listener?.(signal);
    } catch (error) {
      // Thrown on, it would end the process from within ioredis.
      log.error({ err: error, kind: signal.kind, roomId: signal.roomId }, 'listening to the bus failed');
    }
  }

  function step(): void {
    pulse.step();
    publisher.step();
    if (publisher.overdue(OVERDUE)) pulse.taint();
    judge();
    // Also while none can be sent: then nothing comes back.
    echo.sent(pulse.heartbeat());
    if (publishing.client()) for (let lane = 0; lane < channels.lanes; lane++) sendHeartbeat(lane, pulse.heartbeat());
    if (!publishing.client() || !subscribing.client()) return;
    // Both look connected. A heartbeat, however late, says that Redis is only slow; none at all that a connection is dead.
    if (pulse.silence() < patience) return;
    patience = Math.min(patience * 2, LONGEST_PATIENCE);
    publishing.replace('no heartbeat came back');
    subscribing.replace('no heartbeat came back');
  }

  function sendHeartbeat(lane: number, heartbeat: string): void {
    const channel = channels.heartbeat(lane);
    publisher.send(channel, sealing.seal(channel, heartbeat));
  }

  function judge(): void {
    const now = pulse.healthy();
    if (now === healthy) return;
    healthy = now;
    pulse.settle();
    if (healthy) patience = FIRST_PATIENCE;
    if (healthy) log.info({ bus: 'redis' }, 'signals from other instances arrive');
    else log.warn({ bus: 'redis' }, 'signals may be lost: new messages come by way of PostgreSQL');
  }

  async function close(): Promise<void> {
    closing = true;
    clock.clear(timer);
    publishRights.close();
    subscribeRights.close();
    listener = null;
    for (let lane = 0; lane < channels.lanes; lane++) sendHeartbeat(lane, pulse.bye());
    // Past the publisher's microtask, so that the farewell is on its way before the connection ends.
    await new Promise((resolve) => setImmediate(resolve));
    await Promise.all([publishing.close(), subscribing.close()]);
  }

  return {
    publish(signal) {
      if (closing) return;
      const channel = channels.room(signal.roomId);
      publisher.send(channel, sealing.seal(channel, envelope.encode(signal)));
    },
    follow: (roomId) => (closing ? Promise.resolve() : subscriptions.follow(roomId)),
    unfollow: subscriptions.unfollow,
    listen(next) {
      listener = next;
    },
    headIntervalMs: () => (pulse.trusted() ? LONG_MS : SHORT_MS),
    state: () => (healthy ? 'ok' : 'down'),
    lagMs: echo.lagMs,
    close() {
      closed ??= close();
      return closed;
    },
  };
}
