import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inRepository, redisProgram, startRedis, type TestRedis } from '@gongu/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { call, type Pair, startPair } from './fixture/pair.ts';
import { startTalk, type Talk } from './fixture/room-talk.ts';

/** What the next version adds first: nothing that the present one would miss or trip over. */
const EXPANDING = `
ALTER TABLE "rooms" ADD COLUMN "banner" TEXT;
ALTER TABLE "messages" ADD COLUMN "pinned_at" TIMESTAMPTZ(3);
CREATE TABLE "pins" ("room_id" TEXT NOT NULL, "seq" BIGINT NOT NULL, PRIMARY KEY ("room_id", "seq"));
`;
const EXPANSION = '9999_expand';

describe.skipIf(!redisProgram())('a rolling deploy', () => {
  let redis: TestRedis;
  let pair: Pair;
  let next: { root: string; entry: string };
  let current: Talk | undefined;

  beforeAll(async () => {
    redis = await startRedis();
    pair = await startPair({
      chats: 2,
      trade: false,
      chatEnv: {
        REDIS_URL: redis.url,
        RATE_MESSAGES_PER_SECOND: '0',
        RATE_FRAMES_PER_SECOND: '0',
        DRAIN_MS: '2000',
      },
    });
    next = await nextVersion();
  });
  afterEach(() => {
    for (const shopper of current?.shoppers ?? []) shopper.close();
  });
  afterAll(async () => {
    await pair?.stop();
    await redis?.stop();
    if (next) await rm(next.root, { recursive: true, force: true });
  });

  /** Shoppers on both instances, who talk. */
  async function talk(roomId: string): Promise<Talk> {
    const begun = await startTalk(pair, roomId);
    current = begun;
    const urls = pair.chats.map((chat) => chat.ws);
    for (let i = 0; i < 10; i++) begun.enter(`${roomId}-${i}`, i % 2 === 0 ? urls : [...urls].reverse());
    begun.begin(100);
    return begun;
  }

  /** As a deploy does: asks the instance to end, waits, and starts its successor on the same address. */
  async function replace(instance: number, entry?: string): Promise<void> {
    const chat = pair.chats[instance]!;
    expect(await chat.drain()).toEqual({ code: 0, signal: null });
    await chat.start(entry);
  }

  it('loses, doubles and reorders nothing while instances are replaced one by one under load', async () => {
    const { shoppers, further, agree } = await talk('replaced');
    await further(5);
    for (const instance of [0, 1, 0]) {
      await replace(instance);
      await further(5);
    }
    // The first takes one half away, and each of the others everybody who is not there.
    expect(shoppers.filter(({ counts }) => counts.reconnects === 0)).toEqual([]);
    await agree();
  });

  it('runs two versions beside each other on one database, and goes back, when the next one only expands it', async () => {
    const { further, agree } = await talk('expanded');
    await further(5);

    await replace(0, next.entry);
    const migrated = pair.chats[0]!.lines().find((line) => line.msg === 'migrations applied');
    expect(migrated).toMatchObject({ schema: 'chat', applied: [EXPANSION] });
    // The present version has seen its tables change under it. It talks, opens rooms and lets people in.
    await further(10);
    const present = pair.chats[1]!;
    const room = { productId: 'after', title: '한라봉', hostId: 'seller', maxParticipants: 2 };
    const expiresAt = new Date(Date.now() + 3_600_000).toISOString();
    const rooms = `${present.url}/api/chat/rooms`;
    expect((await call('POST', rooms, pair.service(), { ...room, expiresAt })).status).toBe(201);
    expect((await call('POST', `${rooms}/after/participants`, pair.user('ann'), {})).status).toBe(201);
    const said = { clientMessageId: 'c-1', content: '안녕하세요' };
    expect((await call('POST', `${rooms}/after/messages`, pair.user('ann'), said)).status).toBe(201);

    // The present version also starts on the expanded tables: the way back stays open.
    await replace(1);
    await further(5);
    await replace(1, next.entry);
    expect(pair.chats[1]!.lines().find((line) => line.msg === 'migrations applied')).toBeUndefined();
    await further(5);
    const { body } = await call('GET', `${rooms}/after/messages?after=0`, pair.service());
    expect(body.messages.at(-1)).toMatchObject({ clientMessageId: 'c-1' });
    await agree();
    const errors = pair.output().filter(({ level }) => level === 'error' || level === 'fatal');
    expect(errors).toEqual([]);
  });
});

/** The present build beside migrations of its own, laid out as the repository is, with one more of them. */
async function nextVersion(): Promise<{ root: string; entry: string }> {
  const root = await mkdtemp(join(tmpdir(), 'gongu-next-'));
  const service = join(root, 'services', 'chat');
  await mkdir(service, { recursive: true });
  await cp(inRepository('services/chat/dist'), join(service, 'dist'), { recursive: true });
  await symlink(inRepository('services/chat/node_modules'), join(service, 'node_modules'));
  await cp(inRepository('prisma/chat'), join(root, 'prisma', 'chat'), { recursive: true });
  const folder = join(root, 'prisma', 'chat', 'migrations', EXPANSION);
  await mkdir(folder);
  await writeFile(join(folder, 'migration.sql'), EXPANDING);
  return { root, entry: join(service, 'dist', 'main.mjs') };
}
