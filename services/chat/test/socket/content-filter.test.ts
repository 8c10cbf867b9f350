import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Attachment, ChatMessage, MessagePage, SearchPage, Upload } from '@gongu/shared';
import { probe } from '@gongu/testkit';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chatOfThisFile, type Instance } from '../fixture/chat.ts';
import { said } from '../fixture/log-lines.ts';
import { SERVICE, tokenOf } from '../fixture/tokens.ts';

const given = chatOfThisFile();
const words = join(tmpdir(), `gongu-words-${process.pid}`);
let masking: Instance;
let refusing: Instance;
beforeAll(async () => {
  writeFileSync(words, '# unwanted\n바보멍청이\n\n');
  // Clear, so that what is left would be found.
  const env = { CHANGES: 'on', FILTER_LINKS: 'shop.example, gongu.kr', FILTER_WORDS: words, CONTENT_ENCRYPTION: 'off' };
  masking = await given.start({ ...env, CONTENT_FILTER: 'mask' });
  refusing = await given.start({ ...env, CONTENT_FILTER: 'refuse' });
});
afterAll(() => Promise.all([masking?.stop(), refusing?.stop()]));

const harmful = said('전화 010-1234-5678');
const masked = said('전화 ●●●●●●●●●●●●●');
let made = 0;

async function roomOf(...names: string[]) {
  const roomId = await masking.room();
  for (const as of names) await masking.call('POST', `/api/chat/rooms/${roomId}/participants`, { as, body: {} });
  return roomId;
}

/** What everybody reads of a room, but for the SYSTEM rows. */
async function read(roomId: string): Promise<ChatMessage[]> {
  const { body } = await masking.call<{ messages: ChatMessage[] }>('GET', `/api/chat/rooms/${roomId}/messages`, {
    as: SERVICE,
  });
  return body.messages.filter(({ kind }) => (kind as string) !== 'SYSTEM');
}

const post = (at: Instance, roomId: string, as: string, content: string, fields: object = {}) =>
  at.call<ChatMessage>('POST', `/api/chat/rooms/${roomId}/messages`, {
    ...{ as, body: { clientMessageId: `c-${++made}`, content, ...fields } },
  });

/** Says it and fulfils with the code of the refusal; null: it was taken. */
const ways: Record<string, (at: Instance, roomId: string) => Promise<string | null>> = {
  HTTP: async (at, roomId) => (await post(at, roomId, 'ann', harmful)).body.code ?? null,
  async 'gongu.v1'(at, roomId) {
    const ann = await at.connect('ann');
    ann.send({ type: 'send', ref: '1', roomId, clientMessageId: `c-${++made}`, content: harmful });
    const answer = await ann.next((frame) => frame.ref === '1');
    return answer.type === 'error' ? answer.code : null;
  },
  async STOMP(at, roomId) {
    const socket = await probe(at.socketUrl, { protocols: 'v12.stomp' });
    const next = (what: RegExp) => socket.next((frame: unknown) => what.test(String(frame)));
    socket.send(`CONNECT\naccept-version:1.2\nhost:x\nAuthorization:Bearer ${tokenOf('ann')}\n\n\0`);
    await next(/^CONNECTED/);
    socket.send('SUBSCRIBE\nid:0\ndestination:/user/queue/errors\n\n\0');
    socket.send(`SEND\ndestination:/app/chat/${roomId}\nreceipt:1\n\n${JSON.stringify({ content: harmful })}\0`);
    const answer = String(await next(/^RECEIPT|^MESSAGE|^ERROR/));
    return /CONTENT_REFUSED/.exec(answer)?.[0] ?? null;
  },
  async 'plain JSON'(at, roomId) {
    const socket = await probe(`${at.url.replace('http', 'ws')}/ws/chat?sessionId=${roomId}&token=${tokenOf('ann')}`);
    socket.send({ type: 'message', content: harmful });
    const answer = await socket.next((frame) => frame.type === 'error' || frame.kind === 'CHAT');
    return answer.code ?? null;
  },
  async '/room, as data'(at, roomId) {
    const socket = await probe(`${at.url.replace('http', 'ws')}/room?roomId=${roomId}&token=${tokenOf('ann')}`);
    socket.send({ type: 'chat', data: { text: harmful } });
    const answer = await socket.next((frame) => frame.type === 'error' || frame.type === 'chat');
    return answer.code ?? null;
  },
};

