import { createLog, systemClock } from '@gongu/host';
import { redisProgram, startRedis, type TcpProxy, type TestRedis, tcpProxy } from '@gongu/testkit';
import { eventually, until } from '@gongu/testkit/eventually';
import { afterEach, beforeEach, expect, it, suite } from 'vitest';
import { createRedisBus, type RedisBusOptions } from '../../src/bus/redis-bus.ts';
import { redisTarget } from '../../src/redis/redis-url.ts';
import type { Bus } from '../../src/room/ports/bus.ts';
import { followed, listenTo, messageSignal } from '../fixture/signals.ts';

const describe = suite.skipIf(!redisProgram());

const log = createLog({ service: 'test', level: 'silent' });
let server: TestRedis;
let proxy: TcpProxy;
/** Straight to Redis, and through the proxy. */
let a: Bus;
let b: Bus;

function open(id: string, port: number, rest: Partial<RedisBusOptions> = {}): Bus {
  const redis = redisTarget(`redis://127.0.0.1:${port}`);
  return createRedisBus({ redis, log, clock: systemClock, instanceId: id, ...rest });
}

/** Milliseconds until something is so. */
async function timeUntil(condition: () => boolean): Promise<number> {
  const start = performance.now();
  await until(condition);
  return performance.now() - start;
}

beforeEach(async () => {
  server = await startRedis();
  proxy = await tcpProxy({ target: server.port });
  a = open('a', server.port);
  b = open('b', proxy.port);
  await until(() => a.state() === 'ok' && b.state() === 'ok');
});
afterEach(async () => {
  server.resume();
  await Promise.all([a.close(), b.close()]);
  await proxy.close();
  await server.stop();
});

