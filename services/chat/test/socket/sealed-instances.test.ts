import { redisProgram, startRedis, type TestRedis } from '@gongu/testkit';
import { afterAll, beforeAll, expect, it, describe as suite } from 'vitest';
import { chatOfThisFile, type Instance } from '../fixture/chat.ts';
import { said } from '../fixture/log-lines.ts';

const describe = suite.skipIf(!redisProgram());
const given = chatOfThisFile();
let redis: TestRedis;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());

const metric = async ({ url }: Instance, name: string) => {
  const text = await (await fetch(`${url}/metrics`)).text();
  return text.split('\n').filter((line) => line.startsWith(name) && !line.endsWith(' 0'));
};

describe('two instances that prove to each other who they are (BUS_SEAL)', () => {
  it('carry messages, typing and SockJS sessions, and refuse nothing', async () => {
    const env = { REDIS_URL: redis.url, BUS_SEAL: 'on' };
    const [one, two] = [await given.start(env), await given.start(env)];
    await expect.poll(async () => (await metric(one, 'gongu_chat_bus_up')).length).toBe(1);
    await expect.poll(async () => (await metric(two, 'gongu_chat_bus_up')).length).toBe(1);
    const roomId = await one.room();
    const [ann, bob] = [await one.connect('ann'), await two.connect('bob')];
    await ann.join(roomId);
    await bob.join(roomId);
    const content = said('봉인');
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
  });
});