describe.each(Object.entries(ways))('what is sent by %s', (_, say) => {
  it('is masked, and says so, or is refused and not stored', async () => {
    const roomId = await roomOf('ann');
    expect(await say(masking, roomId)).toBeNull();
    await expect.poll(async () => (await read(roomId)).length).toBe(1);
    const [message] = await read(roomId);
    expect(message).toMatchObject({ masked: true, content: expect.stringContaining(masked) });
    expect(JSON.stringify(message)).not.toContain('1234');
    expect(await say(refusing, roomId)).toBe('CONTENT_REFUSED');
    expect(await read(roomId)).toHaveLength(1);
  });
});

describe('the filter', () => {
  it('is for edits too, after which a message is masked or not by its new text', async () => {
    const roomId = await roomOf('ann');
    const { seq } = (await post(masking, roomId, 'ann', said('fine'))).body;
    const edit = (at: Instance, content: string) =>
      at.call<ChatMessage>('PATCH', `/api/chat/rooms/${roomId}/messages/${seq}`, { as: 'ann', body: { content } });
    const edited = (await edit(masking, harmful)).body;
    expect(edited).toMatchObject({ content: masked, masked: true });
    // The same text again is the same masked one.
    expect((await edit(masking, harmful)).body).toEqual(edited);
    const refused = await edit(refusing, harmful);
    expect([refused.status, refused.body.code]).toEqual([422, 'CONTENT_REFUSED']);
    expect((await edit(masking, said('fine again'))).body).not.toHaveProperty('masked');
    await edit(masking, harmful);
    await masking.call('DELETE', `/api/chat/rooms/${roomId}/messages/${seq}`, { as: 'ann' });
    expect((await read(roomId))[0]).not.toHaveProperty('masked');
  });

  it('tells all who listen what is stored, of several that are sent at once each its own', async () => {
    const roomId = await roomOf('ann', 'bob');
    const [ann, bob] = [await masking.connect('ann'), await masking.connect('bob')];
    await bob.join(roomId);
    await Promise.all([
      ann.say(roomId, harmful, { mentions: ['bob'] }),
      ann.say(roomId, said('fine')),
      ann.say(roomId, said('너 바\u200b보멍청이')),
    ]);
    const heard = [];
    for (let i = 0; i < 3; i++) heard.push(await bob.event('message'));
    expect(heard.map((message) => ('masked' in message ? message.content : null))).toEqual([
      ...[masked, null, said('너 ●●●●●●')],
    ]);
    expect(heard[0]).toMatchObject({ mentions: ['bob'] });
    expect(await read(roomId)).toMatchObject(heard.map(({ content }) => ({ content })));
  });

  it('leaves allowed links, what the service says, and SYSTEM rows as they are', async () => {
    const roomId = await roomOf('ann');
    const link = said('https://shop.example/a gongu.kr');
    expect((await post(refusing, roomId, 'ann', link)).body.content).toBe(link);
    expect((await post(refusing, roomId, SERVICE, harmful)).body.content).toBe(harmful);
    const title = '010-1234-5678';
    const body = { title };
    expect((await refusing.call('PATCH', `/api/chat/rooms/${roomId}`, { as: SERVICE, body })).body).toMatchObject(body);
  });

  it('keeps a service from starting whose file of words can not be read', async () => {
    const env = { CONTENT_FILTER: 'mask', FILTER_WORDS: '/nowhere/words' };
    await expect(given.start(env)).rejects.toThrow('FILTER_WORDS: /nowhere/words can not be read (ENOENT)');
  });
});

it('is asked about names of files too', async () => {
  const roomId = await roomOf('ann');
  const announce = (at: Instance) =>
    at.call<Upload>('POST', `/api/chat/rooms/${roomId}/uploads`, {
      ...{ as: 'ann', body: { name: '010-1234-5678.pdf', type: 'application/pdf', bytes: 8 } },
    });
  expect((await announce(refusing)).body.code).toBe('CONTENT_REFUSED');
  const { uploadId, url, headers } = (await announce(masking)).body;
  await fetch(new URL(url, masking.url), { method: 'PUT', headers, body: '%PDF-1.7' });
  const path = `/api/chat/rooms/${roomId}/uploads/${uploadId}/complete`;
  expect((await masking.call<Attachment>('POST', path, { as: 'ann' })).body.name).toBe('●●●●●●●●●●●●●.pdf');
});

