import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkFrame, probe } from '@gongu/testkit';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { call, type Pair, startPair } from './fixture/pair.ts';

let pair: Pair;
beforeAll(async () => {
  pair = await startPair({ chatEnv: { LOG_LEVEL: 'trace' }, tradeEnv: { LOG_LEVEL: 'trace' } });
});
afterAll(async () => {
  await pair?.stop();
});

const product = (change: object = {}) => ({
  title: '제주 감귤 10kg',
  description: '새콤달콤',
  price: { amount: 23_000, currency: 'KRW' },
  minParticipants: 2,
  maxParticipants: 3,
  deadline: new Date(Date.now() + 3_600_000).toISOString(),
  ...change,
});

async function create(change: object = {}): Promise<string> {
  const { status, body } = await call(
    'POST',
    `${pair.tradeUrl}/api/products`,
    pair.user('seller', ['seller']),
    product(change),
  );
  expect(status).toBe(201);
  return body.id;
}

const room = async (id: string) =>
  (await call('GET', `${pair.chat.url}/api/chat/rooms/${id}`, pair.service())).body as Record<string, unknown>;
const buy = (id: string, who: string) =>
  call('POST', `${pair.tradeUrl}/api/products/${id}/participations`, pair.user(who), {});

it('takes a product from its creation over a conversation with a lost network to its close', async () => {
  const id = await create();
  await expect
    .poll(() => room(id))
    .toMatchObject({ roomId: id, status: 'ACTIVE', hostId: 'seller', maxParticipants: 3 });

  const open = (who: string) =>
    probe(pair.chat.ws, { protocols: ['gongu.v1', `bearer.${pair.user(who)}`], check: checkFrame });
  const [ann, bob, guest] = await Promise.all([open('ann'), open('bob'), open('guest')]);
  for (const socket of [ann, bob, guest]) {
    socket.send({ type: 'join', ref: 'j', roomId: id });
    expect(await socket.next((frame) => frame.type === 'joined')).toMatchObject({ room: { title: '제주 감귤 10kg' } });
  }
  ann.send({ type: 'send', ref: '1', roomId: id, clientMessageId: 'a-1', content: '안녕하세요' });
  const { seq } = await ann.next((frame) => frame.type === 'ack');
  expect(await bob.next((frame) => frame.type === 'message' && frame.seq === seq)).toMatchObject({
    content: '안녕하세요',
  });

  // The tunnel: Bob's connection breaks, the others talk and buy, Bob comes back and misses nothing.
  bob.terminate();
  ann.send({ type: 'send', ref: '2', roomId: id, clientMessageId: 'a-2', content: '터널' });
  await ann.next((frame) => frame.type === 'ack' && frame.ref === '2');
  expect((await buy(id, 'ann')).status).toBe(201);
  await ann.next((frame) => frame.type === 'message' && frame.data?.event === 'participant.committed');
  const again = await open('bob');
  again.send({ type: 'join', roomId: id, after: seq });
  const joined = await again.next((frame) => frame.type === 'joined');
  expect(joined).toMatchObject({ recovered: true, hasMore: false, room: { committedCount: 1 } });
  expect(joined.messages.map((message: { seq: number }) => message.seq)).toEqual(
    Array.from({ length: joined.lastSeq - seq }, (_, i) => seq + 1 + i),
  );
  expect(joined.messages[0]).toMatchObject({ content: '터널', clientMessageId: 'a-2' });

  // Two more buyers fill it: closed at once, in both services, and the guest who did not buy has to go.
  expect((await buy(id, 'bob')).status).toBe(201);
  expect((await buy(id, 'cho')).status).toBe(201);
  expect((await buy(id, 'late')).status).toBe(409);
  await ann.next((frame) => frame.type === 'message' && frame.data?.event === 'room.closed');
  expect(
    await guest.next(
      (frame) => frame.data?.event === 'participant.removed' && frame.data.participant.userId === 'guest',
    ),
  ).toBeTruthy();
  expect(await room(id)).toMatchObject({ status: 'CLOSED', reason: 'FULL', participantCount: 3, committedCount: 3 });
  guest.send({ type: 'send', ref: '9', roomId: id, clientMessageId: 'g-1', content: '?' });
  expect(await guest.next((frame) => frame.type === 'error')).toMatchObject({ ref: '9', code: 'NOT_A_MEMBER' });
  again.send({ type: 'send', ref: '3', roomId: id, clientMessageId: 'b-1', content: '감사합니다' });
  expect(await again.next((frame) => frame.type === 'ack')).toMatchObject({ clientMessageId: 'b-1' });
  for (const socket of [ann, again, guest]) socket.close();
});

