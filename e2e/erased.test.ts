import { randomUUID } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { probe, redisProgram, startRedis, type TestRedis } from '@gongu/testkit';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { tablesHolding } from './fixture/all-rows.ts';
import { call, type Pair, startPair } from './fixture/pair.ts';
import { filesOfRedis } from './fixture/redis-files.ts';

/** The person's id, and with it her name, and all that she says. */
const ANN = `ann${randomUUID().slice(0, 8)}`;
const dataDir = mkdtempSync(join(tmpdir(), 'gongu-erased-'));
const wait = { interval: 250 };

let redis: TestRedis | null = null;
let pair: Pair;
beforeAll(async () => {
  if (redisProgram()) redis = await startRedis();
  pair = await startPair({
    chats: 2,
    chatEnv: {
      ...{ CHANGES: 'on', DATA_DIR: dataDir, LOBBY_ROOM_ID: 'lobby', RATE_MESSAGES_PER_SECOND: '0' },
      ...(redis ? { REDIS_URL: redis.url } : {}),
    },
    tradeEnv: { ADDRESS_KEYS: `k1:${Buffer.alloc(32, 9).toString('base64')}` },
  });
});
afterAll(async () => {
  await pair?.stop();
  await redis?.stop();
  rmSync(dataDir, { recursive: true, force: true });
});

/** A call that must succeed; its body. */
async function ask(method: string, url: string, as: string, body?: unknown) {
  const answer = await call(method, url, as, body);
  expect([method, url, answer.status < 300, answer.body?.detail]).toEqual([method, url, true, undefined]);
  return answer.body;
}

async function open(to: string, protocols: string | readonly string[] = [], at = 0) {
  const socket = await probe(pair.chats[at]!.url.replace('http', 'ws') + to, { protocols, timeoutMs: 30_000 });
  onTestFinished(() => socket.terminate());
  return socket;
}

async function product(seller: string): Promise<string> {
  const { id } = await ask('POST', `${pair.tradeUrl}/api/products`, seller, {
    ...{ title: '제주 감귤 10kg', price: { amount: 23_000, currency: 'KRW' }, minParticipants: 1, maxParticipants: 5 },
    deadline: new Date(Date.now() + 3_600_000).toISOString(),
  });
  const room = `${pair.chat.url}/api/chat/rooms/${id}`;
  await expect.poll(async () => (await call('GET', room, pair.service())).status, wait).toBe(200);
  return id;
}

const allOfRedis = async (port: number) => Object.values(await filesOfRedis(port)).join('\n');

