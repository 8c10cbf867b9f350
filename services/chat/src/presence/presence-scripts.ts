import { Cluster } from 'ioredis';
import type { RedisClient } from '../redis/redis-url.ts';
import heartbeatScript from './heartbeat-2.lua?raw' with { type: 'text' };
import tellScript from './tell-2.lua?raw' with { type: 'text' };

/** Arguments of tell-2.lua, keys first. */
export type Tell = readonly [versionsKey: string, usersKey: string, ...args: (string | number)[]];

interface Scripted {
  gonguHeartbeat(...args: (string | number)[]): Promise<[good: number, othersSockets: number, ...others: string[]]>;
  gonguTell(...args: (string | number)[]): Promise<unknown>;
}

/** Makes presence's scripts known to a new client; Redis is sent their text once for each connection. */
export function definePresenceScripts(client: RedisClient): void {
  client.defineCommand('gonguHeartbeat', { numberOfKeys: 2, lua: heartbeatScript });
  client.defineCommand('gonguTell', { numberOfKeys: 2, lua: tellScript });
}

/** Runs heartbeat-2.lua. */
export function runHeartbeat(client: RedisClient, ...args: [string, string, string, number, number]) {
  return (client as unknown as Scripted).gonguHeartbeat(...args);
}

/** Runs tell-2.lua for each, in one write where one connection takes all of them. Resolves with the failures, by index. */
export async function runTells(client: RedisClient, tells: readonly Tell[]): Promise<ReadonlyMap<number, unknown>> {
  const failures = new Map<number, unknown>();
  if (client instanceof Cluster) {
    const scripted = client as unknown as Scripted;
    const results = await Promise.allSettled(tells.map((tell) => scripted.gonguTell(...tell)));
    results.forEach((result, i) => {
      if (result.status === 'rejected') failures.set(i, result.reason);
    });
    return failures;
  }
  const pipeline = client.pipeline();
  for (const tell of tells) void (pipeline as unknown as Scripted).gonguTell(...tell);
  const results = (await pipeline.exec()) ?? [];
  results.forEach(([error], i) => {
    if (error) failures.set(i, error);
  });
  return failures;
}
