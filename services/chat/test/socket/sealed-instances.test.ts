import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { redisProgram, startRedis, type TestRedis } from '@gongu/testkit';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, it, describe as suite } from 'vitest';
import { chatOfThisFile, type Instance } from '../fixture/chat.ts';
import { said } from '../fixture/log-lines.ts';

const describe = suite.skipIf(!redisProgram());
const given = chatOfThisFile();
let redis: TestRedis;
beforeAll(async () => {
  redis = await startRedis({ args: ['--appendonly', 'yes', '--appendfsync', 'always'] });
});
afterAll(() => redis.stop());

const metric = async ({ url }: Instance, name: string) => {
  const text = await (await fetch(`${url}/metrics`)).text();
  return text.split('\n').filter((line) => line.startsWith(name) && !line.endsWith(' 0'));
};

describe('two instances that seal what they tell each other (BUS_SEAL)', () => {
  it('carry messages, typing and SockJS sessions, refuse nothing, and leave nothing to read in Redis', async () => {
    const watcher = new Redis(redis.url);
    const seen: string[] = [];
    const monitor = await watcher.monitor();
    monitor.on('monitor', (_: string, args: string[]) => void seen.push(args.join(' ')));
    const env = { REDIS_URL: redis.url, BUS_SEAL: 'on' };
    const [one, two] = [await given.start(env), await given.start(env)];
    await expect.poll(async () => (await metric(one, 'gongu_chat_bus_up')).length).toBe(1);
    await expect.poll(async () => (await metric(two, 'gongu_chat_bus_up')).length).toBe(1);
    const roomId = await one.room();
    const [ann, bob] = [await one.connect('ann'), await two.connect('bob')];
    await ann.join(roomId);
    await bob.join(roomId);
    const content = said('marker-of-a-text 봉인');
    await ann.say(roomId, content);
    expect(await bob.event('message', (message) => message.kind === 'CHAT')).toMatchObject({ content });
    ann.send({ type: 'typing', roomId, typing: true });
    await bob.event('typing');

    const ask = async ({ url }: Instance, what: string, body?: string) => {
      const path = `${url}/ws/chat/000/sealed-${roomId}/${what}`;
      const answer = await fetch(path, { method: 'POST', ...(body === undefined ? {} : { body }) });
      return [answer.status, await answer.text()];
    };
    expect(await ask(one, 'xhr')).toEqual([200, 'o\n']);
    expect((await ask(two, 'xhr_send', JSON.stringify(['{"type":"ping","ref":"p"}'])))[0]).toBe(204);
    expect((await ask(two, 'xhr'))[1]).toContain('UNAUTHENTICATED');
    for (const each of [one, two]) expect(await metric(each, 'gongu_chat_bus_refused_total')).toEqual([]);

    await watcher.set('other:key', 'marker-of-another');
    await expect.poll(() => seen.join('\n')).toContain('marker-of-another');
    const places = {
      commands: seen.join('\n'),
      memory: (await valuesOf(watcher)).join('\n'),
      'append-only file': filesOf(String(((await watcher.config('GET', 'dir')) as string[])[1])),
    };
    for (const [place, text] of Object.entries(places)) {
      // What is looked for would be found.
      expect(text, place).toContain('marker-of-another');
      for (const secret of ['marker-of-a-text', '\\xeb\\xb4\\x89', '봉인', 'nickname', '"typing"', one.url, two.url]) {
        expect(text.includes(secret), `${secret} in ${place}`).toBe(false);
      }
    }
    monitor.disconnect();
    watcher.disconnect();
  });
});

/** All that is in Redis: keys, and their values as DUMP has them. */
async function valuesOf(redis: Redis): Promise<string[]> {
  const found: string[] = [];
  for await (const keys of redis.scanStream()) {
    for (const key of keys as string[]) found.push(key, (await redis.dumpBuffer(key))?.toString('latin1') ?? '');
  }
  return found;
}

function filesOf(folder: string): string {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((file) => file.isFile());
  return files.map((file) => readFileSync(join(file.parentPath, file.name), 'latin1')).join('\n');
}
