import { randomUUID } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  hasOpenssl,
  type Probe,
  probe,
  redisProgram,
  type ServiceProcess,
  servicesDatabase,
  serviceToken,
  spawnService,
  startPushService,
  startRedis,
  startWebhookReceiver,
  type TestDatabase,
  type TestPushService,
  type TestRedis,
  userToken,
  type WebhookReceiver,
} from '@gongu/testkit';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { tablesHolding } from './fixture/all-rows.ts';
import { heapHolding } from './fixture/heap.ts';
import { call } from './fixture/pair.ts';

/** In all that is taken away. Of ASCII, and short: V8 and pg_dump show it as it is. */
const GONE = `gone${randomUUID().slice(0, 8)}`;
/** In what stays: shows that each look would have found the other. */
const KEPT = `kept${randomUUID().slice(0, 8)}`;
/** In what was reported before it was taken away. */
const REPORTED = `reported${randomUUID().slice(0, 8)}`;
const JWT_SECRET = 'user-secret-of-the-end-to-end-tests-0123456789';
const SERVICE_JWT_SECRET = 'service-secret-of-the-end-to-end-tests-0123456789';
const PUSH_KEY = 'Zm91cnR5LXRocmVlIGNoYXJhY3RlcnMgb2YgYmFzZTY';
const ROOM = 'nowhere';

interface Instance {
  readonly name: string;
  readonly url: string;
  readonly ws: string;
  readonly process: ServiceProcess;
}

const dataDir = mkdtempSync(join(tmpdir(), 'gongu-nowhere-'));
let database: TestDatabase;
let redis: TestRedis | undefined;
let hooks: WebhookReceiver;
/** Undefined where there is no openssl for its certificate. */
let pushing: TestPushService | undefined;
/** The first two hear each other by Redis, where there is one; the third reads the newest rows each second. */
let instances: Instance[];

async function start(name: string, env: Readonly<Record<string, string>>): Promise<Instance> {
  const process = spawnService({
    entry: 'services/chat/dist/main.mjs',
    nodeArgs: ['--inspect=127.0.0.1:0', '--heap-snapshot-string-limit=10000000'],
    env: {
      ...{ DATABASE_URL: database.url, DATABASE_POOL: '3', JWT_SECRET, SERVICE_JWT_SECRET, ALLOWED_ORIGINS: '*' },
      ...{ CHAT_PORT: '0', HOST: '127.0.0.1', DRAIN_MS: '500', DATA_DIR: dataDir, CHANGES: 'on', LOG_LEVEL: 'info' },
      ...{ RATE_MESSAGES_PER_SECOND: '0', RATE_CHANGES_PER_SECOND: '0', RATE_FRAMES_PER_SECOND: '0' },
      // Clear, so that what is left would be found.
      CONTENT_ENCRYPTION: 'off',
      ...{ WEBHOOK_ALLOW_PRIVATE: 'true', ABSENT_AFTER_S: '1', ABSENT_TEXT: 'true' },
      ...(pushing ? { PUSH_KEY, PUSH_CONTACT: 'mailto:shop@shop.example', NODE_EXTRA_CA_CERTS: pushing.ca } : {}),
      ...env,
    },
  });
  const { port } = (await process.ready) as unknown as { port: number };
  return { name, url: `http://127.0.0.1:${port}`, ws: `ws://127.0.0.1:${port}`, process };
}

beforeAll(async () => {
  database = await servicesDatabase();
  if (redisProgram()) redis = await startRedis();
  if (hasOpenssl()) pushing = await startPushService();
  hooks = await startWebhookReceiver();
  const joined: Record<string, string> = redis ? { REDIS_URL: redis.url } : {};
  instances = [];
  for (const [name, env] of [
    ['here', joined],
    ['told by Redis', joined],
    ['alone', {}],
  ] as const) {
    instances.push(await start(name, env));
  }
});
afterAll(async () => {
  await Promise.all((instances ?? []).map(({ process }) => process.kill('SIGKILL')));
  await Promise.all([redis?.stop(), hooks?.close(), pushing?.close()]);
  await database?.drop();
  rmSync(dataDir, { recursive: true, force: true });
});

