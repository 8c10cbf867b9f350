import fc from 'fast-check';
import { Cluster, Redis } from 'ioredis';
import { describe, expect, it } from 'vitest';
import { RedisUrlError, redisTarget } from '../../src/redis/redis-url.ts';

function optionsOf(url: string) {
  const client = redisTarget(url).open({ name: 'test' });
  if (!(client instanceof Redis)) throw new Error('a Cluster');
  return client.options;
}

describe('redisTarget', () => {
  it('reads one server', () => {
    expect(redisTarget('redis://localhost')).toMatchObject({ kind: 'single', label: 'redis://localhost:6379' });
    expect(optionsOf('redis://10.0.0.1:7000/3')).toMatchObject({ host: '10.0.0.1', port: 7000, db: 3 });
    expect(optionsOf('redis://[::1]:7000')).toMatchObject({ host: '::1', port: 7000, db: 0 });
    expect(optionsOf('redis://:se%40cret@h')).toMatchObject({ host: 'h', username: null, password: 'se@cret' });
    expect(optionsOf('redis://ann:a:b@h/')).toMatchObject({ username: 'ann', password: 'a:b' });
    expect(optionsOf('redis://h?family=6')).toMatchObject({ family: 6 });
    expect(optionsOf('redis://h').tls).toBeUndefined();
  });

  it('takes rediss for TLS', () => {
    expect(optionsOf('rediss://h:6380').tls).toEqual({});
    expect(optionsOf('rediss+sentinel://h/m')).toMatchObject({
      tls: {},
      enableTLSForSentinelMode: true,
      sentinelTLS: {},
    });
  });

  it('reads sentinels', () => {
    const url = 'redis+sentinel://u:p@s1,s2:26380/shop/2?sentinelUsername=su&sentinelPassword=sp';
    expect(redisTarget(url)).toMatchObject({
      kind: 'sentinel',
      label: 'redis+sentinel://s1:26379,s2:26380/shop/2',
    });
    expect(optionsOf(url)).toMatchObject({
      name: 'shop',
      db: 2,
      username: 'u',
      password: 'p',
      sentinelUsername: 'su',
      sentinelPassword: 'sp',
      sentinels: [
        { host: 's1', port: 26_379 },
        { host: 's2', port: 26_380 },
      ],
    });
    const plus = optionsOf('redis+sentinel://u:a+b%2Fc@s1/shop?sentinelPassword=a+b%2Fc');
    expect([plus.password, plus.sentinelPassword]).toEqual(['a+b/c', 'a+b/c']);
    expect(redisTarget('redis-sentinel://s1/shop').kind).toBe('sentinel');
  });

  it('reads a Cluster', () => {
    const target = redisTarget('rediss-cluster://u:p@n1:7000,n2');
    expect(target).toMatchObject({ kind: 'cluster', label: 'rediss+cluster://n1:7000,n2:6379' });
    const client = target.open({ name: 'test' });
    expect(client).toBeInstanceOf(Cluster);
    expect(client.options).toMatchObject({
      enableOfflineQueue: false,
      shardedSubscribers: true,
      redisOptions: { username: 'u', password: 'p', tls: {} },
    });
    client.disconnect();
  });

  it('never queues, repeats or reconnects by itself', () => {
    const options = optionsOf('redis://h');
    expect(options).toMatchObject({
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      autoResubscribe: false,
      autoResendUnfulfilledCommands: false,
      lazyConnect: true,
    });
    expect(options.retryStrategy?.(1)).toBeNull();
  });

  it('says what is wrong without quoting the URL', () => {
    const bad: [url: string, part: RegExp][] = [
      ['', /must look like/],
      ['localhost:6379', /must look like/],
      ['http://:hunter2@h', /must look like/],
      ['redis://:hunter2@', /must look like/],
      ['redis://:hunter2@h:99999', /host/],
      ['redis://:hunter2@h/one', /database/],
      ['redis://:hunter2@h/1/2', /too many/],
      ['redis://:hunter2@h1,h2', /several hosts/],
      ['redis://:hunter2%@h', /percent/],
      ['redis://:hunter2@h?tsl=1', /unknown option/],
      ['redis://:hunter2@h?family=5', /family/],
      ['redis+sentinel://:hunter2@h', /master/],
      ['redis+cluster://:hunter2@h/1', /database/],
    ];
    for (const [url, part] of bad) {
      expect(() => redisTarget(url), url).toThrow(RedisUrlError);
      expect(() => redisTarget(url), url).toThrow(part);
      expect(() => redisTarget(url), url).not.toThrow(/hunter2/);
    }
  });

  it('shows no credentials in its label, whatever they are', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 8 }), fc.string({ unit: 'grapheme' }), (password, user) => {
        const url = `redis://${encodeURIComponent(user)}:${encodeURIComponent(password)}@host.example:6379/1`;
        expect(redisTarget(url).label).toBe('redis://host.example:6379/1');
        expect(optionsOf(url).password).toBe(password);
      }),
    );
  });

  it('never throws anything else, whatever it is given', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.webUrl(),
          fc.string().map((rest) => `redis://${rest}`),
        ),
        (text) => {
          try {
            redisTarget(text);
          } catch (error) {
            expect(error).toBeInstanceOf(RedisUrlError);
          }
        },
      ),
    );
  });
});
