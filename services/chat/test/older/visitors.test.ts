import { randomUUID } from 'node:crypto';
import { probe } from '@gongu/testkit';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chatOfThisFile, type Instance } from '../fixture/chat.ts';
import { said } from '../fixture/log-lines.ts';
import { tokenOf } from '../fixture/tokens.ts';

const given = chatOfThisFile();
let chat: Instance;
let other: Instance;
let sql: pg.Client;
beforeAll(async () => {
  const env = { VISITOR_GRACE_S: '1' };
  chat = await given.start(env);
  other = await given.start(env);
  sql = new pg.Client(given.databaseUrl);
  await sql.connect();
});
afterAll(() => sql.end());

const open = (path: string, at = chat) => probe(`${at.url.replace('http', 'ws')}${path}`);
/** A socket of one who shows no token; who he is. */
async function visit(roomId: string, at = chat) {
  const socket = await open(`/ws/chat?sessionId=${roomId}`, at);
  const { token } = await socket.next((frame) => frame.type === 'identity');
  const { sub, nickname, tag } = JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString());
  return { socket, token, userId: sub as string, nickname, tag };
}
const rowsOf = async (text: string, ...values: unknown[]) => (await sql.query(text, values)).rows;
const until = (check: () => Promise<boolean>) => expect.poll(check).toBe(true);

describe('a visitor, whose socket came without a token', () => {
  it('leaves the room some time after he was last seen, with the row of who leaves, and his tag is free again', async () => {
    const roomId = await chat.room();
    const ann = await chat.connect('ann');
    await ann.join(roomId);
    const stays = await visit(roomId);
    const goes = await visit(roomId);
    goes.socket.close();
    const left = await ann.event('message', (one) => one.kind === 'SYSTEM' && one.data.event === 'participant.left');
    expect(left).toMatchObject({ data: { participant: { userId: goes.userId } } });
    expect(left.data).not.toHaveProperty('reason');
    // He who has his socket still is there for much longer than that.
    expect(await rowsOf('SELECT user_id FROM chat.members WHERE room_id = $1 AND seen_at IS NOT NULL', roomId)).toEqual(
      [{ user_id: stays.userId }],
    );
    const tagsOf = ({ nickname, tag }: { nickname: string; tag: string }) =>
      rowsOf('SELECT 1 FROM chat.nickname_tags WHERE nickname = $1 AND tag = $2', nickname, tag);
    await sql.query('SELECT chat.forget_tags(180, 1, 100)');
    expect([(await tagsOf(stays)).length, (await tagsOf(goes)).length]).toEqual([1, 0]);
    stays.socket.send({ type: 'message', content: said('아직 여기') });
    await ann.event('message', (one) => one.kind === 'CHAT');
  });

  it('leaves also when the instance that had his socket was killed', async () => {
    const roomId = await chat.room();
    const { userId } = await visit(roomId, other);
    const inside = () => rowsOf('SELECT 1 FROM chat.members WHERE room_id = $1 AND user_id = $2', roomId, userId);
    await until(async () => (await inside()).length === 1);
    // As a kill leaves it: nobody notes any more that he is there.
    await other.stop();
    await until(async () => (await inside()).length === 0);
    const [room] = await rowsOf('SELECT participant_count, anonymous_count FROM chat.rooms WHERE room_id = $1', roomId);
    expect(room).toEqual({ participant_count: 0, anonymous_count: 0 });
  });

  it('who comes again and again does not fill a room', async () => {
    const roomId = await chat.room({ maxParticipants: 4 });
    for (let i = 0; i < 4; i++) {
      await until(async () => {
        const { socket } = await visit(roomId);
        const [answer] = await Promise.race([
          socket.closed().then(({ code }) => [code]),
          until(async () => (await rowsOf('SELECT 1 FROM chat.members WHERE room_id = $1', roomId)).length > 1).then(
            () => [0],
          ),
        ]);
        socket.close();
        return answer === 0;
      });
    }
    const places = await rowsOf('SELECT anonymous_count AS n FROM chat.rooms WHERE room_id = $1', roomId);
    expect(places[0].n).toBeLessThanOrEqual(2);
    expect((await chat.call('POST', `/api/chat/rooms/${roomId}/participants`, { as: 'ann' })).status).toBe(201);
  });
});

describe('one who has a token without an account', () => {
  it('keeps his place when his socket goes', async () => {
    const roomId = await chat.room();
    const { body } = await chat.call<{ token: string; user: { userId: string } }>('POST', '/api/chat/tokens/anonymous');
    const client = await chat.connect(body.user.userId, { token: body.token });
    await client.join(roomId);
    const inside = () => rowsOf('SELECT user_id FROM chat.members WHERE room_id = $1 AND NOT host', roomId);
    const goes = await visit(roomId);
    await until(async () => (await inside()).length === 2);
    client.close();
    goes.socket.close();
    await until(async () => (await inside()).length === 1);
    expect(await inside()).toEqual([{ user_id: body.user.userId }]);
  });
});