describe('Redis bus under faults', () => {
  it('is trusted 2 to 3 s after it started, and asks the store every second until then', async () => {
    const c = open('c', server.port);
    expect(c.headIntervalMs()).toBe(1_000);
    expect(await timeUntil(() => c.headIntervalMs() === 15_000)).toBeGreaterThan(1_500);
    await c.close();
  });

  it('survives Redis being stopped and started again empty, and hears all rooms again by itself', async () => {
    const ear = listenTo(b);
    for (let i = 0; i < 1_200; i++) void b.follow(`room-${i}`);
    await followed(b, 'last');
    await until(() => b.headIntervalMs() === 15_000);
    const restarted = server.restart();
    await until(() => a.state() === 'down' && b.state() === 'down');
    expect(b.headIntervalMs()).toBe(1_000);
    for (let i = 0; i < 100; i++) a.publish(messageSignal('last', i + 1));
    await restarted;
    await until(() => a.state() === 'ok' && b.state() === 'ok');
    // Still short: what was missed meanwhile has not been read yet.
    expect(b.headIntervalMs()).toBe(1_000);
    for (const room of ['room-0', 'room-600', 'room-1199', 'last']) a.publish(messageSignal(room, 200));
    await ear.until((heard) => heard.length >= 4);
    expect(new Set(ear.heard.map(({ roomId }) => roomId))).toEqual(
      new Set(['room-0', 'room-600', 'room-1199', 'last']),
    );
    await until(() => a.headIntervalMs() === 15_000 && b.headIntervalMs() === 15_000);
  });

  it('lets follow go on after about 200 ms while Redis is away, and hears the room once it is back', async () => {
    await server.kill();
    await until(() => b.state() === 'down');
    const start = performance.now();
    await b.follow('r');
    expect(performance.now() - start).toBeGreaterThan(150);
    await server.restart();
    await until(() => a.state() === 'ok' && b.state() === 'ok');
    const ear = listenTo(b);
    a.publish(messageSignal('r', 1));
    await ear.until((heard) => heard.length === 1);
  });

  it('notices a half-open connection within 2 s, replaces it, and the peer asks the store meanwhile', async () => {
    await followed(b, 'r');
    await until(() => a.headIntervalMs() === 15_000 && b.headIntervalMs() === 15_000);
    const [noticed, peerNoticed]: number[][] = [[], []];
    // The quickest of some: the machine may stand still in any of them.
    for (let i = 0; i < 3; i++) {
      await until(() => a.headIntervalMs() === 15_000 && b.headIntervalMs() === 15_000);
      proxy.blackHole();
      // b may be alive and committing, and nobody would hear of it.
      const [mine, peers] = await Promise.all([b, a].map((bus) => timeUntil(() => bus.headIntervalMs() === 1_000)));
      noticed!.push(mine!);
      peerNoticed!.push(peers!);
      expect(a.state()).toBe('ok');
      expect(b.state()).toBe('down');
      await proxy.pass();
      await until(() => b.state() === 'ok');
    }
    expect(Math.min(...noticed!)).toBeLessThan(2_000);
    expect(Math.min(...peerNoticed!)).toBeLessThan(3_000);
    const ear = listenTo(b);
    a.publish(messageSignal('r', 1));
    await ear.until((heard) => heard.length === 1);
    await until(() => a.headIntervalMs() === 15_000 && b.headIntervalMs() === 15_000);
  });

  it('comes back after a cut, and asks the store once more even if nobody saw it away', async () => {
    await followed(b, 'r');
    await until(() => b.headIntervalMs() === 15_000);
    proxy.cut();
    await until(() => b.state() === 'down');
    await until(() => b.state() === 'ok');
    expect(b.headIntervalMs()).toBe(1_000);
    const ear = listenTo(b);
    a.publish(messageSignal('r', 1));
    await ear.until((heard) => heard.length === 1);
  });

  it('is down but still carries signals while Redis takes 1 s to answer, without reconnecting for ever', async () => {
    await followed(b, 'r');
    const ear = listenTo(b);
    proxy.delay(500);
    await until(() => b.state() === 'down');
    // Its patience grows until a heartbeat has the time to come back.
    await eventually(
      async () => {
        const before = ear.heard.length;
        a.publish(messageSignal('r', 1));
        await ear.until((heard) => heard.length > before, 1_000);
      },
      { intervalMs: 100 },
    );
    expect(b.headIntervalMs()).toBe(1_000);
    expect(proxy.connections).toBe(2);
    await proxy.pass();
    await until(() => b.state() === 'ok');
  });

  it('drops what a frozen Redis does not take, within a bound, and tells the peers of the loss', async () => {
    const small = open('small', proxy.port, { unansweredBytes: 64 * 1024 });
    await until(() => small.state() === 'ok');
    await followed(a, 'r');
    const ear = listenTo(a);
    await until(() => a.headIntervalMs() === 15_000 && small.headIntervalMs() === 15_000);
    server.pause();
    for (let i = 1; i <= 1_000; i++) small.publish(messageSignal('r', i, 'x'.repeat(1_000)));
    expect(small.state()).toBe('down');
    expect(small.headIntervalMs()).toBe(1_000);
    server.resume();
    await until(() => small.state() === 'ok' && a.headIntervalMs() === 1_000);
    small.publish(messageSignal('r', 2_000));
    await ear.until(() => ear.seqs().at(-1) === 2_000);
    expect(ear.seqs().length).toBeLessThan(64);
    expect(ear.seqs()).toEqual([...ear.seqs()].sort((x, y) => x - y));
    await small.close();
  });

  it('does not wait for a peer that said goodbye', async () => {
    const after: number[] = [];
    // One of some: where the machine stands still, others are missed that did not say goodbye.
    for (let i = 0; i < 3 && !after.includes(15_000); i++) {
      const c = open('c', server.port);
      await until(() => c.state() === 'ok');
      await until(() => a.headIntervalMs() === 15_000);
      await c.close();
      await new Promise((resolve) => setTimeout(resolve, 2_000));
      after.push(a.headIntervalMs());
    }
    expect(after).toContain(15_000);
  });

  it('goes on after its listener threw', async () => {
    let calls = 0;
    b.listen(() => {
      calls += 1;
      if (calls === 1) throw new Error('no');
    });
    await followed(b, 'r');
    a.publish(messageSignal('r', 1));
    a.publish(messageSignal('r', 2));
    await until(() => calls === 2);
  });

  it('asks the store when it hears what it can not read', async () => {
    await followed(b, 'r');
    await until(() => b.headIntervalMs() === 15_000);
    const client = redisTarget(server.url).open({ name: 'other version' });
    await client.connect();
    await client.publish('gongu:bus:room:r', '9m later\n{}');
    await until(() => b.headIntervalMs() === 1_000);
    expect(b.state()).toBe('ok');
    client.disconnect();
  });
});