it('creates products while chat is away and opens their rooms in order when it returns', async () => {
  await pair.chat.kill();
  const ids: string[] = [];
  for (let i = 0; i < 5; i++) ids.push(await create({ title: `상품 ${i}`, maxParticipants: 2 }));
  for (const id of ids) expect((await buy(id, 'ann')).status).toBe(201);
  expect((await buy(ids[0]!, 'bob')).status).toBe(201); // full, closed
  await pair.chat.start();
  await expect
    .poll(async () => Promise.all(ids.map(async (id) => (await room(id)).status)), { interval: 200 })
    .toEqual(['CLOSED', 'ACTIVE', 'ACTIVE', 'ACTIVE', 'ACTIVE']);
  await expect
    .poll(async () => Promise.all(ids.map(async (id) => (await room(id)).committedCount)), {
      interval: 200,
    })
    .toEqual([2, 1, 1, 1, 1]);
  const events = async () => {
    const { body } = await call('GET', `${pair.chat.url}/api/chat/rooms/${ids[0]}/messages`, pair.service());
    return (body as unknown as { messages: { data?: { event: string } }[] }).messages.map(({ data }) => data?.event);
  };
  // The price is told after the end.
  await expect
    .poll(events, { interval: 200 })
    .toEqual([
      'room.opened',
      'participant.joined',
      'participant.committed',
      'participant.joined',
      'participant.committed',
      'room.closed',
      'notice.ended',
    ]);
});

it('restores a backup into another database: the same shop and the same talk, and both go on from there', async ({
  skip,
}) => {
  const folder = mkdtempSync(join(tmpdir(), 'gongu-backup-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'gongu.dump');
  const run = (program: string, ...args: string[]) => spawnSync(program, args, { encoding: 'utf8' });
  const say = (at: Pair, id: string, content: string) =>
    call('POST', `${at.chat.url}/api/chat/rooms/${id}/messages`, at.user('ann'), { clientMessageId: content, content });
  const read = async (at: Pair, id: string) => ({
    product: (await call('GET', `${at.tradeUrl}/api/products/${id}`, at.user('ann'))).body,
    messages: (await call('GET', `${at.chat.url}/api/chat/rooms/${id}/messages`, at.user('ann'))).body.messages,
  });

  const id = await create();
  await expect.poll(async () => (await room(id)).status).toBe('ACTIVE');
  expect((await buy(id, 'ann')).status).toBe(201);
  await expect.poll(async () => (await room(id)).committedCount).toBe(1);
  expect((await say(pair, id, 'before')).status).toBe(201);
  const before = await read(pair, id);

  const dump = run('pg_dump', '--format=custom', '--schema=chat', '--schema=trade', '--file', file, pair.databaseUrl);
  skip(dump.error !== undefined, 'there is no pg_dump');
  skip(/server version mismatch/.test(dump.stderr), 'pg_dump is older than the server');
  expect([dump.status, dump.stderr]).toEqual([0, '']);
  const restored = await startPair({
    // By now texts are sealed by a newer key.
    chatEnv: {
      CONTENT_KEYS: `newer:${Buffer.alloc(32, 8).toString('base64')},e2e:${Buffer.alloc(32, 7).toString('base64')}`,
    },
    through: async (url) => {
      const { status, stderr } = run('pg_restore', '--exit-on-error', '--single-transaction', `--dbname=${url}`, file);
      expect([status, stderr]).toEqual([0, '']);
      return url;
    },
  });
  onTestFinished(() => restored.stop());
  expect(await read(restored, id)).toEqual(before);
  const next = await say(restored, id, 'after');
  expect(next.body.seq).toBe(before.messages.at(-1).seq + 1);
  const bought = await call('POST', `${restored.tradeUrl}/api/products/${id}/participations`, restored.user('bob'), {});
  expect(bought.status).toBe(201);
  const consistency = `${restored.tradeUrl}/api/trade/consistency`;
  const agree = async () => (await call('GET', consistency, restored.user('admin', ['admin']))).body;
  await expect.poll(agree).toMatchObject({ consistent: true });
});

it('writes no token and no message text into any log, even at level trace', async () => {
  // Their last lines come with their end.
  for (const instance of [pair.chat, pair.trade]) await instance?.drain();
  const text = pair
    .output()
    .map((line) => JSON.stringify(line))
    .join('\n');
  expect(text).not.toMatch(/eyJ[A-Za-z0-9_-]{10,}\./);
  expect(text).not.toContain('안녕하세요');
  expect(text).not.toContain('터널');
});
