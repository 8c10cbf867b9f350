import type { Needs } from '../redis/rights.ts';
import { createPresenceKeys } from './presence-keys.ts';

/** What presence asks of Redis, in its scripts and beside them. */
export function presenceNeeds(prefix: string): Needs {
  const keys = createPresenceKeys(prefix);
  // No room and no instance is called so.
  const key = keys.users('', 'probe');
  return {
    place: `~${prefix}:presence:*`,
    commands: {
      '+info': (redis) => redis.info('server'),
      '+eval': (redis) => redis.eval('return 1', 1, key),
      '+evalsha': (redis) => redis.evalsha('0'.repeat(40), 1, key),
      '+time': (redis) => redis.time(),
      '+zscore': (redis) => redis.zscore(key, 'probe'),
      '+zadd': (redis) => redis.zadd(key, 'XX', 0, 'probe'),
      '+zrange': (redis) => redis.zrange(key, '0', '-1'),
      '+zrem': (redis) => redis.zrem(key, 'probe'),
      '+zremrangebyscore': (redis) => redis.zremrangebyscore(key, 1, 0),
      '+hset': (redis) => redis.call('HSET', key, 'a field', 'its value', 'a field without one'),
      '+hgetall': (redis) => redis.hgetall(key),
      '+hdel': (redis) => redis.hdel(key, 'probe'),
      '+exists': (redis) => redis.exists(key),
      '+expire': (redis) => redis.expire(key, 1),
      '+pexpire': (redis) => redis.pexpire(key, 1),
      '+sadd': (redis) => redis.sadd(key, 'probe'),
      '+srem': (redis) => redis.srem(key, 'probe'),
      '+sscan': (redis) => redis.sscan(key, '0'),
      '+unlink': (redis) => redis.unlink(key),
      '+del': (redis) => redis.del(key),
    },
  };
}
