import { randomUUID } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { probe, redisProgram, startRedis, statementProxy, type TestRedis } from '@gongu/testkit';
import pg from 'pg';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { tablesHolding } from './fixture/all-rows.ts';
import { call, type Pair, startPair } from './fixture/pair.ts';
import { filesOfRedis } from './fixture/redis-files.ts';

/** In all that anybody says; of ASCII, and short, so that whatever holds it shows it as it is. */
const MARK = `mark${randomUUID().slice(0, 8)}`;
const PHONE = '010-8273-6455';
const ROOM = 'sealed';
const path = `/api/chat/rooms/${ROOM}`;
const dataDir = mkdtempSync(join(tmpdir(), 'gongu-sealed-'));

/** What PostgreSQL was asked, whose log may show it, in which one of the secrets stood. */
const shown: string[] = [];

let redis: TestRedis | null = null;
let pair: Pair;
let endProxy = () => {};
beforeAll(async () => {
  if (redisProgram()) redis = await startRedis({ args: ['--appendonly', 'yes', '--appendfsync', 'always'] });
  pair = await startPair({
    chats: redis ? 2 : 1,
    chatEnv: {
      ...{ CHANGES: 'on', DATA_DIR: dataDir, RATE_MESSAGES_PER_SECOND: '0', LOG_LEVEL: 'trace' },
      ...(redis ? { REDIS_URL: redis.url, BUS_SEAL: 'on' } : {}),
    },
    tradeEnv: { ADDRESS_KEYS: `k1:${Buffer.alloc(32, 9).toString('base64')}`, LOG_LEVEL: 'trace' },
    async through(url) {
      const proxy = await statementProxy(url, ({ text, bound }) => {
        if ([MARK, PHONE].some((secret) => `${text}${bound}`.includes(secret))) shown.push(text);
      });
      endProxy = proxy.close;
      return proxy.url;
    },
  });
});
afterAll(async () => {
  await pair?.stop();
  endProxy();
  await redis?.stop();
  rmSync(dataDir, { recursive: true, force: true });
});

/** A call that must succeed; its body. */
async function ask(method: string, to: string, as: string, body?: unknown, at = pair.chat.url) {
  const answer = await call(method, at + to, as, body);
  expect([method, to, answer.status < 300, answer.body?.code]).toEqual([method, to, true, undefined]);
  return answer.body;
}

async function open(to: string, protocols: string | readonly string[] = []) {
  const socket = await probe(pair.chat.url.replace('http', 'ws') + to, { protocols });
  onTestFinished(() => socket.terminate());
  return socket;
}

