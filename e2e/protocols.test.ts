import { ensureNginx, type NginxProcess, redisProgram, startNginx, startRedis, type TestRedis } from '@gongu/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { DIALS } from './fixture/dials.ts';
import { call, type Pair, startPair } from './fixture/pair.ts';
import { instancesOfSessions } from './fixture/session-instances.ts';
import { type CutOffTalker, startCutOffTalker } from './fixture/talker.ts';

const NAMES = Object.keys(DIALS);
/** Those whose requests may reach an instance that has not their session. */
const POLLING = NAMES.filter((name) => /xhr|eventsource/.test(name));

let redis: TestRedis;
let pair: Pair;
let nginx: NginxProcess;
let rooms = 0;
let lines = 0;
const talkers: CutOffTalker[] = [];

beforeAll(async () => {
  redis = await startRedis();
  const chatEnv = { REDIS_URL: redis.url, RATE_MESSAGES_PER_SECOND: '0', RATE_FRAMES_PER_SECOND: '0' };
  pair = await startPair({ chats: 2, trade: false, chatEnv });
});
afterEach(async () => {
  await Promise.all(talkers.splice(0).map((talker) => talker.leave()));
  await nginx?.stop();
});
afterAll(async () => {
  await pair?.stop();
  await redis?.stop();
});

const balance = async (spread: 'round-robin' | 'sticky') => {
  nginx = await startNginx(spread, [pair.chats[0]!.port, pair.chats[1]!.port], { sessionIds: true });
};

async function room(): Promise<string> {
  const roomId = `room-${rooms++}`;
  await pair.room(roomId, `http://127.0.0.1:${nginx.port}`);
  return roomId;
}

async function talk(name: string, roomId: string, userId: string): Promise<CutOffTalker> {
  const dial = DIALS[name]!;
  const talker = await startCutOffTalker({ name, dial, port: nginx.port, userId, token: pair.user(userId), roomId });
  talkers.push(talker);
  return talker;
}
const everybody = (roomId: string) => Promise.all(NAMES.map((name, i) => talk(name, roomId, `user-${i}`)));

/** One says something, and all of them have it. */
async function say(from: CutOffTalker, all: readonly CutOffTalker[]): Promise<void> {
  const content = `${from.name}: 안녕하세요 ${lines++}`;
  from.say(content);
  await heard(content, all);
}
async function heard(content: string, all: readonly CutOffTalker[]): Promise<void> {
  await expect
    .poll(() => all.filter((one) => !one.has(content)).map(({ name }) => name), {
      // In Node, sockjs-client misses the end of a stream; its next STOMP beat, after 10 s, tells it.
      interval: 10,
      message: `who does not have ${content}`,
    })
    .toEqual([]);
}

/** The same messages with the same numbers at everybody, each once, and as many as the room has. */
async function agree(all: readonly CutOffTalker[], roomId: string): Promise<void> {
  const { body } = await call('GET', `${pair.chats[1]!.url}/api/chat/rooms/${roomId}`, pair.service());
  await expect
    .poll(() => all.map(({ history }) => history.length), { interval: 20 })
    .toEqual(all.map(() => body.lastSeq));
  for (const { history } of all) expect(history).toEqual(all[0]!.history);
  expect(all.flatMap(({ faults }) => faults)).toEqual([]);
}

describe.skipIf(!ensureNginx() || !redisProgram())('two instances behind nginx', () => {
  describe.each(['round-robin', 'sticky'] as const)('%s', (spread) => {
    it('gives one conversation over every protocol identical histories, also after each was cut off', async () => {
      await balance(spread);
      const roomId = await room();
      const all = await everybody(roomId);
      for (const talker of all) await say(talker, all);
      await agree(all, roomId);
      for (const away of all) {
        const others = all.filter((talker) => talker !== away);
        await away.cut();
        for (const from of others.slice(0, 3)) await say(from, others);
        await away.back();
        await say(away, all);
      }
      await agree(all, roomId);
      // A session of requests is given up when none comes for 5 s, and so where the machine stands still for as long.
      const isExpected = ({ name, closes }: CutOffTalker) =>
        POLLING.includes(name) ? closes.length > 0 : closes.length === 1;
      expect(all.filter((one) => !isExpected(one)).map(({ name, closes }) => [name, closes])).toEqual([]);
      const spreads = [...(await instancesOfSessions(nginx)).values()].map((instances) => instances.size);
      expect(Math.max(...spreads)).toBe(spread === 'sticky' ? 1 : 2);
    });
  });

  it('keeps a conversation from subscribers of another room', async () => {
    await balance('round-robin');
    const [roomId, elsewhere] = [await room(), await room()];
    const outside = await everybody(elsewhere);
    const inside = await Promise.all([talk('gongu.v1', roomId, 'ann'), talk('stompjs over WebSocket', roomId, 'bob')]);
    for (let i = 0; i < 3; i++) for (const from of inside) await say(from, inside);
    await say(outside[0]!, outside);
    await agree(outside, elsewhere);
    const leaked = outside.flatMap(({ name, texts }) => texts.filter((text) => text.includes(roomId)).map(() => name));
    expect(leaked).toEqual([]);
    for (const { content } of inside[0]!.history) {
      if (content.includes('안녕')) expect(outside.some((talker) => talker.has(content))).toBe(false);
    }
  });

  it('recovers every protocol by seq when an instance is killed, and tells those whose session it had', async () => {
    await balance('round-robin');
    const roomId = await room();
    const all = await everybody(roomId);
    // More of those, so that either instance has some of their sessions.
    for (let i = 0; i < 6; i++) all.push(await talk(POLLING[i % POLLING.length]!, roomId, `more-${i}`));
    await say(all[0]!, all);
    await pair.chats[0]!.kill();
    for (const talker of all) await say(talker, all);
    await agree(all, roomId);
    const lost = all.filter(({ closes }) => closes.length > 0);
    const polling = lost.filter(({ name }) => POLLING.includes(name));
    expect(polling.length).toBeGreaterThan(0);
    // 3000: told by the other instance; 1006: the stream that it was reading broke off.
    for (const { closes } of polling) expect([3000, 1006]).toContain(closes[0]);
    await pair.chats[0]!.start();
    await say(all[0]!, all);
    await agree(all, roomId);
  });
});