const token = (sub: string, roles: readonly string[] = []) =>
  userToken({ sub, nickname: sub, roles, secret: JWT_SECRET });
const service = () => serviceToken({ secret: SERVICE_JWT_SECRET });
const path = `/api/chat/rooms/${ROOM}`;

/** A call that must succeed; its body. */
async function ask(method: string, to: string, as: string, body?: unknown) {
  const answer = await call(method, instances[0]!.url + to, as, body);
  expect([method, to, answer.status < 300, answer.body?.code]).toEqual([method, to, true, undefined]);
  return answer.body;
}

let said = 0;
async function say(content: string, as = 'ann', more: object = {}): Promise<number> {
  const body = { clientMessageId: `c-${++said}`, content, ...more };
  return (await ask('POST', `${path}/messages`, token(as), body)).seq;
}

/** A file that ann has uploaded; its bytes and its name say `text`. */
async function upload(text: string): Promise<string> {
  const bytes = Buffer.from(`%PDF-1.4 ${text}`);
  const announced = { name: `${text}.pdf`, type: 'application/pdf', bytes: bytes.length };
  const { uploadId, url, headers } = await ask('POST', `${path}/uploads`, token('ann'), announced);
  const put = await fetch(new URL(url, instances[0]!.url), { method: 'PUT', headers, body: bytes });
  expect(put.status).toBe(200);
  return (await ask('POST', `${path}/uploads/${uploadId}/complete`, token('ann'))).id;
}

/** Everything that a GET shows to anybody who may see it, by the document of the interface. */
async function allPages({ url }: Instance, seqs: readonly number[], file: string): Promise<string> {
  const document = (await (await fetch(`${url}/openapi.json`)).json()) as {
    paths: Record<string, { get?: { responses: Record<string, { content?: object }> } }>;
  };
  const answers: string[] = [];
  const read = async (to: string, as: string) => {
    const answer = await fetch(url + to, { headers: { authorization: `Bearer ${as}` } });
    answers.push(`${to} ${answer.status} ${await answer.text()}`);
  };
  const members = [token('ann'), token('bob'), token('seller')];
  for (const [name, { get }] of Object.entries(document.paths)) {
    if (!get || '/api/chat/reports' === name || name.endsWith('/events')) continue;
    const to = name.replace('{roomId}', ROOM).replace('{userId}', 'ann').replace('{attachmentId}', file);
    const targets = to.includes('{seq}') ? seqs.map((seq) => to.replace('{seq}', String(seq))) : [to];
    const query = to.endsWith('search') ? '?q=needle' : to.endsWith('attachments') ? `?ids=${file}` : '';
    for (const target of targets) for (const as of members) await read(target + query, as);
    for (const as of [service(), token('root', ['admin'])]) await read(targets[0]! + query, as);
  }
  const [first = 1] = seqs;
  for (const query of ['?limit=1', `?after=${first - 1}`, `?before=${seqs.at(-1)! + 9}`, '?offset=0', '?after=0']) {
    await read(`${path}/messages${query}`, members[1]!);
  }
  return answers.join('\n');
}

