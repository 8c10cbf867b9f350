import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Attachment, ChatMessage, Upload } from '@gongu/shared';
import { probe } from '@gongu/testkit';
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
  const env = { CHANGES: 'on', FILTER_LINKS: 'shop.example, gongu.kr', FILTER_WORDS: words };
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