describe('the lobby', () => {
  it('has everybody for a member and nobody in a row: talk, pages and streams need no place', async () => {
    const ann = await open('/room');
    const bob = await chat.connect(`bob-${randomUUID()}`.slice(0, 20));
    const joined = await bob.join('lobby');
    expect(joined.you).toMatchObject({ role: 'GUEST', unread: 0 });
    expect(joined.room.participantCount).toBe(0);
    expect(await bob.say('lobby')).toMatchObject({ duplicate: false });
    await ann.next((frame) => frame.type !== 'identity' && frame.type !== 'new');
    const said = await chat.call<{ seq: number }>('POST', '/api/chat/rooms/lobby/messages', {
      as: 'cho',
      body: { clientMessageId: randomUUID(), content: 'hello' },
    });
    expect(said.status).toBe(201);
    const page = await chat.call<{ messages: { seq: number }[] }>('GET', '/api/chat/rooms/lobby/messages', {
      as: 'dan',
    });
    expect([page.status, page.body.messages.at(-1)?.seq]).toEqual([200, said.body.seq]);
    expect((await chat.call('PUT', '/api/chat/rooms/lobby/read', { as: 'dan', body: { seq: 1 } })).status).toBe(204);
    expect((await chat.call('POST', '/api/chat/rooms/lobby/participants', { as: 'dan' })).status).toBe(200);
    expect((await chat.call('DELETE', '/api/chat/rooms/lobby/participants/dan', { as: 'dan' })).status).toBe(204);
    expect((await chat.call('GET', '/api/chat/rooms/lobby/participants', { as: 'dan' })).body).toEqual({
      items: [],
      nextCursor: null,
    });
    expect((await chat.call<{ items: unknown[] }>('GET', '/api/chat/rooms', { as: 'dan' })).body.items).toEqual([]);
    const refused = await chat.call('POST', '/api/chat/rooms/lobby/messages', {
      as: 'cho',
      body: { clientMessageId: randomUUID(), content: 'hello', kind: 'NOTIFICATION' },
    });
    expect([refused.status, refused.body.code]).toEqual([403, 'FORBIDDEN']);
    expect(await rowsOf("SELECT 1 FROM chat.members WHERE room_id = 'lobby'")).toEqual([]);
  });

  it('is not there when it has no name: who names no room is told to', async () => {
    const none = await given.start({ LOBBY_ROOM_ID: '' });
    for (const path of ['/room', '/room?roomId=', '/room?history=1'])
      await expect(open(path, none), path).rejects.toMatchObject({ status: 400 });
    const stomp = await probe(none.socketUrl, { protocols: ['v12.stomp', `bearer.${tokenOf('ann')}`] });
    stomp.send('CONNECT\naccept-version:1.2\n\n\0SUBSCRIBE\nid:e\ndestination:/user/queue/errors\n\n\0');
    for (const destination of ['/pub/chat', '/app/couple']) {
      stomp.send(`SEND\ndestination:${destination}\nreceipt:r\n\n{"content":"${said('어디')}"}\0`);
      const told = await stomp.next((text) => /^(?:MESSAGE|ERROR|RECEIPT)/.test(text));
      expect(told).toMatch(/^MESSAGE[\s\S]*"code":"VALIDATION_FAILED"/);
      expect(told).toContain('roomId');
    }
    // One with a name is there as before.
    const roomId = await none.room();
    stomp.send(`SUBSCRIBE\nid:1\ndestination:/topic/chat/${roomId}\nreceipt:in\n\n\0`);
    await stomp.next((text) => /^RECEIPT/.test(text));
    stomp.terminate();
    await none.stop();
  });

  it('is made by nobody where it has no name, and once where it has', async () => {
    const roomId = `lobby-${randomUUID()}`;
    const made = () => rowsOf('SELECT 1 FROM chat.rooms WHERE room_id = $1', roomId);
    const count = async () => (await rowsOf('SELECT count(*)::int AS n FROM chat.rooms'))[0].n;
    const before = await count();
    await (await given.start({ LOBBY_ROOM_ID: '' })).stop();
    expect(await count()).toBe(before);
    const both = await Promise.all([1, 2].map(() => given.start({ LOBBY_ROOM_ID: roomId })));
    expect(await made()).toHaveLength(1);
    await Promise.all(both.map((one) => one.stop()));
  });
});

describe('without ANONYMOUS_ACCESS', () => {
  it('nobody without an account is let in, with or without a token, by whatever way', async () => {
    const { token } = (await chat.call<{ token: string }>('POST', '/api/chat/tokens/anonymous')).body;
    const as = `Bearer ${token}`;
    const { ticket } = (await chat.call<{ ticket: string }>('POST', '/api/chat/tickets', { as })).body;
    const roomId = await chat.room();
    expect((await chat.call('POST', `/api/chat/rooms/${roomId}/participants`, { as })).status).toBe(201);

    const strict = await given.start({ ANONYMOUS_ACCESS: 'false' });
    const closed = await strict.call('POST', '/api/chat/tokens/anonymous', { body: { token } });
    expect([closed.status, closed.body.code]).toEqual([403, 'ANONYMOUS_NOT_ALLOWED']);
    for (const [method, path, body] of [
      ['GET', '/api/chat/rooms'],
      ['GET', `/api/chat/rooms/${roomId}/messages`],
      ['POST', `/api/chat/rooms/${roomId}/messages`, { clientMessageId: 'c-1', content: 'hello' }],
      ['POST', '/api/chat/tickets'],
      ['GET', `/api/chat/rooms/${roomId}/events`],
      ['GET', '/api/chat/events'],
    ] as const) {
      const answer = await strict.call(method, path, { as, body });
      expect([answer.status, answer.body.code], path).toEqual([401, 'UNAUTHENTICATED']);
    }
    for (const query of [`?token=${token}`, `?ticket=${ticket}`]) {
      await expect(strict.open({ query })).rejects.toMatchObject({ status: 401 });
    }
    const late = await strict.open();
    late.send({ type: 'auth', token });
    expect(await late.closed()).toMatchObject({ code: 4501 });
    for (const path of [`/chat/${roomId}`, `/ws/chat?sessionId=${roomId}`, '/room']) {
      await expect(open(path, strict)).rejects.toMatchObject({ status: 401 });
      await expect(open(`${path}${path.includes('?') ? '&' : '?'}token=${token}`, strict)).rejects.toMatchObject({
        status: 401,
      });
    }
    const ann = await strict.connect('ann');
    await ann.join(roomId);
    await strict.stop();
  });
});