/** Sockets of every protocol in the room, that have all up to `last` of what came after `after`. */
async function allReplays({ url, ws }: Instance, after: number, last: number, change: number): Promise<string> {
  const bob = token('bob');
  const shown: unknown[] = [];
  const open = async (to: string, protocols: string | readonly string[] = []): Promise<Probe> => {
    const socket = await probe(ws + to, { protocols });
    onTestFinished(() => socket.terminate());
    return socket;
  };
  const gongu = await open('/ws', ['gongu.v1', `bearer.${bob}`]);
  for (const [ref, frame] of Object.entries({
    newest: { type: 'join' },
    after: { type: 'join', after },
    page: { type: 'history', after },
    back: { type: 'history', before: last + 1 },
  })) {
    gongu.send({ ref, roomId: ROOM, ...frame });
    shown.push(await gongu.next((answer) => answer.ref === ref && answer.type !== 'error'));
  }
  for (const version of ['1.2', '1.0']) {
    const stomp = await open('/ws', `v${version.replace('.', '')}.stomp`);
    stomp.send(`CONNECT\naccept-version:${version}\npasscode:${bob}\n\n\0`);
    stomp.send(`SUBSCRIBE\nid:1\ndestination:/topic/chat/${ROOM}\nafter:${after}\n\n\0`);
    shown.push(await stomp.next((frame: string) => frame.includes(`seq:${change}\n`)), stomp.queue);
  }
  for (const to of [`/ws/chat?sessionId=${ROOM}&`, `/chat/${ROOM}?`, `/room?roomId=${ROOM}&`]) {
    const old = await open(`${to}after=${after}&token=${bob}`);
    shown.push(await old.next((frame) => frame.seq === last), old.queue);
  }
  for (const [query, headers] of [
    [`?after=${after}`, {}],
    ['', { 'last-event-id': String(after) }],
    ['', {}],
  ] as const) {
    shown.push(await streamed(`${url}${path}/events${query}`, bob, headers, `id: ${change}`));
  }
  shown.push(await streamed(`${url}/api/chat/events`, bob, {}, 'event: rooms'));
  return JSON.stringify(shown);
}

/** An event stream, up to what names `until`. */
async function streamed(url: string, as: string, headers: Record<string, string>, until: string): Promise<string> {
  const ending = AbortSignal.timeout(60_000);
  const answer = await fetch(url, { headers: { ...headers, authorization: `Bearer ${as}` }, signal: ending });
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of answer.body!) {
    text += decoder.decode(chunk as Uint8Array, { stream: true });
    const at = text.indexOf(until);
    if (at >= 0 && text.includes('\n\n', at)) break;
  }
  return text;
}

/** Names and bytes of all files in a folder. */
const allFiles = (folder: string): string =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .map((entry) => `${entry.name} ${entry.isFile() ? readFileSync(join(entry.parentPath, entry.name), 'latin1') : ''}`)
    .join('\n');

