import { createLog, systemClock } from '@gongu/host';
import { redisProgram, startRedis, type TcpProxy, type TestRedis, tcpProxy } from '@gongu/testkit';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, suite } from 'vitest';
import { createOwnerValues } from '../../src/owners/owner-value.ts';
import { createRedisOwners, type RedisOwners } from '../../src/owners/redis-owners.ts';
import { type RedisClient, redisTarget } from '../../src/redis/redis-url.ts';
import { createSealKey } from '../../src/redis/seal-key.ts';
import { ownersContract } from '../contract/owners.contract.ts';
import { type RedisCluster, startRedisCluster } from '../fixture/redis-cluster.ts';

const describe = suite.skipIf(!redisProgram());

const log = createLog({ service: 'test', level: 'silent' });
const A = 'http://a.example:8080';
const B = 'http://b.example:8080';
const opened: RedisOwners[] = [];
let worlds = 0;

const key = createSealKey('what trade and chat share, nobody else');
const valuesOf = (isOn: boolean) => createOwnerValues({ key, now: Date.now, isOn });

function open(
  url: string,
  self: string,
  { prefix = 'gongu', ttlMs, isOn = false }: { prefix?: string; ttlMs?: number; isOn?: boolean } = {},
) {
  const given = { redis: redisTarget(url), log, clock: systemClock, self: () => self, prefix, values: valuesOf(isOn) };
  const owners = createRedisOwners({ ...given, ...(ttlMs === undefined ? {} : { ttlMs }) });
  opened.push(owners);
  return owners;
}
const closeAll = () => Promise.all(opened.splice(0).map((owners) => owners.close()));

async function adminOf(url: string): Promise<RedisClient> {
  const admin = redisTarget(url).open({ name: 'admin' });
  admin.on('error', () => {});
  await admin.connect();
  return admin;
}

/** Claims are told to Redis from now on. */
async function connected(owners: RedisOwners, admin: RedisClient, prefix = 'gongu'): Promise<void> {
  await expect
    .poll(async () => {
      await owners.claim('probe');
      const value = await admin.get(`${prefix}:sockjs:probe`);
      return value === owners.self || value?.includes(`.${valuesOf(true).ownerOf(owners.self)}.`) || false;
    })
    .toBe(true);
  await owners.release('probe', owners.self);
}

function world(url: () => string, isOn = false) {
  const prefix = `world-${worlds++}`;
  return async () => {
    const admin = await adminOf(url());
    return {
      async owners(self: string) {
        const owners = open(url(), self, { prefix, isOn });
        await connected(owners, admin, prefix);
        return owners;
      },
      async close() {
        await closeAll();
        admin.disconnect();
      },
    };
  };
}

describe('one server', () => {
  let server: TestRedis;
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server.stop());
  ownersContract(
    'Redis',
    world(() => server.url),
  );
  ownersContract(
    'Redis, sealed',
    world(() => server.url, true),
  );
});

describe('a Cluster', () => {
  let cluster: RedisCluster;
  beforeAll(async () => {
    cluster = await startRedisCluster();
  });
  afterAll(() => cluster.stop());
  ownersContract(
    'Redis Cluster',
    world(() => cluster.url),
  );
});