it('who used all that there is, and is erased, is in no table, file and key of either service, and nobody is told of her any more', async () => {
  const [ann, bob, root] = [pair.user(ANN), pair.user('bob'), pair.user('root', ['admin'])];
  const [seller, annSells] = [pair.user('seller', ['seller']), pair.user(ANN, ['seller'])];
  const [openId, endedId, ownId] = [await product(seller), await product(seller), await product(annSells)];
  const at = (id: string) => `${pair.chat.url}/api/chat/rooms/${id}`;
  const HOME = { recipient: ANN, phone: '010-1234-5678', postalCode: '06236', line1: '테헤란로 1' };
  for (const id of [openId, endedId]) {
    await ask('POST', `${pair.tradeUrl}/api/products/${id}/participations`, ann, {});
    await ask('PUT', `${pair.tradeUrl}/api/products/${id}/participations/me/address`, ann, HOME);
    await ask('POST', `${at(id)}/participants`, bob, {});
  }
  await expect.poll(async () => (await ask('GET', at(openId), root)).committedCount, wait).toBe(1);

  const gongu = await open('/ws', ['gongu.v1', `bearer.${ann}`], 1);
  gongu.send({ type: 'join', ref: 'join', roomId: openId });
  await gongu.next((frame) => frame.ref === 'join');
  gongu.send({ type: 'send', ref: 'send', roomId: openId, clientMessageId: `${ANN}-1`, content: `${ANN} by gongu.v1` });
  const { seq } = (await gongu.next((frame) => frame.ref === 'send')) as { seq: number };
  gongu.send({ type: 'edit', ref: 'edit', roomId: openId, seq, content: `${ANN} edits` });
  await gongu.next((frame) => frame.ref === 'edit');
  const stomp = await open('/ws', 'v12.stomp');
  stomp.send(`CONNECT\naccept-version:1.2\npasscode:${ann}\n\n\0`);
  stomp.send(`SUBSCRIBE\nid:1\ndestination:/topic/chat/${openId}\n\n\0`);
  stomp.send(`SEND\ndestination:/app/chat/${openId}\n\n${JSON.stringify({ content: `${ANN} by STOMP` })}\0`);
  await stomp.next((frame: string) => frame.startsWith('MESSAGE') && frame.includes(`${ANN} by STOMP`));
  const older = await open(`/room?roomId=${openId}&token=${ann}`);
  older.send({ type: 'note', receiver: 'all', data: ANN });
  await older.next((frame) => frame.type === 'note');

  const post = (id: string, as: string, content: string, more: object = {}) =>
    ask('POST', `${at(id)}/messages`, as, { clientMessageId: randomUUID(), content, ...more });
  const bytes = Buffer.concat([Buffer.from('%PDF-1.4 '), deflateSync(Buffer.from(ANN))]);
  const announced = { name: `${ANN}.pdf`, type: 'application/pdf', bytes: bytes.length };
  const upload = await ask('POST', `${at(openId)}/uploads`, ann, announced);
  const { url, headers, uploadId } = upload;
  expect((await fetch(new URL(url, pair.chat.url), { method: 'PUT', headers, body: bytes })).status).toBe(200);
  const file = await ask('POST', `${at(openId)}/uploads/${uploadId}/complete`, ann);
  const withFile = await post(openId, ann, '', { attachments: [file.id] });
  const bobs = await post(openId, bob, 'bob answers', { mentions: [ANN], replyTo: withFile.messageId });
  const mark = `${at(openId)}/messages/${bobs.seq}`;
  await ask('PUT', `${mark}/reactions/👍`, ann);
  await ask('PUT', `${at(openId)}/read`, ann, { seq: bobs.seq });
  await ask('POST', `${mark}/reports`, ann, { reason: 'OTHER', note: ANN });
  await ask('POST', `${at(openId)}/messages/${seq}/reports`, bob, { reason: 'ABUSE' });
  await ask('PUT', `${at(openId)}/pins/${seq}`, seller);
  await post(ownId, annSells, `${ANN} gives notice`, { kind: 'NOTIFICATION' });
  await post(endedId, ann, `${ANN} in another room`);
  await post('lobby', ann, `${ANN} in the lobby`);
  for (const [id, as] of [
    [endedId, seller],
    [ownId, annSells],
  ] as const) {
    await ask('POST', `${pair.tradeUrl}/api/products/${id}/${id === ownId ? 'cancel' : 'close'}`, as, {});
    await expect.poll(async () => (await ask('GET', at(id), root)).status, wait).not.toBe('ACTIVE');
  }
  const [lookers, messages] = [await open('/ws', ['gongu.v1', `bearer.${bob}`], 1), `${at(openId)}/messages?limit=100`];
  lookers.send({ type: 'join', ref: 'join', roomId: openId });
  const { lastSeq } = (await lookers.next((frame) => frame.ref === 'join')) as { lastSeq: number };
  const tables = await tablesHolding(pair.databaseUrl, ANN);
  expect(tables).toEqual(expect.arrayContaining(['chat.messages', 'trade.participations', 'trade.people']));
  expect(readdirSync(dataDir, { recursive: true }).join()).toContain(uploadId);

  if (redis) expect(await allOfRedis(redis.port)).toContain(ANN);

  const erasures = [`${pair.tradeUrl}/api/trade`, `${pair.chat.url}/api/chat`];
  const asked = await Promise.all(erasures.map((base) => ask('DELETE', `${base}/users/${ANN}`, root)));
  for (const [i, base] of erasures.entries()) {
    await expect
      .poll(async () => (await ask('GET', `${base}/erasures/${asked[i].id}`, root)).status, wait)
      .toBe('DONE');
  }

  // Trade tells chat what it has to, after which nothing says who she was.
  await expect.poll(() => tablesHolding(pair.databaseUrl, ANN), wait).toEqual([]);
  expect(readdirSync(dataDir, { recursive: true }).join()).not.toContain(uploadId);
  if (redis) {
    const { port } = redis;
    await expect.poll(async () => (await allOfRedis(port)).includes(ANN), wait).toBe(false);
  }
  expect((await call('GET', messages, ann)).status).toBe(401);

  const told = await lookers.next((frame) => frame.type === 'message' && frame.data?.event === 'messages.erased');
  expect(told.data.user.userId).toBe(asked[1].pseudonym);
  const again = await open('/ws', ['gongu.v1', `bearer.${bob}`]);
  again.send({ type: 'join', ref: 'join', roomId: openId, after: lastSeq });
  const joined = await again.next((frame) => frame.ref === 'join');
  expect(joined.recovered).toBe(true);
  expect(
    joined.messages.filter(({ data }: { data?: { event?: string } }) => data?.event === 'messages.erased'),
  ).toHaveLength(1);
  const rows = (await ask('GET', messages, bob)).messages as { seq: number }[];
  expect(rows.map((row) => row.seq)).toEqual(rows.map((_, i) => rows[0]!.seq + i));
  expect(JSON.stringify([rows, joined])).not.toContain(ANN);
  const events = await fetch(`${at(openId)}/events`, {
    headers: { authorization: `Bearer ${bob}`, 'last-event-id': '0' },
    signal: AbortSignal.timeout(30_000),
  });
  const stream = events.body!.getReader();
  onTestFinished(() => stream.cancel());
  let text = '';
  while (!text.includes('messages.erased')) text += Buffer.from((await stream.read()).value!).toString();
  expect(text).not.toContain(ANN);
});

