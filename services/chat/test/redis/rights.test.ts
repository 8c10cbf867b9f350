import { redisProgram, startRedis, type TestRedis } from '@gongu/testkit';
import type { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, expect, it, suite } from 'vitest';
import { chatOfThisFile, type Instance } from '../fixture/chat.ts';
import { linksTo } from '../fixture/links.ts';
import {
  asUser,
  denied,
  documentedClusterRules,
  documentedRules,
  PASSWORD,
  redisAdmin,
  setUser,
} from '../fixture/redis-acl.ts';
import { type RedisCluster, startRedisCluster } from '../fixture/redis-cluster.ts';

const describe = suite.skipIf(!redisProgram());

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  await Promise.all(ends.splice(0).map((end) => end()));
});

function namedLinksTo(url: string) {
  const { links, lines } = linksTo(url, 'debug');
  ends.push(() => links.close());
  return {
    links,
    lines,
    /** Rules that are missing, as the log names them. */
    missing: () => [
      ...new Set(lines.filter(({ event }) => event === 'redis.refused').flatMap(({ missing }) => missing as string[])),
    ],
  };
}
type Linked = ReturnType<typeof namedLinksTo>;

/** All that instances do over Redis is done, and Redis is done with it. */
async function used({ links }: Linked): Promise<void> {
  await expect.poll(() => links.bus.state()).toBe('ok');
  await links.bus.follow('room');
  links.presence.enter('room', 'ann', 'a1');
  await links.owners?.claim('a-session');
  await expect.poll(() => links.presence.connections()).toBeGreaterThan(0);
}

const without = (rules: readonly string[], rule: string) => rules.filter((one) => one !== rule);
const rulesThatCount = (rules: readonly string[]) => rules.filter((rule) => /^[~&+]/.test(rule));

