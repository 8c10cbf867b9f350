import type { Clock } from '@gongu/host';
import { Cluster } from 'ioredis';
import type { RedisClient } from '../redis/redis-url.ts';
import type { Channels } from './channels.ts';

/** Milliseconds that `follow` waits for Redis; then the room goes on without. */
const FOLLOW_MS = 200;
/** Channels in one command. */
const MOST_CHANNELS = 500;

export interface SubscriptionsOptions {
  readonly channels: Channels;
  readonly clock: Clock;
  /** A message on a room's channel, or on a lane's heartbeat. */
  readonly onRoom: (roomId: string, bytes: Buffer) => void;
  readonly onHeartbeat: (lane: number, bytes: Buffer) => void;
  /** All that is wanted has been subscribed to on a new client. */
  readonly onAttached: () => void;
  /** Redis goes on with rooms that nobody wants any more. */
  readonly onUnwanted: (error: unknown) => void;
  /** Redis refused or lost a subscription: this client is of no use any more. */
  readonly onFailure: (error: unknown) => void;
}

export interface Subscriptions {
  /** Subscribes to all that is wanted on a new client; the heartbeat last, so that a heartbeat proves the rest. */
  attach(client: RedisClient): void;
  /** The client is gone. */
  detach(): void;
  /** Resolves when signals of the room will arrive, or after 200 ms. */
  follow(roomId: string): Promise<void>;
  unfollow(roomId: string): void;
}

/** A command to subscribe that the present client was given. */
interface Command {
  confirmed: boolean;
}

/** Keeps the subscriptions at Redis equal to the rooms that are wanted, with one command for all that one turn changes. */
export function createSubscriptions(options: SubscriptionsOptions): Subscriptions {
  const { channels, clock, onRoom, onHeartbeat, onAttached, onUnwanted, onFailure } = options;
  /** Who waits for each room that is wanted. */
  const wanted = new Map<string, (() => void)[]>();
  /** Rooms for which the present client was told to subscribe. */
  let sent = new Map<string, Command>();
  let changed = new Set<string>();
  let client: RedisClient | null = null;
  let scheduled = false;

  function schedule(roomId: string): void {
    if (!client) return;
    changed.add(roomId);
    if (scheduled) return;
    scheduled = true;
    queueMicrotask(() => {
      scheduled = false;
      flush();
    });
  }

  function flush(): void {
    const redis = client;
    if (!redis) return;
    const rooms = changed;
    changed = new Set();
    const start = [...rooms].filter((roomId) => wanted.has(roomId) && !sent.has(roomId));
    const stop = [...rooms].filter((roomId) => !wanted.has(roomId) && sent.has(roomId));
    for (const roomId of stop) sent.delete(roomId);
    for (const part of parts(stop)) unsubscribe(redis, part.map(channels.room)).catch(onUnwanted);
    for (const part of parts(start)) {
      const command: Command = { confirmed: false };
      for (const roomId of part) sent.set(roomId, command);
      subscribe(redis, part.map(channels.room)).then(
        () => {
          if (client !== redis) return;
          command.confirmed = true;
          // What was given up and is wanted again since then waits for the later command.
          for (const roomId of part) if (sent.get(roomId) === command) release(roomId);
        },
        (error) => {
          if (client === redis) onFailure(error);
        },
      );
    }
  }

  /** Commands of at most so many channels, each of one lane. */
  function parts(roomIds: readonly string[]): string[][] {
    const lanes = new Map<number, string[][]>();
    for (const roomId of roomIds) {
      const lane = channels.laneOf(roomId);
      const lists = lanes.get(lane) ?? [[]];
      lanes.set(lane, lists);
      if (lists.at(-1)!.length === MOST_CHANNELS) lists.push([]);
      lists.at(-1)!.push(roomId);
    }
    return [...lanes.values()].flat();
  }

  function release(roomId: string): void {
    for (const done of wanted.get(roomId)?.splice(0) ?? []) done();
  }

  function receive(channel: string, bytes: Buffer): void {
    const roomId = channels.roomOf(channel);
    if (roomId !== null) {
      if (wanted.has(roomId)) onRoom(roomId, bytes);
      return;
    }
    const lane = channels.heartbeatLaneOf(channel);
    if (lane !== null) onHeartbeat(lane, bytes);
  }

  return {
    attach(next) {
      client = next;
      sent = new Map();
      changed = new Set(wanted.keys());
      next.on(next instanceof Cluster ? 'smessageBuffer' : 'messageBuffer', (channel: Buffer, bytes: Buffer) => {
        if (client === next) receive(channel.toString(), bytes);
      });
      flush();
      const heartbeats = Array.from({ length: channels.lanes }, (_, lane) =>
        subscribe(next, [channels.heartbeat(lane)]),
      );
      Promise.all(heartbeats).then(
        () => {
          if (client === next) onAttached();
        },
        (error) => {
          if (client === next) onFailure(error);
        },
      );
    },
    detach() {
      client = null;
      sent = new Map();
    },
    follow(roomId) {
      const waiting = wanted.get(roomId) ?? [];
      wanted.set(roomId, waiting);
      // Also where it was given up in this turn: Redis was told nothing of that.
      if (sent.get(roomId)?.confirmed) return Promise.resolve();
      schedule(roomId);
      return new Promise((resolve) => {
        const timer = clock.setTimeout(resolve, FOLLOW_MS);
        waiting.push(() => {
          clock.clear(timer);
          resolve();
        });
      });
    },
    unfollow(roomId) {
      if (!wanted.has(roomId)) return;
      release(roomId);
      wanted.delete(roomId);
      schedule(roomId);
    },
  };
}

async function subscribe(redis: RedisClient, names: readonly string[]): Promise<void> {
  await (redis instanceof Cluster ? redis.ssubscribe(...names) : redis.subscribe(...names));
}

async function unsubscribe(redis: RedisClient, names: readonly string[]): Promise<void> {
  await (redis instanceof Cluster ? redis.sunsubscribe(...names) : redis.unsubscribe(...names));
}
