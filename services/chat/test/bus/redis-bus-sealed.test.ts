import { createLog, systemClock } from '@gongu/host';
import { redisProgram, startRedis, type TestRedis } from '@gongu/testkit';
import { until } from '@gongu/testkit/eventually';
import { afterAll, afterEach, beforeAll, expect, it, describe as suite } from 'vitest';
import { createRedisBus } from '../../src/bus/redis-bus.ts';
import { createSealing } from '../../src/bus/sealing.ts';
import { redisTarget } from '../../src/redis/redis-url.ts';
import { createSealKey } from '../../src/redis/seal-key.ts';
import type { Bus } from '../../src/room/ports/bus.ts';
import { busContract } from '../contract/bus.contract.ts';
import { chatMessage, followed, listenTo, messageSignal } from '../fixture/signals.ts';

const log = createLog({ service: 'test', level: 'silent' });
const SECRET = 'what trade and chat share, nobody else';
const describe = suite.skipIf(!redisProgram());
let server: TestRedis;
let instances = 0;
const opened: Bus[] = [];

beforeAll(async () => {
  server = await startRedis();
});
afterEach(() => Promise.all(opened.splice(0).map((bus) => bus.close())));
afterAll(() => server.stop());

/** A bus, and what it refused. */
async function open(prefix: string, { isOn = true, skewMs = 0, secret = SECRET } = {}) {
  const instanceId = `i-${instances++}`;
  const now = () => Date.now() + skewMs;
  const sealing = createSealing({ key: createSealKey(secret), instanceId, now, isOn });
  const refused: string[] = [];
  const bus = createRedisBus({
    ...{ redis: redisTarget(server.url), log, clock: systemClock, instanceId, prefix, sealing },
    onRefused: (reason) => void refused.push(reason),
  });
  opened.push(bus);
  await until(() => bus.state() === 'ok');
  return { bus, refused };
}

describe('sealed', () => {
  busContract('Redis, sealed', async () => {
    const prefix = `sealed-${instances}`;
    return { bus: async () => (await open(prefix)).bus, close: async () => {} };
  });
});

describe('beside instances of the version before', () => {
  it('off: both hear each other, whatever they write', async () => {
    const prefix = `mixed-${instances}`;
    const [off, on] = [await open(prefix, { isOn: false }), await open(prefix)];
    const ear = listenTo(off.bus);
    await followed(off.bus, 'r');
    on.bus.publish(messageSignal('r', 1));
    await ear.until((heard) => heard.length === 1);
    expect(off.refused).toEqual([]);
  });

  it('on: what is unsigned is not heard, and the store is asked every second instead', async () => {
    const prefix = `refusing-${instances}`;
    const [off, on] = [await open(prefix, { isOn: false }), await open(prefix)];
    const ear = listenTo(on.bus);
    await followed(on.bus, 'r');
    off.bus.publish(messageSignal('r', 1));
    await expect.poll(() => on.refused).toContain('unsigned');
    expect(ear.heard).toEqual([]);
    expect(on.bus.headIntervalMs()).toBe(1_000);
  });
});

describe('whoever can write to Redis', () => {
  it('says nothing in the name of an instance: not forged, not again, not on another channel', async () => {
    const prefix = `attacked-${instances}`;
    const [one, two] = [await open(prefix), await open(prefix)];
    const ear = listenTo(two.bus);
    await followed(two.bus, 'r');
    await followed(two.bus, 'other');
    const stranger = redisTarget(server.url).open({ name: 'stranger' });
    await stranger.connect();
    const listening = redisTarget(server.url).open({ name: 'listening' });
    await listening.connect();
    const overheard = new Promise<Buffer>((resolve) => {
      listening.on('messageBuffer', (_: Buffer, bytes: Buffer) => resolve(bytes));
    });
    await (listening as { subscribe(channel: string): Promise<unknown> }).subscribe(`${prefix}:bus:room:r`);
    one.bus.publish(messageSignal('r', 1));
    await ear.until((heard) => heard.length === 1);
    const sealed = await overheard;

    const say = (channel: string, text: string | Buffer) =>
      (stranger as { publish(channel: string, text: string | Buffer): Promise<number> }).publish(
        `${prefix}:bus:room:${channel}`,
        text,
      );
    await say('r', sealed);
    await say('other', sealed);
    expect(sealed.toString('latin1')).not.toMatch(/content|messageId/);
    const changed = Buffer.from(sealed);
    changed[changed.length - 20]! ^= 1;
    await say('r', changed);
    await say('r', `1mi-x\n${JSON.stringify([chatMessage('r', 2)])}`);
    await say('r', '2junk');
    one.bus.publish(messageSignal('r', 3));
    await ear.until((heard) => heard.length === 2);
    expect(ear.heard.map((signal) => 'messages' in signal && signal.messages[0]!.seq)).toEqual([1, 3]);
    expect(two.refused).toEqual(['replay', 'proof', 'proof', 'unsigned', 'malformed']);
    stranger.disconnect();
    listening.disconnect();
  });

  it('an instance with another secret, or a clock that is a minute off, is not heard, and the store is asked', async () => {
    const prefix = `strange-${instances}`;
    const one = await open(prefix);
    const ear = listenTo(one.bus);
    await followed(one.bus, 'r');
    for (const [given, reason] of [
      [{ secret: 'another secret of thirty-two bytes!!' }, 'key'],
      [{ skewMs: 60_000 }, 'age'],
      [{ skewMs: -60_000 }, 'age'],
    ] as const) {
      const other = await open(prefix, given);
      other.bus.publish(messageSignal('r', 1));
      await expect.poll(() => one.refused.splice(0)).toContain(reason);
      expect(one.bus.headIntervalMs()).toBe(1_000);
    }
    expect(ear.heard).toEqual([]);
  });
});