describe('owners over Redis', () => {
  let server: TestRedis;
  let proxy: TcpProxy;
  let admin: RedisClient;
  beforeEach(async () => {
    server = await startRedis();
    proxy = await tcpProxy({ target: server.port });
    admin = await adminOf(server.url);
  });
  afterEach(async () => {
    await closeAll();
    admin.disconnect();
    await proxy.close();
    await server.stop();
  });
  const throughProxy = () => `redis://127.0.0.1:${proxy.port}`;

  it('keeps a claim for as long as it is held, and not longer than its time when its instance dies', async () => {
    const [a, b] = [open(throughProxy(), A, { ttlMs: 600 }), open(server.url, B)];
    await connected(a, admin);
    await connected(b, admin);
    await a.claim('s');
    // Three times its time.
    await new Promise((resolve) => setTimeout(resolve, 1_800));
    expect(await b.find('s')).toBe(A);
    await proxy.refuse();
    proxy.cut();
    await expect.poll(() => b.find('s')).toBeNull();
    expect(await b.claim('s')).toBe(B);
  });

  it('says goodbye for all its claims, and only for its own', async () => {
    const [a, b] = [open(server.url, A), open(server.url, B)];
    await connected(a, admin);
    await connected(b, admin);
    await Promise.all(['s1', 's2'].map((id) => a.claim(id)));
    await b.claim('s3');
    await Promise.all([a.close(), a.close()]);
    expect(await Promise.all(['s1', 's2', 's3'].map((id) => b.find(id)))).toEqual([null, null, B]);
  });

  it('serves who comes while Redis is away, finds its own, and tells Redis of all when it is back, empty', async () => {
    const [a, b] = [open(throughProxy(), A), open(server.url, B)];
    await connected(a, admin);
    await connected(b, admin);
    await a.claim('before');
    await proxy.refuse();
    proxy.cut();
    await expect.poll(() => a.claim('during')).toBe(A);
    expect([await a.find('during'), await a.find('before'), await a.find('other')]).toEqual([A, A, null]);
    expect(await b.find('during')).toBeNull();
    await admin.flushall();
    await proxy.pass();
    await expect.poll(() => b.find('during')).toBe(A);
    expect(await b.find('before')).toBe(A);
  });

  it('believes no owner that none of ours has sealed, and takes the session itself', async () => {
    const [a, b] = [open(server.url, A, { isOn: true }), open(server.url, B, { isOn: true })];
    await connected(a, admin);
    await connected(b, admin);
    await a.claim('s');
    const sealed = (await admin.get('gongu:sockjs:s'))!;
    expect(sealed).not.toContain('example');
    const spoilt = `${sealed.slice(0, -2)}${sealed.endsWith('AA') ? 'BB' : 'AA'}`;
    const others = sealed.replace(valuesOf(true).ownerOf(A), valuesOf(true).ownerOf('http://evil.example'));
    for (const forged of ['http://evil.example', spoilt, others, `2.x.y.z.${B}`, '']) {
      await admin.set('gongu:sockjs:t', forged);
      expect(await b.find('t'), forged).toBeNull();
      expect(await b.claim('t'), forged).toBe(B);
      expect(await a.find('t')).toBe(B);
      await b.release('t', B);
      expect(await admin.get('gongu:sockjs:t')).toBeNull();
    }
    // That of another session.
    await admin.set('gongu:sockjs:u', sealed);
    expect(await b.find('u')).toBeNull();
    expect(await b.find('s')).toBe(A);
  });

  it('one that seals and one that does not yet find each other’s, as far as they may', async () => {
    const [off, on] = [open(server.url, A), open(server.url, B, { isOn: true })];
    await connected(off, admin);
    await connected(on, admin);
    await on.claim('sealed');
    await off.claim('plain');
    expect([await off.find('sealed'), await on.find('plain')]).toEqual([B, null]);
    await off.release('sealed', B);
    expect(await on.claim('sealed')).toBe(B);
  });

  it('leaves what another has claimed meanwhile', async () => {
    const [a, b] = [open(throughProxy(), A, { ttlMs: 600 }), open(server.url, B)];
    await connected(a, admin);
    await connected(b, admin);
    await a.claim('s');
    await admin.del('gongu:sockjs:s');
    expect(await b.claim('s')).toBe(B);
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(await a.find('s')).toBe(B);
  });

  it('gives up a connection on which nothing is answered, and answers in time meanwhile', async () => {
    const a = open(server.url, A);
    await connected(a, admin);
    server.pause();
    const start = performance.now();
    expect([await a.find('x'), await a.find('y')]).toEqual([null, null]);
    expect(await a.claim('s')).toBe(A);
    expect(performance.now() - start).toBeLessThan(3_000);
    server.resume();
    await expect.poll(() => admin.get('gongu:sockjs:s')).toBe(A);
  });
});