it('an instance that hangs while somebody is erased, and then reads what she had sent it, brings nothing of her back', async () => {
  const sue = `sue${randomUUID().slice(0, 8)}`;
  const [token, root, hung] = [pair.user(sue), pair.user('root', ['admin']), pair.chats[1]!];
  const roomId = randomUUID();
  await pair.room(roomId);
  const socket = await open('/ws', ['gongu.v1', `bearer.${token}`], 1);
  await socket.next((frame) => frame.type === 'ready');
  hung.freeze();
  try {
    // Nobody reads them yet.
    socket.send({ type: 'join', ref: 'late', roomId });
    socket.send({ type: 'send', ref: 'late', roomId: 'lobby', clientMessageId: `${sue}-1`, content: `${sue} is late` });
    const { id } = await ask('DELETE', `${pair.chat.url}/api/chat/users/${sue}`, root);
    await expect
      .poll(async () => (await ask('GET', `${pair.chat.url}/api/chat/erasures/${id}`, root)).status, wait)
      .toBe('DONE');
    expect(await tablesHolding(pair.databaseUrl, sue)).toEqual([]);
  } finally {
    hung.thaw();
  }
  expect((await socket.closed()).code).toBe(4101);
  // Both were answered, or its end came first.
  expect(socket.queue.filter(({ ref }) => ref === 'late').map(({ code }) => code)).not.toContain(undefined);
  expect(await tablesHolding(pair.databaseUrl, sue)).toEqual([]);
  if (redis) await expect.poll(async () => (await allOfRedis(redis!.port)).includes(sue), wait).toBe(false);
});
