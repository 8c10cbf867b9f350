import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  freePort,
  hasOpenssl,
  makeCertificates,
  redisHasTls,
  redisProgram,
  startRedis,
  type TestCertificates,
  type TestRedis,
} from '@gongu/testkit';
import { afterAll, afterEach, beforeAll, expect, it, suite } from 'vitest';
import { redisTarget } from '../../src/redis/redis-url.ts';
import { linksTo } from '../fixture/links.ts';
import { denied, documentedRules, documentedSentinelRules, PASSWORD, redisAdmin } from '../fixture/redis-acl.ts';
import { type RedisSentinels, startRedisSentinel } from '../fixture/redis-cluster.ts';
import { followed, listenTo, messageSignal } from '../fixture/signals.ts';

const describe = suite.skipIf(!redisProgram() || !redisHasTls() || !hasOpenssl());

describe('Redis over TLS', () => {
  let ours: TestCertificates;
  let strangers: TestCertificates;
  let redis: TestRedis;
  let port: number;
  let client: { cert: string; key: string };
  const ends: (() => Promise<unknown>)[] = [];

  beforeAll(async () => {
    ours = makeCertificates();
    strangers = makeCertificates();
    const { cert, key } = ours.issue('server', ['IP:127.0.0.1']);
    client = ours.issue('chat', ['DNS:chat']);
    port = await freePort();
    const files = ['--tls-cert-file', cert, '--tls-key-file', key, '--tls-ca-cert-file', ours.ca];
    redis = await startRedis({ args: ['--tls-port', String(port), ...files] });
  });
  afterEach(async () => {
    await Promise.all(ends.splice(0).map((end) => end()));
  });
  afterAll(async () => {
    await redis?.stop();
    ours?.remove();
    strangers?.remove();
  });

  function linksBy(files: Record<string, string>, host = '127.0.0.1') {
    const { links, lines } = linksTo(`rediss://:hunter2@${host}:${port}?${new URLSearchParams(files)}`, 'info');
    ends.push(() => links.close());
    return { links, lines };
  }

  it('takes an authority’s file, and a certificate of its own with its key', async () => {
    const { links, lines } = linksBy({ caFile: ours.ca, certFile: client.cert, keyFile: client.key });
    await expect.poll(() => links.state()).toBe('ok');
    await expect.poll(() => links.presence.connections()).toBe(1);
    expect(lines.filter(({ level }) => level === 'warn' || level === 'error')).toEqual([]);
  });

  it.each([
    ['a certificate of nobody it knows', () => linksBy({}), 'self-signed certificate in certificate chain'],
    ['one of a stranger', () => linksBy({ caFile: strangers.ca }), 'self-signed certificate in certificate chain'],
    ['one for another name', () => linksBy({ caFile: ours.ca }, 'localhost'), 'does not match certificate'],
    [
      'being asked for a certificate of its own',
      () => linksBy({ caFile: ours.ca }),
      /certificate required|ECONNRESET|EPIPE/,
    ],
  ])('says once why it does without Redis: %s', async (_, open, reason) => {
    const { links, lines } = open();
    const away = () => lines.filter(({ msg }) => msg === 'Redis is away');
    // The publisher, the subscriber, presence and the owners.
    await expect.poll(() => away().length).toBe(4);
    for (const line of away()) expect(line.reason).toMatch(reason);
    expect(links.state()).toBe('down');
    expect(JSON.stringify(lines)).not.toMatch(/hunter2|\\n/);
  });

  it('may be given up at any moment of its handshake', async () => {
    const given = [`localhost:${port}?caFile=${ours.ca}`, `127.0.0.1:${port}`];
    for (let turns = 0; turns < 200; turns += 2) {
      const client = redisTarget(`rediss://${given[(turns / 2) % 2]}`).open({ name: 'test' });
      client.on('error', () => {});
      client.connect().catch(() => {});
      for (let i = 0; i < turns; i++) await new Promise((resolve) => setImmediate(resolve));
      const over = new Promise((resolve) => client.once('end', resolve));
      if (client.status !== 'end') {
        client.disconnect();
        await over;
      }
    }
    // What the server says of it comes later, and would be an uncaught error of this test.
    const { links } = linksBy({ caFile: ours.ca, certFile: client.cert, keyFile: client.key });
    await expect.poll(() => links.state()).toBe('ok');
  });

  it('says at start what is wrong with the files, and not the password', () => {
    const junk = join(ours.dir, 'junk.pem');
    writeFileSync(junk, 'no certificate');
    const bad: [query: string, scheme: string, part: RegExp][] = [
      ['caFile=/nowhere/ca.pem', 'rediss', /caFile that can not be read \(ENOENT\)/],
      [`caFile=${ours.dir}`, 'rediss', /caFile that can not be read \(EISDIR\)/],
      [`certFile=${client.cert}`, 'rediss', /certFile and keyFile/],
      [`certFile=${junk}&keyFile=${junk}`, 'rediss', /certificates that can not be used/],
      [
        `certFile=${client.cert}&keyFile=${join(strangers.dir, 'ca.key')}`,
        'rediss',
        /certificates that can not be used/,
      ],
      [`caFile=${ours.ca}`, 'redis', /only rediss/],
    ];
    for (const [query, scheme, part] of bad) {
      const open = () => redisTarget(`${scheme}://:hunter2@127.0.0.1:${port}?${query}`);
      expect(open, query).toThrow(part);
      expect(open, query).not.toThrow(/hunter2|\n/);
    }
  });
});

