import { beforeAll, describe, expect, it } from 'vitest';
import { chatOfThisFile, type Instance } from '../fixture/chat.ts';
import { said } from '../fixture/log-lines.ts';
import { tokenOf } from '../fixture/tokens.ts';

const given = chatOfThisFile();
let chat: Instance;
beforeAll(async () => {
  chat = await given.start();
});

const TIME = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
const publicUser = (userId: string) => ({ userId, nickname: userId, tag: null });
const participant = (userId: string, change: object = {}) => ({
  ...{ userId, nickname: userId, tag: null, role: 'GUEST', committed: false, online: true, joinedAt: TIME },
  ...{ lastReadSeq: 1, ...change },
});
const EPOCH = expect.stringMatching(/^[0-9a-z]{8}$/);
const roomShape = (roomId: string, change: object = {}) => ({
  ...{ roomId, productId: roomId, title: '제주 감귤 10kg', status: 'ACTIVE', reason: null, hostId: 'seller' },
  ...{
    maxParticipants: 30,
    minParticipants: null,
    participantCount: 1,
    committedCount: 0,
    onlineCount: 1,
    watcherCount: 0,
    slowModeSeconds: 0,
    epoch: EPOCH,
    firstSeq: 1,
  },
  ...{ lastSeq: 2, pinnedMessageIds: [], createdAt: TIME, expiresAt: TIME, closedAt: null, ...change },
});

