import { beforeAll, describe, expect, it } from 'vitest';
import { chatOfThisFile, type Instance } from '../fixture/chat.ts';
import { said } from '../fixture/log-lines.ts';
import { SERVICE } from '../fixture/tokens.ts';

const given = chatOfThisFile();
let chat: Instance;
beforeAll(async () => {
  chat = await given.start();
});

describe('the length of a message', () => {
  it('is counted in code points: 4 000 of any script, and not one more', async () => {
    const roomId = await chat.room();
    const ann = await chat.connect('ann');
    await ann.join(roomId);
    for (const letter of ['a', '가', '🍊']) {
      const content = said('').concat(letter.repeat(4_000 - said('').length));
      const { seq } = await ann.say(roomId, content);
      expect((await ann.event('message', (one) => one.seq === seq)).content).toBe(content);
      ann.send({ type: 'send', ref: 'long', roomId, clientMessageId: 'long', content: `${content}${letter}` });
      expect(await ann.event('error')).toMatchObject({
        ...{ ref: 'long', code: 'VALIDATION_FAILED' },
        errors: [{ path: 'content', message: 'must have at most 4000 characters' }],
      });
    }
    const page = await ann.ask({ type: 'history', roomId }, 'page');
    expect(page.messages).toHaveLength(5);
  });
});

describe('a message', () => {
  it('is stored once, whatever is retried: at once, later, on another socket, over HTTP, after a reconnect', async () => {
    const roomId = await chat.room();
    const [ann, bob] = [await chat.connect('ann'), await chat.connect('bob')];
    await ann.join(roomId);
    await bob.join(roomId);
    const body = { clientMessageId: 'once', content: said('한 번만') };
    const send = { type: 'send', roomId, ...body };
    for (let i = 0; i < 5; i++) ann.send({ ...send, ref: `${i}` });
    const acks = [];
    for (let i = 0; i < 5; i++) acks.push(await ann.event('ack'));
    expect(new Set(acks.map((ack) => `${ack.seq} ${ack.createdAt}`)).size).toBe(1);
    expect(acks.filter((ack) => !ack.duplicate)).toHaveLength(1);
    ann.terminate();
    const again = await chat.connect('ann');
    expect(await again.ask(send, 'ack')).toMatchObject({ seq: acks[0]!.seq, duplicate: true });
    const http = await chat.call('POST', `/api/chat/rooms/${roomId}/messages`, { as: 'ann', body });
    expect([http.status, http.body]).toMatchObject([200, { seq: acks[0]!.seq, clientMessageId: 'once' }]);
    await bob.event('message', (message) => message.clientMessageId === 'once');
    await bob.none(100, (frame) => frame.type === 'message' && frame.clientMessageId === 'once');
    expect(await bob.ask(send, 'ack')).toMatchObject({ duplicate: false });
  });

  it('may be a NOTIFICATION from the host and the service, and from nobody else', async () => {
    const roomId = await chat.room();
    const [seller, ann] = [await chat.connect('seller'), await chat.connect('ann')];
    await seller.join(roomId);
    await ann.join(roomId);
    const notice = { clientMessageId: 'n', content: said('공지'), kind: 'NOTIFICATION' };
    ann.send({ type: 'send', ref: '1', roomId, ...notice });
    expect(await ann.event('error')).toMatchObject({ ref: '1', code: 'FORBIDDEN' });
    expect(await seller.ask({ type: 'send', roomId, ...notice }, 'ack')).toMatchObject({ duplicate: false });
    const path = `/api/chat/rooms/${roomId}/messages`;
    const refused = await chat.call('POST', path, { as: 'ann', body: { ...notice, clientMessageId: 'n2' } });
    expect([refused.status, refused.body.code]).toEqual([403, 'FORBIDDEN']);
    expect((await chat.call('POST', path, { as: SERVICE, body: notice })).body).toMatchObject({
      ...{ kind: 'NOTIFICATION', sender: null, clientMessageId: 'n' },
    });
    const kinds = [await ann.event('message', isNotice), await ann.event('message', isNotice)];
    expect(kinds.map((message) => message.sender?.userId ?? null)).toEqual(['seller', null]);
  });
  const isNotice = (message: { kind: string }) => message.kind === 'NOTIFICATION';

  it('keeps its text as it is: nothing is escaped, trimmed or normalised', async () => {
    const roomId = await chat.room();
    const ann = await chat.connect('ann');
    await ann.join(roomId);
    for (const text of [
      '  <script>alert(1)</script>  ',
      '각 각',
      '👨‍👩‍👧 e\u0301',
      '\u200b\ufeff\u202e',
      '\\u0041 %41 &#65;',
      '\t\n\r',
    ]) {
      const { seq } = await ann.say(roomId, said(text));
      expect((await ann.event('message', (one) => one.seq === seq)).content).toBe(said(text));
    }
  });

  it('may answer a message of the same room only', async () => {
    const [roomId, other] = [await chat.room(), await chat.room()];
    const ann = await chat.connect('ann');
    await ann.join(roomId);
    for (const replyTo of [`${other}:1`, `${roomId}:99`, `${roomId}:0`, 'x']) {
      ann.send({ type: 'send', ref: 'r', roomId, clientMessageId: replyTo, content: said('?'), replyTo });
      expect(await ann.event('error'), replyTo).toMatchObject({
        ...{ code: 'VALIDATION_FAILED', errors: [{ path: 'replyTo' }] },
      });
    }
    await ann.say(roomId, said('!'), { replyTo: `${roomId}:1` });
  });

  it('needs a membership, not a subscription', async () => {
    const roomId = await chat.room();
    const [ann, bob] = [await chat.connect('ann'), await chat.connect('bob')];
    ann.send({ type: 'send', ref: '1', roomId, clientMessageId: 'c', content: said('?') });
    expect(await ann.event('error')).toMatchObject({ ref: '1', code: 'NOT_A_MEMBER', roomId });
    ann.send({ type: 'send', ref: '2', roomId: 'nowhere', clientMessageId: 'c', content: said('?') });
    expect(await ann.event('error')).toMatchObject({ ref: '2', code: 'NOT_FOUND' });
    await bob.join(roomId);
    await bob.ask({ type: 'unsubscribe', roomId }, 'ok');
    await bob.say(roomId);
    await bob.none(50, (frame) => frame.type === 'message' && frame.kind === 'CHAT');
  });
});