describe('rights in Redis', () => {
  const given = chatOfThisFile();
  let redis: TestRedis;
  let admin: Redis;
  beforeAll(async () => {
    redis = await startRedis();
    admin = await redisAdmin(redis.port);
    given.logs.secret(PASSWORD);
  });
  afterAll(async () => {
    admin?.disconnect();
    await redis?.stop();
  });
  const events = (event: string) => given.logs.of(event);
  const readiness = async (chat: Instance) => (await fetch(`${chat.url}/readyz`)).json();
  const ready = { status: 'ready', checks: { postgres: 'ok', redis: 'ok' } };
  const degraded = { status: 'degraded', checks: { postgres: 'ok', redis: 'down' } };

  it('chat needs no more of them than docs/operations.md lists', async () => {
    await setUser(admin, 'least', documentedRules());
    await admin.call('ACL', 'LOG', 'RESET');
    const [here, there] = [
      await given.start({ REDIS_URL: asUser(redis.url, 'least') }),
      await given.start({ REDIS_URL: asUser(redis.url, 'least'), BUS_SEAL: 'on' }),
    ];
    for (const chat of [here, there]) await expect.poll(() => readiness(chat)).toEqual(ready);
    const roomId = await here.room();
    const [ann, bob] = [await here.connect('ann'), await there.connect('bob')];
    await ann.join(roomId);
    await bob.join(roomId);
    await ann.say(roomId);
    await bob.event('message', ({ kind }) => kind === 'CHAT');
    const online = async () => {
      const { body } = await here.call<{ items: { online: boolean }[] }>(
        'GET',
        `/api/chat/rooms/${roomId}/participants`,
        {
          as: 'ann',
        },
      );
      return body.items.filter((one) => one.online).length;
    };
    await expect.poll(online).toBe(2);
    const opened = await fetch(`${there.url}/ws/chat/000/a-session/xhr`, { method: 'POST' });
    expect(await opened.text()).toBe('o\n');
    await there.stop();
    await expect.poll(online).toBe(1);
    await here.stop();
    expect(await denied(admin)).toEqual([]);
    expect(events('redis.refused')).toEqual([]);
  });

  it('chat says which one is missing, whichever that is', async () => {
    const rules = documentedRules();
    const needed = rulesThatCount(rules);
    expect(needed.length).toBeGreaterThan(25);
    const all = await Promise.all(
      needed.map(async (rule, i) => {
        await setUser(admin, `lacks-${i}`, without(rules, rule));
        return [rule, namedLinksTo(asUser(redis.url, `lacks-${i}`))] as const;
      }),
    );
    const said = () => Object.fromEntries(all.map(([rule, linked]) => [rule, linked.missing()]));
    await expect.poll(said).toEqual(Object.fromEntries(needed.map((rule) => [rule, [rule]])));
    for (const [rule, { links }] of all) expect([rule, links.state()]).toEqual([rule, 'down']);
  });

  it('a right that is taken away while chat runs is named, and its return is noticed', async () => {
    const rules = documentedRules();
    await setUser(admin, 'varies', rules);
    const chat = await given.start({ REDIS_URL: asUser(redis.url, 'varies') });
    await expect.poll(() => readiness(chat)).toEqual(ready);
    await admin.call('ACL', 'SETUSER', 'varies', '-time');
    await expect.poll(() => events('redis.refused')).toHaveLength(1);
    expect(events('redis.refused')).toMatchObject([{ level: 'warn', redis: 'presence', missing: ['+time'] }]);
    expect(await readiness(chat)).toEqual(degraded);
    await admin.call('ACL', 'SETUSER', 'varies', '+time');
    await expect.poll(() => readiness(chat)).toEqual(ready);
    expect(events('redis.allowed')).toMatchObject([{ level: 'info', redis: 'presence' }]);
    expect(events('redis.refused')).toHaveLength(1);
    // It stayed connected: another connection would have been refused as well.
    expect(given.logs.of().filter(({ reason }) => reason === 'the lease was not renewed')).toEqual([]);
    await chat.stop();
  });

  it('whoever may do nothing at all is told all of it', async () => {
    await setUser(admin, 'nobody', []);
    const linked = namedLinksTo(asUser(redis.url, 'nobody'));
    // With no command allowed, Redis does not look at keys and channels.
    const commands = documentedRules().filter((rule) => rule.startsWith('+'));
    await expect.poll(() => linked.missing().sort()).toEqual(commands.sort());
    expect(linked.links.state()).toBe('down');
  });

  it('names a command that the server has renamed away', async () => {
    const other = await startRedis({ args: ['--rename-command', 'TIME', 'TIME-1f3a'] });
    ends.push(() => other.stop());
    const linked = namedLinksTo(other.url);
    await expect.poll(linked.missing).toEqual(['+time']);
    expect(linked.links.state()).toBe('down');
  });

  it('says why nothing is written: no memory, a replica; and goes on when that is over', async () => {
    const other = await startRedis();
    ends.push(() => other.stop());
    const chat = await given.start({ REDIS_URL: other.url });
    ends.push(() => chat.stop());
    await expect.poll(() => readiness(chat)).toEqual(ready);
    const control = await redisAdmin(other.port);
    ends.push(async () => control.disconnect());
    for (const [begin, end, reason] of [
      [['CONFIG', 'SET', 'maxmemory', '1'], ['CONFIG', 'SET', 'maxmemory', '0'], /^OOM command not allowed/],
      [['REPLICAOF', '127.0.0.1', '1'], ['REPLICAOF', 'NO', 'ONE'], /^READONLY You can't write/],
    ] as const) {
      const before = events('redis.refused').length;
      await control.call(begin[0], ...begin.slice(1));
      // Scripts of presence may go on without memory: what they remove comes first.
      await fetch(`${chat.url}/ws/chat/000/session-${before}/xhr`, { method: 'POST' });
      await expect.poll(() => readiness(chat)).toEqual(degraded);
      const named = events('redis.refused').slice(before) as { missing: string[] }[];
      expect(named.flatMap(({ missing }) => missing)).toEqual(expect.arrayContaining([expect.stringMatching(reason)]));
      await control.call(end[0], ...end.slice(1));
      await expect.poll(() => readiness(chat)).toEqual(ready);
    }
  });

  it('never goes on in another database than the one that was asked for', async () => {
    await setUser(admin, 'no-select', documentedRules());
    for (const url of [`${asUser(redis.url, 'no-select')}/2`, `${redis.url}/99`]) {
      const linked = namedLinksTo(url);
      await expect.poll(() => linked.lines.filter(({ msg }) => msg === 'Redis is away').length).toBeGreaterThan(3);
      expect(linked.links.state()).toBe('down');
      expect(
        linked.lines
          .map(({ reason }) => reason)
          .filter(Boolean)
          .join(),
      ).toMatch(/'select' command|DB index/);
    }
    await setUser(admin, 'select', [...documentedRules(), '+select']);
    const linked = namedLinksTo(`${asUser(redis.url, 'select')}/2`);
    await used(linked);
    expect(linked.links.state()).toBe('ok');
    expect(linked.missing()).toEqual([]);
  });
});

describe('rights in a Cluster', () => {
  let cluster: RedisCluster;
  let admins: Redis[];
  const everywhere = (name: string, rules: readonly string[]) =>
    Promise.all(admins.map((admin) => setUser(admin, name, rules)));
  beforeAll(async () => {
    cluster = await startRedisCluster();
    admins = await Promise.all(cluster.nodes.map(({ port }) => redisAdmin(port)));
  });
  afterAll(async () => {
    for (const admin of admins ?? []) admin.disconnect();
    await cluster?.stop();
  });

  it('chat needs no more of them than docs/operations.md lists', async () => {
    await everywhere('least', documentedClusterRules());
    const linked = namedLinksTo(asUser(cluster.url, 'least'));
    await used(linked);
    expect(linked.links.state()).toBe('ok');
    expect((await Promise.all(admins.map(denied))).flat()).toEqual([]);
    expect(linked.missing()).toEqual([]);
  });

  it('chat says which one of those that are a Cluster’s own is missing', async () => {
    const rules = documentedClusterRules();
    const needed = rules.filter((rule) => !documentedRules().includes(rule) && !rule.startsWith('+cluster|'));
    expect(needed).toHaveLength(4);
    const all = await Promise.all(
      needed.map(async (rule, i) => {
        await everywhere(`lacks-${i}`, without(rules, rule));
        return [rule, namedLinksTo(asUser(cluster.url, `lacks-${i}`))] as const;
      }),
    );
    const said = () => Object.fromEntries(all.map(([rule, linked]) => [rule, linked.missing()]));
    await expect.poll(said).toEqual(Object.fromEntries(needed.map((rule) => [rule, [rule]])));
  });

  it('says in Redis’s words why it finds no node', async () => {
    await everywhere('lost', without(documentedClusterRules(), '+cluster|slots'));
    const linked = namedLinksTo(asUser(cluster.url, 'lost'));
    const reasons = () => linked.lines.map(({ reason }) => String(reason)).join('\n');
    await expect.poll(reasons).toContain(`run the 'cluster|slots' command`);
    expect(linked.links.state()).toBe('down');
  });
});