describe('Sentinel over TLS, with users of its own', () => {
  const ends: (() => Promise<unknown>)[] = [];
  let ours: TestCertificates;
  let sentinels: RedisSentinels;
  let files: Record<string, string>;

  beforeAll(async () => {
    ours = makeCertificates();
    const { cert, key } = ours.issue('server', ['IP:127.0.0.1']);
    const { cert: certFile, key: keyFile } = ours.issue('chat', ['DNS:chat']);
    files = { caFile: ours.ca, certFile, keyFile };
    const rules = documentedSentinelRules();
    const user = (name: string, allowed: readonly string[]) => `${name} on >${PASSWORD} ${allowed.join(' ')}`;
    const [all, none] = [user('admin', ['~* &* +@all']), 'default on nopass -@all +ping'];
    const users = [user('gongu', documentedRules()), user('replica', rules.replica), user('sentinel', rules.sentinel)];
    sentinels = await startRedisSentinel({
      tls: { ca: ours.ca, cert, key },
      args: [
        ...[...users, all, none].flatMap((one) => ['--user', ...one.split(' ')]),
        ...['--masteruser', 'replica', '--masterauth', PASSWORD],
      ],
      lines: [
        ...[user('gongu-asks', rules.asks), all, none].map((one) => `user ${one}`),
        ...['sentinel auth-user shop sentinel', `sentinel auth-pass shop ${PASSWORD}`],
      ],
      admin: { username: 'admin', password: PASSWORD },
    });
  });
  afterEach(async () => {
    await Promise.all(ends.splice(0).map((end) => end()));
  });
  afterAll(async () => {
    await sentinels?.stop();
    ours?.remove();
  });

  const asks = { sentinelUsername: 'gongu-asks', sentinelPassword: PASSWORD };
  const urlWith = (query: Record<string, string>) => {
    const url = sentinels.url.replace('redis+sentinel://', `rediss+sentinel://gongu:${PASSWORD}@`);
    return `${url}?${new URLSearchParams(query)}`;
  };
  function linksBy(query: Record<string, string>) {
    const { links, lines } = linksTo(urlWith(query), 'info');
    ends.push(() => links.close());
    return { links, lines };
  }
  const state = (links: ReturnType<typeof linksBy>['links']) => expect.poll(() => links.state());

  it.each([
    ['the sentinel’s password is another one', () => ({ ...asks, ...files, sentinelPassword: 'wrong' }), /WRONGPASS/],
    ['nobody it knows has signed', () => asks, /^All sentinels are unreachable/],
  ])('says why it does without Redis: %s', async (_, query, reason) => {
    const { links, lines } = linksBy(query());
    await expect.poll(() => lines.filter(({ msg }) => msg === 'Redis is away').length).toBe(4);
    expect(links.state()).toBe('down');
    for (const line of lines) expect(line.reason).toMatch(reason);
    expect(JSON.stringify(lines)).not.toContain(PASSWORD);
  });

  it('may be given up at any moment on its way to the master', async () => {
    const given = [{ ...asks, ...files }, asks, { ...asks, caFile: ours.ca }].map(urlWith);
    for (let turns = 0; turns < 300; turns += 3) {
      const client = redisTarget(given[(turns / 3) % 3]!).open({ name: 'test' });
      client.on('error', () => {});
      client.connect().catch(() => {});
      for (let i = 0; i < turns; i++) await new Promise((resolve) => setImmediate(resolve));
      const over = new Promise((resolve) => client.once('end', resolve));
      if (client.status === 'end') continue;
      client.disconnect();
      await over;
    }
    await state(linksBy({ ...asks, ...files }).links).toBe('ok');
  });

  it('follows the master to the replica, and asks for nothing that docs/operations.md does not list', async () => {
    const [a, b] = [linksBy({ ...asks, ...files }), linksBy({ ...asks, ...files })];
    await state(a.links).toBe('ok');
    await state(b.links).toBe('ok');
    const ear = listenTo(b.links.bus);
    await followed(b.links.bus, 'r');
    a.links.bus.publish(messageSignal('r', 1));
    await ear.until((heard) => heard.length === 1);
    const others = [
      await redisAdmin(sentinels.master.port, 'admin'),
      await redisAdmin(sentinels.replica.port, 'admin'),
    ];
    ends.push(async () => others.forEach((admin) => void admin.disconnect()));
    expect(await denied(others[0]!)).toEqual([]);
    await sentinels.master.kill();
    await state(a.links).toBe('down');
    await state(b.links).toBe('down');
    await state(a.links).toBe('ok');
    await state(b.links).toBe('ok');
    a.links.bus.publish(messageSignal('r', 2));
    await ear.until((heard) => heard.length === 2);
    await expect.poll(() => a.links.presence.connections()).toBe(2);

    expect(await denied(others[1]!)).toEqual([]);
    expect([...a.lines, ...b.lines].filter(({ event }) => event === 'redis.refused')).toEqual([]);
    expect(JSON.stringify([...a.lines, ...b.lines])).not.toContain(PASSWORD);
  });
});