describe('commands of one socket', () => {
  it('may follow each other without waiting: a join and what is sent behind it', async () => {
    const roomId = await chat.room();
    const ann = await chat.connect('ann');
    ann.send({ type: 'join', ref: 'j', roomId });
    for (let i = 0; i < 20; i++) {
      ann.send({ type: 'send', ref: `${i}`, roomId, clientMessageId: `p-${i}`, content: said(`${i}`) });
    }
    await ann.event('joined');
    for (let i = 0; i < 20; i++) expect(await ann.event('ack')).toMatchObject({ ref: `${i}`, seq: i + 3 });
    for (let i = 0; i < 20; i++) {
      expect(await ann.event('message')).toMatchObject({ seq: i + 3, content: said(`${i}`) });
    }
  });

  it('take effect in their order: a last word is stored before the leave behind it', async () => {
    for (let i = 0; i < 10; i++) {
      const roomId = await chat.room();
      const ann = await chat.connect('ann');
      await ann.join(roomId);
      ann.send({ type: 'send', ref: 'bye', roomId, clientMessageId: 'bye', content: said('안녕히') });
      ann.send({ type: 'leave', ref: 'leave', roomId });
      ann.send({ type: 'send', ref: 'late', roomId, clientMessageId: 'late', content: said('아직') });
      expect(await ann.next((frame) => frame.ref === 'bye')).toMatchObject({ type: 'ack', seq: 3 });
      expect(await ann.next((frame) => frame.ref === 'leave')).toMatchObject({ type: 'ok' });
      expect(await ann.next((frame) => frame.ref === 'late')).toMatchObject({ code: 'NOT_A_MEMBER' });
      ann.terminate();
    }
  });
});