it('what was deleted or edited away is in no table, on no page, in no replay, in no file and in no memory of any instance', async () => {
  const opening = { productId: ROOM, title: '제주 감귤 10kg', hostId: 'seller', maxParticipants: 100 };
  const expiresAt = new Date(Date.now() + 3_600_000).toISOString();
  await ask('POST', '/api/chat/rooms', service(), { ...opening, expiresAt });
  for (const as of ['ann', 'bob', 'cho']) await ask('POST', `${path}/participants`, token(as), {});
  const { id: hook } = await ask('POST', '/api/chat/webhooks', token('root', ['admin']), {
    url: hooks.url,
    events: [],
  });
  const device = pushing?.device();
  if (device) {
    const { endpoint, keys } = device;
    await ask('PUT', '/api/chat/push-subscriptions', token('cho'), { roomId: ROOM, endpoint, keys });
  }

  const kept = await say(`${KEPT} text needle`, 'ann', { mentions: ['bob'] });
  const pushed = await say(`${GONE} push needle`);
  if (device) await expect.poll(() => device.pushes.map(({ text }) => text)).toHaveLength(1);
  const file = await upload(GONE);
  const deleted = [
    pushed,
    await say(`${GONE} text needle`, 'ann', { mentions: ['bob'] }),
    await say(`${GONE} notice needle`, 'seller', { kind: 'NOTIFICATION' }),
    await say(`${GONE} file needle`, 'ann', { attachments: [file] }),
  ];
  const edited = await say(`${GONE} before needle`);
  const answer = await say('answer needle', 'bob', { replyTo: `${ROOM}:${deleted[0]}` });
  const reported = await say(`${REPORTED} text needle`);
  const old = await probe(`${instances[0]!.ws}/room?roomId=${ROOM}&token=${token('ann')}`);
  onTestFinished(() => old.terminate());
  old.send({ type: `${GONE} signal`, receiver: 'all', data: { deep: [GONE] }, clientMessageId: 'signal' });
  deleted.push((await old.next((frame) => frame.seq > reported)).seq);
  await ask('PATCH', `${path}/messages/${deleted[0]}`, token('ann'), { content: `${GONE} edited needle` });
  await ask('PUT', `${path}/messages/${deleted[0]}/reactions/👍`, token('bob'));
  await ask('PUT', `${path}/pins/${deleted[0]}`, token('seller'));
  await ask('POST', `${path}/messages/${reported}/reports`, token('bob'), { reason: 'SPAM' });
  const pinned = deleted.at(-1)! + 3;

  // What keeps anything has it now.
  const seqs = [kept, ...deleted, edited, answer, reported];
  for (const instance of instances) {
    expect(await allPages(instance, seqs, file)).toContain(GONE);
    expect(await allReplays(instance, kept - 1, deleted.at(-1)!, pinned)).toContain(GONE);
  }
  expect(await tablesHolding(database.url, GONE)).toEqual(expect.arrayContaining(['chat.messages', 'chat.uploads']));
  if (device) expect(JSON.stringify(device.pushes)).toContain(GONE);
  const types = () => new Set(hooks.got.map(({ body }) => body.type));
  await expect.poll(types).toEqual(new Set(['member.absent', 'report.created']));
  expect(allFiles(dataDir)).toContain(GONE);

  const followers = await Promise.all(
    instances.map(async ({ ws }) => {
      const follower = await probe(`${ws}/ws`, { protocols: ['gongu.v1', `bearer.${token('bob')}`] });
      onTestFinished(() => follower.terminate());
      follower.send({ type: 'join', ref: 'in', roomId: ROOM, after: pinned });
      await follower.next((frame) => frame.ref === 'in');
      return follower;
    }),
  );
  await ask('PATCH', `${path}/messages/${edited}`, token('ann'), { content: 'another text' });
  for (const seq of [...deleted, reported]) await ask('DELETE', `${path}/messages/${seq}`, token('ann', ['admin']));
  const last = pinned + 1 + deleted.length + 1;
  for (const follower of followers) await follower.next((frame) => frame.type === 'message' && frame.seq === last);
  // What was sent already is not stored once more, whatever it says.
  const again = { clientMessageId: 'c-2', content: `${GONE} push needle` };
  expect(await ask('POST', `${path}/messages`, token('ann'), again)).toMatchObject({ seq: pushed, content: '' });

  expect(await tablesHolding(database.url, GONE)).toEqual([]);
  expect(await tablesHolding(database.url, REPORTED)).toEqual(['chat.reports']);
  for (const instance of instances) {
    const shown =
      (await allPages(instance, [...seqs, pinned, last], file)) +
      (await allReplays(instance, kept - 1, deleted.at(-1)!, last));
    expect(shown).toContain(KEPT);
    for (const mark of [GONE, REPORTED]) expect(around(shown, mark)).toEqual([]);
  }
  // Copies of reports are for who ends them alone, and have what was reported and nothing else.
  const reports = JSON.stringify(await ask('GET', '/api/chat/reports', service()));
  expect([reports.includes(REPORTED), reports.includes(GONE)]).toEqual([true, false]);
  const told = [
    ...hooks.got.map(({ raw }) => raw),
    JSON.stringify(await ask('GET', `/api/chat/webhooks/${hook}/deliveries`, service())),
  ];
  for (const mark of [GONE, REPORTED]) expect(told.join()).not.toContain(mark);
  await expect.poll(() => allFiles(dataDir)).not.toContain(GONE);
  for (const { name, process } of instances) {
    const [there, ...gone] = await heapHolding(process, [KEPT, GONE, REPORTED]);
    expect(there).not.toEqual([]);
    expect([name, ...gone]).toEqual([name, [], []]);
  }
}, 300_000);

/** Where a text stands in another. */
function around(text: string, mark: string): string[] {
  const found: string[] = [];
  for (let at = text.indexOf(mark); at >= 0; at = text.indexOf(mark, at + 1))
    found.push(text.slice(Math.max(0, at - 200), at + 60));
  return found;
}
