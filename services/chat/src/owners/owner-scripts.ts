import type { RedisClient } from '../redis/redis-url.ts';
import releaseScript from './release-1.lua?raw' with { type: 'text' };
import renewScript from './renew-1.lua?raw' with { type: 'text' };

/** A client that knows the scripts of claims. */
export interface Scripted {
  gonguRelease(key: string, owner: string): Promise<number>;
  gonguRenew(key: string, owner: string, ttlMs: number): Promise<number>;
}

/** Makes the scripts of claims known to a new client; Redis is sent their text once for each connection. */
export function defineOwnerScripts(client: RedisClient): void {
  client.defineCommand('gonguRelease', { numberOfKeys: 1, lua: releaseScript });
  client.defineCommand('gonguRenew', { numberOfKeys: 1, lua: renewScript });
}

export function scripted(client: RedisClient): Scripted {
  return client as unknown as Scripted;
}