it('what was masked is nowhere as it was said: in no table, page, replay, search, report, export and answer, once more or edited', async () => {
  const told = '010-7391-8264';
  const trace = '7391-8264';
  given.logs.secret(trace);
  const roomId = await roomOf('ann', 'bob');
  const path = `/api/chat/rooms/${roomId}`;
  const shown: unknown[] = [];
  const ask = async (method: string, to: string, as: string, body?: object) => {
    const { status, body: answer } = await masking.call(method, to, { as, ...(body ? { body } : {}) });
    expect([method, to, status < 300]).toEqual([method, to, true]);
    shown.push(answer);
    return answer as unknown as ChatMessage;
  };
  const message = { clientMessageId: 'masked', content: said(`${told} needle`) };
  const { seq } = await ask('POST', `${path}/messages`, 'ann', message);
  const [ann, bob] = [await masking.connect('ann'), await masking.connect('bob')];
  await bob.join(roomId);
  // The same once more, by another protocol and with another text in which something is masked.
  await ask('POST', `${path}/messages`, 'ann', { ...message, content: said(`${told} again`) });
  shown.push(await ann.ask({ type: 'send', roomId, ...message }, 'ack'));
  const edit = { content: said(`${told} edited needle`), ifVersion: seq };
  for (let i = 0; i < 2; i++) await ask('PATCH', `${path}/messages/${seq}`, 'ann', edit);
  shown.push(await ann.ask({ type: 'edit', roomId, seq, ...edit }, 'ok'));
  const signal = await probe(`${masking.url.replace('http', 'ws')}/room?roomId=${roomId}&token=${tokenOf('ann')}`);
  signal.send({ type: told, receiver: 'all', data: { [told]: [said(told)] } });
  const heard = await signal.next((frame) => frame.receiver === 'all' && frame.sender === 'ann');
  expect(heard).toMatchObject({ type: '●●●●●●●●●●●●●', data: { '●●●●●●●●●●●●●': [said('●●●●●●●●●●●●●')] } });
  const file = { name: `${told}.pdf`, type: 'application/pdf', bytes: 8 };
  const { body: upload } = await masking.call<Upload>('POST', `${path}/uploads`, { as: 'ann', body: file });
  await fetch(new URL(upload.url, masking.url), { method: 'PUT', headers: upload.headers, body: '%PDF-1.7' });
  const attachment = await ask('POST', `${path}/uploads/${upload.uploadId}/complete`, 'ann');
  const attachments = [(attachment as unknown as Attachment).id];
  await ask('POST', `${path}/messages`, 'ann', {
    clientMessageId: 'file',
    content: '',
    attachments,
    replyTo: `${roomId}:${seq}`,
  });
  await ask('POST', `${path}/messages/${seq}/reports`, 'bob', { reason: 'SPAM' });
  await ask('PUT', `${path}/pins/${seq}`, 'seller');

  expect((await masking.call<SearchPage>('GET', `${path}/search?q=7391`, { as: 'bob' })).body.messages).toEqual([]);
  const found = await ask('GET', `${path}/search?q=needle`, 'bob');
  expect((found as unknown as SearchPage).messages.map((one) => one.seq)).toEqual([seq]);
  const page = await ask('GET', `${path}/messages`, 'bob');
  expect((page as unknown as MessagePage).messages.find((one) => one.seq === seq)).toMatchObject({ masked: true });
  await ask('GET', '/api/chat/reports', SERVICE);
  await ask('GET', '/api/chat/users/ann/export', 'ann');
  await bob.event('message', (row) => row.kind === 'SYSTEM' && row.data.event === 'message.changed');
  shown.push(await (await refusing.connect('late')).join(roomId, 1), ann.queue, bob.queue, signal.queue);
  expect(JSON.stringify(shown)).not.toContain(trace);

  const database = new pg.Client(given.databaseUrl);
  await database.connect();
  const { rows: tables } = await database.query("SELECT tablename AS name FROM pg_tables WHERE schemaname = 'chat'");
  const holding: string[] = [];
  for (const { name } of tables) {
    const { rowCount } = await database.query(`SELECT FROM chat."${name}" t WHERE t::text LIKE $1`, [`%${trace}%`]);
    if (rowCount) holding.push(name);
  }
  await database.end();
  expect(holding).toEqual([]);
});