it('what is said over any protocol, and where it is sent to, stands in no table, statement, dump, log, WAL or Redis, and is shown to who may see it', async () => {
  await pair.room(ROOM);
  const [ann, bob, root] = [pair.user('ann'), pair.user('bob'), pair.user('root', ['admin'])];
  for (const as of [ann, bob]) await ask('POST', `${path}/participants`, as, {});
  const marks = Array.from({ length: 17 }, (_, i) => `${MARK}-${i} needle`);
  const text = (i: number) => marks[i]!;

  const post = (i: number, as = ann, more: object = {}) =>
    ask('POST', `${path}/messages`, as, { clientMessageId: `c-${i}`, content: text(i), ...more });
  const first = await post(0);
  await post(1, pair.user('seller'), { kind: 'NOTIFICATION' });
  await post(2, pair.service(), { kind: 'NOTIFICATION' });
  await ask('PATCH', `${path}/messages/${first.seq}`, ann, { content: text(3) });

  const gongu = await open('/ws', ['gongu.v1', `bearer.${ann}`]);
  gongu.send({ type: 'join', ref: 'join', roomId: ROOM });
  await gongu.next((frame) => frame.ref === 'join');
  gongu.send({ type: 'send', ref: 'send', roomId: ROOM, clientMessageId: 'socket', content: text(4) });
  const { seq } = (await gongu.next((frame) => frame.ref === 'send')) as { seq: number };
  gongu.send({ type: 'edit', ref: 'edit', roomId: ROOM, seq, content: text(5) });
  await gongu.next((frame) => frame.ref === 'edit');

  // Who listens at another instance hears it by way of Redis.
  const listener = await probe(pair.chats.at(-1)!.ws, { protocols: ['gongu.v1', `bearer.${bob}`] });
  onTestFinished(() => listener.terminate());
  listener.send({ type: 'join', ref: 'join', roomId: ROOM });
  await listener.next((frame) => frame.ref === 'join');
  const stomp = await open('/ws', 'v12.stomp');
  stomp.send(`CONNECT\naccept-version:1.2\npasscode:${bob}\n\n\0`);
  stomp.send(`SUBSCRIBE\nid:1\ndestination:/topic/chat/${ROOM}\n\n\0`);
  stomp.send(`SEND\ndestination:/app/chat/${ROOM}\n\n${JSON.stringify({ content: text(6) })}\0`);
  await stomp.next((frame: string) => frame.startsWith('MESSAGE') && frame.includes(text(6)));
  await listener.next((frame) => frame.type === 'message' && frame.content === text(6));

  // SockJS, for clients without a WebSocket.
  const session = `${pair.chat.url}/ws/chat/000/sealed`;
  const said = { type: 'send', ref: 'xhr', roomId: ROOM, clientMessageId: 'xhr', content: text(14) };
  expect(await (await fetch(`${session}/xhr?token=${ann}`, { method: 'POST' })).text()).toBe('o\n');
  const sent = { method: 'POST', body: JSON.stringify([JSON.stringify(said)]) };
  expect((await fetch(`${session}/xhr_send?token=${ann}`, sent)).status).toBe(204);
  await listener.next((frame) => frame.type === 'message' && frame.content === text(14));

  const signals = await open(`/room?roomId=${ROOM}&token=${ann}`);
  signals.send({ type: text(7), receiver: 'all', data: { deep: [text(8)] } });
  await signals.next((frame) => frame.type === text(7));
  signals.send({ type: 'whisper', receiver: 'ann', data: text(9) });

  // The other older URLs.
  for (const [i, to] of [`/ws/chat?sessionId=${ROOM}&`, `/chat/${ROOM}?`].entries()) {
    const socket = await open(`${to}token=${ann}`);
    socket.send({ type: 'message', content: text(15 + i) });
    await listener.next((frame) => frame.type === 'message' && frame.content === text(15 + i));
  }

  const bytes = Buffer.from('%PDF-1.4 a file');
  const announced = { name: `${text(10)}.pdf`, type: 'application/pdf', bytes: bytes.length };
  const { uploadId, url, headers } = await ask('POST', `${path}/uploads`, ann, announced);
  expect((await fetch(new URL(url, pair.chat.url), { method: 'PUT', headers, body: bytes })).status).toBe(200);
  const file = await ask('POST', `${path}/uploads/${uploadId}/complete`, ann);
  const note = { reason: 'SPAM', note: text(11) };
  await post(12, ann, { attachments: [file.id] });
  await ask('POST', `${path}/messages/${first.seq}/reports`, bob, note);
  const { items: reports } = await ask('GET', '/api/chat/reports', root);
  await ask('PATCH', `/api/chat/reports/${reports[0].reportId}`, root, { status: 'RESOLVED', note: text(13) });

  const seller = pair.user('seller', ['seller']);
  const { id: productId } = await ask(
    'POST',
    '/api/products',
    seller,
    {
      ...{ title: '감귤', price: { amount: 1, currency: 'KRW' }, minParticipants: 1, maxParticipants: 5 },
      deadline: new Date(Date.now() + 3_600_000).toISOString(),
    },
    pair.tradeUrl,
  );
  const place = `/api/products/${productId}/participations`;
  await ask('POST', place, ann, {}, pair.tradeUrl);
  const home = { recipient: MARK, phone: PHONE, postalCode: '06236', line1: MARK, line2: MARK, memo: MARK };
  await ask('PUT', `${place}/me/address`, ann, home, pair.tradeUrl);
  await ask('POST', `/api/products/${productId}/close`, seller, {}, pair.tradeUrl);
  expect((await ask('GET', `${place}/addresses`, seller, undefined, pair.tradeUrl)).items).toMatchObject([
    { address: home },
  ]);

  // What is refused was sent as well.
  for (const [as, seq] of [
    [bob, first.seq],
    [ann, 1],
    [ann, 9_999],
    [pair.user('carl'), first.seq],
  ] as const) {
    const refused = await call('PATCH', `${pair.chat.url}${path}/messages/${seq}`, as, { content: MARK });
    expect(refused.status).toBeGreaterThanOrEqual(400);
  }
  const again = { clientMessageId: 'c-0', content: MARK };
  expect((await call('POST', `${pair.chat.url}${path}/messages`, pair.user('carl'), again)).status).toBe(403);
  expect(await ask('POST', `${path}/messages`, ann, again)).toMatchObject({ seq: first.seq });
  expect((await call('PUT', `${pair.tradeUrl}${place}/me/address`, ann, home)).status).toBe(409);

  const { url: fileUrl } = await ask('GET', `${path}/attachments/${file.id}`, bob);
  const fetched = await fetch(new URL(fileUrl, pair.chat.url));
  expect([fetched.status, fetched.headers.get('content-disposition')]).toEqual([200, expect.stringContaining(MARK)]);

  // All is shown, but for what was edited away and what was whispered.
  const seen = JSON.stringify([
    await ask('GET', `${path}/messages?limit=100`, bob),
    await ask('GET', '/api/chat/reports', root),
  ]);
  const gone = new Set([0, 4, 7, 9]);
  expect(marks.filter((mark) => !seen.includes(mark))).toEqual(marks.filter((_, i) => gone.has(i)));
  expect((await ask('GET', `${path}/search?q=${encodeURIComponent(text(5))}`, bob)).messages).toHaveLength(1);

  for (const secret of [MARK, PHONE]) {
    expect(await tablesHolding(pair.databaseUrl, secret)).toEqual([]);
    expect(await walHolding(secret)).toEqual([]);
    expect(JSON.stringify(pair.output())).not.toContain(secret);
  }
  expect(shown).toEqual([]);
  if (redis) {
    const files = await filesOfRedis(redis.port, 'SET other:key clear-of-another');
    expect(Object.keys(files).join()).toMatch(/dump\.rdb.*aof|aof.*dump\.rdb/);
    const all = Object.values(files).join('\n');
    // What is not sealed is found by the same look.
    expect(all).toContain('clear-of-another');
    for (const secret of [MARK, PHONE]) expect(all.includes(secret)).toBe(false);
  }
  // What is not sealed is found by the same looks.
  expect(await tablesHolding(pair.databaseUrl, 'seller')).toContain('chat.members');
  expect(readdirSync(dataDir, { recursive: true }).join()).not.toContain(MARK);
});

/** WAL files in which a text stands; none where they are not on this machine. */
async function walHolding(text: string): Promise<string[]> {
  const client = new pg.Client({ connectionString: pair.databaseUrl });
  await client.connect();
  try {
    const { rows } = await client.query("SELECT current_setting('data_directory', true) AS dir");
    const dir = join(rows[0].dir ?? '', 'pg_wal');
    if (!existsSync(dir)) return [];
    const files = readdirSync(dir, { withFileTypes: true }).filter((entry) => entry.isFile());
    return files.filter(({ name }) => readFileSync(join(dir, name)).includes(text)).map(({ name }) => name);
  } finally {
    await client.end();
  }
}