describe('the frames of gongu.v1, exactly', () => {
  it('ready, after a first frame that authenticates', async () => {
    const ann = await chat.open();
    ann.send({ type: 'auth', token: tokenOf('ann', { tag: '0042' }) });
    expect(await ann.next()).toEqual({
      type: 'ready',
      connectionId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      user: { userId: 'ann', nickname: 'ann', tag: '0042' },
      serverTime: TIME,
      heartbeatMs: 25_000,
      tokenExpiresAt: TIME,
      limits: { contentChars: 4_000, frameBytes: 131_072 },
    });
  });

  it('joined, with the room, oneself, the participants and the newest messages', async () => {
    const roomId = await chat.room();
    const ann = await chat.connect('ann');
    ann.send({ type: 'join', ref: '1', roomId });
    const joined = await ann.event('joined');
    const system = { roomId, kind: 'SYSTEM', sender: null, replyTo: null, clientMessageId: null, createdAt: TIME };
    const {
      onlineCount: _,
      watcherCount: __,
      epoch: ___,
      firstSeq: ____,
      ...stored
    } = roomShape(roomId, { participantCount: 0, lastSeq: 0 });
    const host = participant('seller', { role: 'HOST', online: false, lastReadSeq: 0 });
    expect(joined).toEqual({
      ...{ type: 'joined', ref: '1', roomId },
      room: roomShape(roomId),
      you: { ...participant('ann'), unread: 0, unreadMentions: 0 },
      participants: [host, participant('ann')],
      messages: [
        {
          ...{ ...system, seq: 1, version: 1, messageId: `${roomId}:1`, content: '제주 감귤 10kg opened' },
          data: { event: 'room.opened', room: stored, participant: host },
        },
        {
          ...{ ...system, seq: 2, version: 2, messageId: `${roomId}:2`, content: 'ann joined' },
          data: {
            event: 'participant.joined',
            participant: participant('ann'),
            ...{ participantCount: 1, committedCount: 0 },
          },
        },
      ],
      ...{ lastSeq: 2, epoch: EPOCH, recovered: false, hasMore: false },
    });
    await ann.none(50, (frame) => frame.type === 'message');
  });

  it('ack to the sender, message to every subscriber, the sender’s own sockets included', async () => {
    const roomId = await chat.room();
    const [ann, annToo, bob] = [await chat.connect('ann'), await chat.connect('ann'), await chat.connect('bob')];
    for (const client of [ann, annToo, bob]) await client.join(roomId);
    const content = said('<b>안녕</b> 🍊 &amp; \\ "quoted"\n둘째 줄');
    const send = { type: 'send', ref: '2', roomId, clientMessageId: 'c-1', content, replyTo: `${roomId}:2` };
    ann.send(send);
    const place = { roomId, seq: 4, messageId: `${roomId}:4`, clientMessageId: 'c-1', createdAt: TIME };
    const ack = await ann.event('ack');
    expect(ack).toEqual({ type: 'ack', ref: '2', ...place, duplicate: false });
    for (const client of [ann, annToo, bob]) {
      expect(await client.event('message', (message) => message.seq === 4)).toEqual({
        ...{ type: 'message', ...place, kind: 'CHAT', sender: publicUser('ann'), content, replyTo: `${roomId}:2` },
        ...{ version: 4, createdAt: ack.createdAt },
      });
    }
    ann.send({ ...send, ref: '3', content: said('something else') });
    expect(await ann.event('ack')).toEqual({ ...ack, ref: '3', duplicate: true });
    await bob.none(50, (frame) => frame.type === 'message' && frame.seq > 4);
  });

  it('typing and read, to the others only', async () => {
    const roomId = await chat.room();
    const [ann, annToo, bob] = [await chat.connect('ann'), await chat.connect('ann'), await chat.connect('bob')];
    for (const client of [ann, annToo, bob]) await client.join(roomId);
    ann.send({ type: 'typing', roomId, typing: true });
    expect(await bob.event('typing')).toEqual({ type: 'typing', roomId, user: publicUser('ann'), typing: true });
    ann.send({ type: 'typing', roomId, typing: false });
    expect(await bob.event('typing')).toEqual({ type: 'typing', roomId, user: publicUser('ann'), typing: false });
    ann.send({ type: 'read', ref: 'r', roomId, seq: 3 });
    expect(await bob.event('read')).toEqual({ type: 'read', roomId, userId: 'ann', seq: 3 });
    for (const client of [ann, annToo]) {
      await client.none(30, (frame) => frame.type === 'typing' || frame.type === 'read');
    }
  });

  it('presence, when a user’s first socket comes and his last one goes', async () => {
    const roomId = await chat.room();
    const ann = await chat.connect('ann');
    await ann.join(roomId);
    const [bob, bobToo] = [await chat.connect('bob'), await chat.connect('bob')];
    await bob.join(roomId);
    const online = { type: 'presence', roomId, userId: 'bob', online: true, onlineCount: 2 };
    expect(await ann.event('presence')).toEqual(online);
    await bobToo.join(roomId);
    bob.close();
    await bob.closed();
    await ann.none(1_200, (frame) => frame.type === 'presence');
    bobToo.terminate();
    expect(await ann.event('presence')).toEqual({ ...online, online: false, onlineCount: 1 });
  });

  it('page, of history before or after a seq, ascending', async () => {
    const roomId = await chat.room();
    const ann = await chat.connect('ann');
    await ann.join(roomId);
    for (let i = 3; i <= 8; i++) await ann.say(roomId);
    const page = await ann.ask({ type: 'history', roomId, before: 8, limit: 3 }, 'page');
    expect(page).toEqual({ type: 'page', ref: page.ref, roomId, messages: expect.any(Array), hasMore: true });
    expect(page.messages.map((message) => message.seq)).toEqual([5, 6, 7]);
    const forward = await ann.ask({ type: 'history', roomId, after: 6 }, 'page');
    expect([forward.messages.map((message) => message.seq), forward.hasMore]).toEqual([[7, 8], false]);
    const all = await ann.ask({ type: 'history', roomId }, 'page');
    expect(all.messages.map((message) => message.seq)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it('ok, for unsubscribe and leave; pong, with the server’s time', async () => {
    const roomId = await chat.room();
    const [ann, bob] = [await chat.connect('ann'), await chat.connect('bob')];
    for (const client of [ann, bob]) await client.join(roomId);
    ann.send({ type: 'unsubscribe', ref: '4', roomId });
    expect(await ann.event('ok')).toEqual({ type: 'ok', ref: '4' });
    ann.send({ type: 'leave', ref: '5', roomId });
    expect(await ann.event('ok')).toEqual({ type: 'ok', ref: '5' });
    expect(await bob.event('message')).toMatchObject({
      ...{ kind: 'SYSTEM', content: 'ann left' },
      data: { event: 'participant.left', participant: { userId: 'ann', online: false }, participantCount: 1 },
    });
    ann.send({ type: 'ping', ref: '6' });
    expect(await ann.event('pong')).toEqual({ type: 'pong', ref: '6', serverTime: TIME });
    ann.send({ type: 'ping' });
    expect(await ann.event('pong')).toEqual({ type: 'pong', serverTime: TIME });
  });

  it('error, with the ref and the room of the frame that it answers', async () => {
    const ann = await chat.connect('ann');
    ann.send({ type: 'join', ref: '7', roomId: 'no-such-room' });
    expect(await ann.event('error')).toEqual({
      ...{ type: 'error', ref: '7', code: 'NOT_FOUND', message: 'There is no such room', roomId: 'no-such-room' },
      errors: [],
    });
    ann.send({ type: 'send', ref: '8', roomId: 'r' });
    expect(await ann.event('error')).toEqual({
      ...{ type: 'error', ref: '8', code: 'VALIDATION_FAILED', message: 'The frame is not valid' },
      errors: [
        { path: 'clientMessageId', message: expect.any(String) },
        { path: 'content', message: expect.any(String) },
      ],
    });
  });
});
