import { randomUUID } from 'node:crypto';
import type { Erasure, Message, MessagePage, Room } from '@gongu/shared';
import { pausedRequest } from '@gongu/testkit';
import pg from 'pg';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { chatOfThisFile, type Instance } from '../fixture/chat.ts';
import { said } from '../fixture/log-lines.ts';
import { systemEventOf } from '../fixture/messages.ts';
import { SERVICE, SHOP_SECRET, shopKey, tokenOf } from '../fixture/tokens.ts';
import { pngOf, uploader } from '../fixture/uploads.ts';

const given = chatOfThisFile();
const { dataDir } = given;
let chat: Instance;
let sql: pg.Client;
const files = uploader(() => chat, dataDir);
beforeAll(async () => {
  chat = await given.start({ LOBBY_ROOM_ID: 'lobby', CHANGES: 'on', SHOP_JWT_SECRET: SHOP_SECRET });
  sql = new pg.Client(given.databaseUrl);
  await sql.connect();
});
afterAll(() => sql?.end());

const wait = { interval: 100 };
const admin = `Bearer ${tokenOf('root', { roles: ['admin'] })}`;
const rows = async <T extends object>(text: string, ...values: unknown[]) => (await sql.query<T>(text, values)).rows;
const erase = (userId: string, as = admin) => chat.call<Erasure>('DELETE', `/api/chat/users/${userId}`, { as });
const erasure = async (id: string) =>
  (await chat.call<Erasure>('GET', `/api/chat/erasures/${id}`, { as: SERVICE })).body;
const page = async (path: string, as = SERVICE) =>
  (await chat.call<MessagePage>('GET', `${path}/messages?limit=100`, { as })).body.messages;
const ok = async <T>(method: string, path: string, as: string, body?: object) => {
  const answer = await chat.call<T>(method, path, { as, ...(body ? { body } : {}) });
  expect([method, path, answer.status, answer.body.detail]).toEqual([
    ...[method, path],
    expect.toBeOneOf([200, 201, 202, 204]),
    undefined,
  ]);
  return answer.body;
};
const say = (path: string, as: string, rest: object = {}) =>
  ok<Message>('POST', `${path}/messages`, as, { clientMessageId: randomUUID(), content: said(`${as} says`), ...rest });
const seqsIn = (ranges: [number, number][]) =>
  ranges.flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, i) => first + i));

/** Columns of chat that hold a text somewhere, as `table.column`. */
async function columnsWith(text: string): Promise<string[]> {
  const columns = await rows<{ table: string; name: string }>(
    `SELECT table_name AS "table", column_name AS name FROM information_schema.columns
     WHERE table_schema = 'chat' ORDER BY 1, 2`,
  );
  expect(columns.length).toBeGreaterThan(120);
  const found: string[] = [];
  for (const { table, name } of columns) {
    const hits = await rows(`SELECT 1 FROM chat."${table}" WHERE strpos("${name}"::text, $1) > 0 LIMIT 1`, text);
    if (hits.length > 0) found.push(`${table}.${name}`);
  }
  return found;
}

/** Somebody who did all that there is to do, in a room that is ACTIVE, one that was closed and his own; and the first file. */
async function person(userId: string) {
  const roomOf = async (fields: object = {}) => {
    const roomId = await chat.room({ ...fields });
    return { roomId, path: `/api/chat/rooms/${roomId}` };
  };
  const [open, bought, own] = [await roomOf(), await roomOf(), await roomOf({ hostId: userId, hostNickname: userId })];
  for (const { path } of [open, bought]) {
    for (const as of ['bob', userId]) await ok('POST', `${path}/participants`, as, {});
  }
  const { completed } = await files.uploaded(open.path, await pngOf(64, 64), { as: userId, name: `${userId}.png` });
  const first = await say(open.path, userId, { attachments: [completed.body.id] });
  const his = await say(open.path, userId);
  const bobs = await say(open.path, 'bob', { replyTo: first.messageId, mentions: [userId] });
  await ok('PUT', `${open.path}/messages/${bobs.seq}/reactions/👍`, userId);
  await ok('PUT', `${open.path}/messages/${bobs.seq}/reactions/👍`, 'bob');
  await ok('PUT', `${open.path}/messages/${his.seq}/reactions/👍`, 'bob');
  await ok('PATCH', `${open.path}/messages/${his.seq}`, userId, { content: said('edited') });
  await ok('PUT', `${open.path}/pins/${his.seq}`, SERVICE);
  await ok('POST', `${open.path}/messages/${his.seq}/reports`, 'bob', { reason: 'ABUSE' });
  await ok('POST', `${open.path}/messages/${bobs.seq}/reports`, userId, { reason: 'OTHER', note: said('why') });
  await ok('PUT', `${open.path}/read`, userId, { seq: bobs.seq });
  await ok('PUT', `${open.path}/restrictions/${userId}`, SERVICE, { kind: 'MUTE', reason: 'too loud' });
  await ok('PUT', `${bought.path}/participants/${userId}`, SERVICE, { committed: true, nickname: userId });
  await say(bought.path, userId);
  await ok('PATCH', bought.path, SERVICE, { status: 'CLOSED' });
  await ok('PUT', `${own.path}/restrictions/bob`, userId, { kind: 'BAN', nickname: 'bob' });
  await say(own.path, userId, { kind: 'NOTIFICATION' });
  await ok('PATCH', own.path, SERVICE, { status: 'CLOSED' });
  await say('/api/chat/rooms/lobby', userId);
  await ok('POST', '/api/chat/tickets', userId);
  return { open, bought, own, first, his, bobs, fileId: completed.body.id };
}

it('a person has all that chat knows of him, as lines; so do admins and services, and nobody else', async () => {
  const { open } = await person('exa');
  const lines = async (as: string): Promise<{ record: string; content?: string; name?: string }[] | null> => {
    const { status, body } = await chat.call<unknown>('GET', '/api/chat/users/exa/export', { as });
    return status === 200
      ? String(body)
          .trimEnd()
          .split('\n')
          .map((line) => JSON.parse(line))
      : null;
  };
  const own = (await lines('exa'))!;
  expect(own[0]).toEqual({ record: 'user', service: 'chat', userId: 'exa' });
  const kinds = ['room', 'message', 'reaction', 'file', 'report', 'restriction', 'moderation'];
  expect(kinds.map((kind) => own.filter(({ record }) => record === kind).length)).toEqual([4, 5, 1, 1, 1, 1, 1]);
  expect(own).toContainEqual(
    expect.objectContaining({ record: 'message', roomId: open.roomId, content: said('edited') }),
  );
  expect(own).toContainEqual(expect.objectContaining({ record: 'report', note: said('why') }));
  expect(own).toContainEqual(expect.objectContaining({ record: 'file', name: 'exa.png' }));
  expect(await lines(admin)).toEqual(own);
  expect(await lines(SERVICE)).toEqual(own);
  expect(await lines('bob')).toBeNull();
});

it('a back end exports and erases by a key for chat with the scope users, and by no other', async () => {
  const users = shopKey({ scope: 'users' });
  for (const [claims, status] of [
    [{ scope: 'payments webhooks' }, 403],
    [{ scope: 'user' }, 403],
    [{ scope: 'users', aud: 'trade' }, 401],
    [{ scope: 'users', exp: 1 }, 401],
    [{ scope: undefined }, 401],
    [{ scope: ['admin'] }, 404],
    [{ scope: 'webhooks users', aud: ['trade', 'chat'] }, 404],
  ] as const) {
    const as = shopKey(claims);
    expect([claims, (await chat.call('GET', '/api/chat/erasures/999', { as })).status]).toEqual([claims, status]);
    if (status === 404) continue;
    expect((await erase('kay', as)).status).toBe(status);
    expect((await chat.call('GET', '/api/chat/users/kay/export', { as })).status).toBe(status);
  }
  const own = await chat.call('GET', '/api/chat/users/kay/export', { as: users });
  expect(own.body).toContain('"userId":"kay"');
  // Nothing else is open to it, nor a socket.
  expect((await chat.call('GET', '/api/chat/rooms', { as: users })).status).toBe(401);
  expect((await chat.call('PUT', '/api/chat/users/kay/block', { as: users, body: {} })).status).toBe(401);
  expect((await chat.call('GET', `/api/chat/events`, { as: users })).status).toBe(401);
  const { status, body } = await erase('kay', users);
  expect(status).toBe(202);
  expect((await chat.call('GET', `/api/chat/erasures/${body.id}`, { as: users })).status).toBe(200);
});

it('an erased person is in no column any more, though his tokens stay refused, and the room is gapless', async () => {
  const { open, bought, own, first, his, bobs, fileId } = await person('markedann');
  const bob = await chat.connect('bob');
  const { lastSeq, room, participants } = await bob.join(open.roomId);
  expect([room.pinnedMessageIds, participants.length]).toEqual([[his.messageId], 3]);
  expect((await columnsWith('markedann')).length).toBeGreaterThan(15);
  expect(files.kept(fileId).length).toBeGreaterThan(0);
  for (const as of ['markedann', 'bob']) expect((await erase('markedann', as)).status).toBe(403);
  const asked = await erase('markedann');
  expect([asked.status, asked.headers.get('location')]).toEqual([202, `/api/chat/erasures/${asked.body.id}`]);
  expect((await erase('markedann')).body.id).toBe(asked.body.id);

  const isErased = (message: Message) => systemEventOf(message)?.event === 'messages.erased';
  const told = await bob.event('message', isErased);
  const { pseudonym } = asked.body;
  const nobody = { userId: pseudonym, nickname: '', tag: null };
  const { seqs, mentions, user, pinnedMessageIds } = systemEventOf(told) as unknown as {
    seqs: [number, number][];
    mentions: unknown;
    user: unknown;
    pinnedMessageIds: unknown;
  };
  expect([user, pinnedMessageIds, mentions]).toEqual([nobody, [], [[bobs.seq, bobs.seq]]]);
  expect(seqsIn(seqs)).toEqual(expect.arrayContaining([first.seq, his.seq]));
  await expect.poll(async () => (await erasure(asked.body.id)).status, wait).toBe('DONE');

  expect((await erasure(asked.body.id)).counts).toMatchObject({ rooms: 4, reactions: 1, reports: 1 });
  expect(await columnsWith('markedann')).toEqual([]);
  expect(files.kept(fileId)).toEqual([]);
  for (const { path } of [open, bought, own, { path: '/api/chat/rooms/lobby' }]) {
    const shown = await page(path);
    const last = shown.at(-1)!.seq;
    expect(shown.map(({ seq }) => seq)).toEqual(
      Array.from({ length: shown.length }, (_, i) => last - shown.length + 1 + i),
    );
    expect(JSON.stringify(shown)).not.toContain('markedann');
    expect(shown.filter(isErased)).toHaveLength(1);
  }
  const shown = await page(open.path);
  const bySeq = (seq: number) => shown.find((message) => message.seq === seq);
  expect(bySeq(first.seq)).toMatchObject({ sender: nobody, content: '', version: told.seq, deletedAt: told.createdAt });
  expect(bySeq(bobs.seq)).toMatchObject({ content: said('bob says'), reactions: [{ emoji: '👍', count: 1 }] });
  expect(bySeq(bobs.seq)).not.toHaveProperty('mentions');
  expect((await chat.call<Room>('GET', bought.path, { as: SERVICE })).body.committedCount).toBe(1);
  expect((await chat.call<Room>('GET', own.path, { as: SERVICE })).body.hostId).toBe(pseudonym);

  // Who was there, and who comes back, and who comes anew.
  expect(bob.take('message').length).toBeGreaterThan(0);
  const again = await chat.connect('bob');
  const joined = await again.join(open.roomId, lastSeq);
  expect([joined.recovered, joined.participants.map(({ userId }) => userId)]).toEqual([true, ['seller', 'bob']]);
  expect(joined.messages.filter(isErased)).toHaveLength(1);
  expect(JSON.stringify(await again.join(open.roomId))).not.toContain('markedann');
  expect(given.logs.lines.filter((line) => line.includes('user.erased') && line.includes('markedann'))).toEqual([]);
  for (const client of [bob, again]) client.close();
});

it('somebody can be erased again, and who restricts him then is told that he was erased, and not that his own token ended', async () => {
  const roomId = await chat.room({});
  for (let time = 0; time < 2; time++) {
    const { id } = await ok<Erasure>('DELETE', '/api/chat/users/markedtwice', admin);
    await expect.poll(async () => (await erasure(id)).status, wait).toBe('DONE');
  }
  for (const as of [admin, 'seller', SERVICE]) {
    const path = `/api/chat/rooms/${roomId}/restrictions/markedtwice`;
    const { status, body } = await chat.call<{ code: string; detail: string }>('PUT', path, {
      as,
      body: { kind: 'BAN' },
    });
    expect([as, status, body.code, body.detail]).toEqual([as, 409, 'CONFLICT', 'The user was erased']);
    expect((await chat.call('DELETE', path, { as })).status).toBe(204);
  }
  expect(await columnsWith('markedtwice')).toEqual([]);
});

it('an erased admin is named nowhere, though he only restricted others in rooms in which he never was', async () => {
  const roomId = await chat.room({});
  const [path, mod] = [`/api/chat/rooms/${roomId}`, `Bearer ${tokenOf('markedmod', { roles: ['admin'] })}`];
  await ok('POST', `${path}/participants`, 'bob', {});
  await ok('PUT', `${path}/restrictions/bob`, mod, { kind: 'MUTE' });
  await ok('PUT', `${path}/restrictions/cara`, mod, { kind: 'BAN', nickname: 'cara' });
  // As one that was made by an earlier version, which did not note it.
  await sql.query(`DELETE FROM chat.authors WHERE user_id = 'markedmod'`);
  const { id, pseudonym } = (await erase('markedmod')).body;
  await expect.poll(async () => (await erasure(id)).status, wait).toBe('DONE');
  expect(await columnsWith('markedmod')).toEqual([]);
  const { items } = await ok<{ items: { byUserId: string }[] }>('GET', `${path}/restrictions`, admin);
  expect(items.map(({ byUserId }) => byUserId)).toEqual([pseudonym, pseudonym]);
});

it('an admin who restricts somebody while he is erased is found by the erasure', async () => {
  const roomId = await chat.room({});
  const restrict = `SELECT chat.restrict_user($1, 'cara', 'MUTE', NULL, NULL, 'cara', 'markedlate', true) ->> 'outcome' AS outcome`;
  const { id } = (await erase('markedlate')).body;
  // Was let in before that.
  expect(await rows(restrict, roomId)).toEqual([{ outcome: 'changed' }]);
  await expect.poll(async () => (await erasure(id)).status, wait).toBe('DONE');
  expect(await columnsWith('markedlate')).toEqual([]);
});

it('an erasure that is killed in any of its portions has lost none of it, and goes on; rows of before are found by reading them', async () => {
  const { open } = await person('killedkim');
  await chat.stop();
  onTestFinished(async () => {
    chat = await given.start({ LOBBY_ROOM_ID: 'lobby', CHANGES: 'on' });
  });
  await rows('DELETE FROM chat.authors');
  await rows('INSERT INTO chat.author_fills SELECT room_id FROM chat.rooms');
  await rows(`SELECT chat.request_erasure('killedkim', NULL, false)`);
  await rows(`UPDATE chat.erasures SET requested_at = now() - interval '1 hour' WHERE user_id = 'killedkim'`);
  let status = 'RUNNING';
  for (let portions = 0; status === 'RUNNING'; portions++) {
    expect(portions).toBeLessThan(200);
    const dying = new pg.Client(given.databaseUrl);
    dying.on('error', () => {});
    await dying.connect();
    await dying.query('BEGIN');
    const { rows: pids } = await dying.query('SELECT chat.erase_portion(2, 0), pg_backend_pid() AS pid');
    await rows('SELECT pg_terminate_backend($1)', pids[0].pid);
    await dying.end().catch(() => {});
    const [row] = await rows<{ e: { erasure: Erasure } | null }>('SELECT chat.erase_portion(2, 0) AS e');
    // The other one's lock is gone with it, perhaps a moment later.
    status = row?.e?.erasure.status ?? status;
  }
  // The bytes of his file are removed by an instance.
  expect(status).toBe('WAITING');
  expect(await columnsWith('killedkim')).toEqual(['bars.user_id', 'erasures.user_id']);
  const [counted] = await rows<{ gapless: boolean; erased: number }>(
    `SELECT count(*) = max(m.seq) AS gapless, count(*) FILTER (WHERE data ->> 'event' = 'messages.erased')::int AS erased
     FROM chat.messages m WHERE m.room_id = $1`,
    open.roomId,
  );
  // Two rows at a time, so several of them.
  expect(counted).toEqual({ gapless: true, erased: expect.any(Number) });
  expect(counted!.erased).toBeGreaterThan(2);
});

it('an erasure does not end while somebody else reads whom rows of before name', async () => {
  await chat.stop();
  onTestFinished(async () => {
    chat = await given.start({ LOBBY_ROOM_ID: 'lobby', CHANGES: 'on' });
  });
  const [room] = await rows<{ room_id: string }>('SELECT room_id FROM chat.rooms LIMIT 1');
  await rows('INSERT INTO chat.author_fills VALUES ($1)', room!.room_id);
  await rows(`SELECT chat.request_erasure('waitingwon', NULL, false)`);
  await rows(`UPDATE chat.erasures SET requested_at = now() - interval '1 hour' WHERE user_id = 'waitingwon'`);
  // One that is to end soon is looked at again after a second, the others after a minute.
  const portion = async () => {
    await rows('SELECT chat.erase_portion(2, 60)');
    const [row] = await rows<{ status: string }>(`SELECT status FROM chat.erasures WHERE user_id = 'waitingwon'`);
    return row?.status ?? 'DONE';
  };
  await rows(`UPDATE chat.erasures SET looked_at = now() WHERE user_id <> 'waitingwon'`);
  const reader = new pg.Client(given.databaseUrl);
  await reader.connect();
  await reader.query('BEGIN');
  await reader.query('SELECT chat.fill_authors(100000)');
  for (const _ of [1, 2, 3]) {
    await rows(`UPDATE chat.erasures SET looked_at = NULL WHERE user_id = 'waitingwon'`);
    expect(await portion()).toBe('RUNNING');
  }
  await reader.query('COMMIT');
  await reader.end();
  await expect.poll(portion, wait).toBe('DONE');
});

it('who is held for a legal reason is not erased; a room that is held, and open purchases and rooms, are waited for', async () => {
  const roomId = await chat.room();
  const path = `/api/chat/rooms/${roomId}`;
  const hosted = await chat.room({ hostId: 'heldhan', hostNickname: 'heldhan' });
  await ok('PUT', `${path}/participants/heldhan`, SERVICE, { committed: true, nickname: 'heldhan' });
  const other = await chat.room();
  await ok('POST', `/api/chat/rooms/${other}/participants`, 'heldhan', {});
  await rows(`SELECT chat.hold('USER', 'heldhan', true, 'court', NULL)`);
  const refused = await erase('heldhan');
  expect([refused.status, refused.body.code, refused.body.detail]).toEqual([
    ...[409, 'CONFLICT'],
    expect.stringContaining('held'),
  ]);
  await rows(`SELECT chat.hold('USER', 'heldhan', false, NULL, NULL)`);
  await rows(`SELECT chat.hold('ROOM', $1, true, 'court', NULL)`, other);
  const { id } = (await erase('heldhan')).body;
  await expect
    .poll(() => erasure(id), wait)
    .toMatchObject({ status: 'WAITING', waitsFor: { heldRooms: 1, openPurchases: 1, openRooms: 1 }, finishedAt: null });
  await rows(`SELECT chat.hold('ROOM', $1, false, NULL, NULL)`, other);
  await ok('PATCH', `/api/chat/rooms/${hosted}`, SERVICE, { status: 'CLOSED' });
  await ok('PUT', `${path}/participants/heldhan`, SERVICE, { committed: false });
  await rows(`UPDATE chat.erasures SET looked_at = now() - interval '1 minute' WHERE id = $1`, id);
  await expect.poll(async () => (await erasure(id)).status, wait).toBe('DONE');
  expect(await columnsWith('heldhan')).toEqual([]);
  expect((await chat.call('GET', '/api/chat/erasures/999999', { as: SERVICE })).status).toBe(404);
});

/** Erases somebody who did nothing, and waits for its end. */
async function erasedNow(userId: string): Promise<void> {
  const { id } = (await erase(userId)).body;
  await rows(`UPDATE chat.erasures SET requested_at = requested_at - interval '1 minute' WHERE id = $1`, id);
  await expect.poll(async () => (await erasure(id)).status, wait).toBe('DONE');
}

/** Lets an erasure that waits be looked at now. */
const look = () => rows(`UPDATE chat.erasures SET looked_at = NULL, requested_at = requested_at - interval '1 minute'`);

it('what trade tells late of somebody who was erased goes the same way, purchases and rooms, as often as it comes', async () => {
  await erasedNow('lateann');
  expect(await columnsWith('lateann')).toEqual([]);
  for (let time = 0; time < 2; time++) {
    const own = await chat.room({ hostId: 'lateann', hostNickname: 'lateann' });
    const bought = await chat.room();
    const withdrawn = await chat.room();
    const buys = { committed: true, nickname: 'lateann' };
    for (const roomId of [bought, withdrawn]) {
      await ok('PUT', `/api/chat/rooms/${roomId}/participants/lateann`, SERVICE, buys);
    }
    // Trade counts on it as long as it goes on.
    expect((await chat.call<Room>('GET', `/api/chat/rooms/${bought}`, { as: SERVICE })).body.committedCount).toBe(1);
    for (const roomId of [own, bought]) await ok('PATCH', `/api/chat/rooms/${roomId}`, SERVICE, { status: 'CLOSED' });
    await ok('PUT', `/api/chat/rooms/${withdrawn}/participants/lateann`, SERVICE, { committed: false });
    await look();
    await expect.poll(() => columnsWith('lateann'), wait).toEqual([]);
    expect((await chat.call<Room>('GET', `/api/chat/rooms/${bought}`, { as: SERVICE })).body.committedCount).toBe(1);
  }
});

it('tokens of somebody who is erased are refused by the instance that was asked for it as soon as that has answered', async () => {
  const asked = async () => {
    const { status, body } = await chat.call('GET', '/api/chat/rooms', { as: 'atonce' });
    return [status, body.code];
  };
  expect(await asked()).toEqual([200, undefined]);
  await erase('atonce');
  expect(await asked()).toEqual([401, 'TOKEN_REVOKED']);
});

it('somebody who was erased and is back with a new token keeps what is his, and no old one is good, also for who starts later', async () => {
  const at = Math.floor(Date.now() / 1_000);
  const [old, fresh] = [-60, 25].map(
    (fromNow) => `Bearer ${tokenOf('backbea', { claims: { iat: at + fromNow, exp: at + 7_200 } })}`,
  ) as [string, string];
  await erasedNow('backbea');
  const roomId = await chat.room();
  const path = `/api/chat/rooms/${roomId}`;
  await ok('PUT', `${path}/participants/backbea`, SERVICE, { committed: true, nickname: 'backbea' });
  const waiting = () => rows("SELECT FROM chat.erasures WHERE user_id = 'backbea'");
  expect(await waiting()).toHaveLength(1);
  const later = await given.start({ LOBBY_ROOM_ID: 'lobby', CHANGES: 'on' });
  const post = (as: string, instance = later) =>
    instance.call<Message>('POST', `${path}/messages`, {
      as,
      body: { clientMessageId: randomUUID(), content: said('back') },
    });
  expect((await post(old)).status).toBe(401);
  const { body, status } = await post(fresh);
  expect(status).toBe(201);
  await ok('PATCH', path, SERVICE, { status: 'CLOSED' });
  await look();
  await expect.poll(waiting, wait).toEqual([]);
  expect((await page(path)).find(({ seq }) => seq === body.seq)).toMatchObject({ sender: { userId: 'backbea' } });
  // Another purchase is nobody's but his.
  await ok('PUT', `/api/chat/rooms/${await chat.room()}/participants/backbea`, SERVICE, { committed: true });
  expect(await waiting()).toEqual([]);

  await ok('DELETE', '/api/chat/users/backbea/revoke', SERVICE);
  await expect.poll(async () => (await later.call('GET', `${path}/messages`, { as: old })).status, wait).toBe(200);
});

it('what was asked for by somebody who is erased before it comes is refused in the database, whatever it is', async () => {
  const lobby = '/api/chat/rooms/lobby';
  const roomId = await chat.room();
  const { seq } = await say(lobby, 'bob');
  const reported = await say(lobby, 'carl');
  await ok('POST', `${lobby}/messages/${reported.seq}/reports`, 'bob', { reason: 'SPAM' });
  const [report] = await rows<{ id: string }>('SELECT report_id::text AS id FROM chat.reports ORDER BY 1 DESC LIMIT 1');
  const [user, boss] = [tokenOf('slowsue'), tokenOf('slowboss', { roles: ['admin'] })];
  const asks: [method: string, path: string, token: string, body: object][] = [
    ['POST', `/api/chat/rooms/${roomId}/participants`, user, {}],
    ['POST', `${lobby}/messages`, user, { clientMessageId: 'late', content: said('late') }],
    ['POST', `${lobby}/uploads`, user, { name: 'late.png', type: 'image/png', bytes: 9 }],
    ['POST', `${lobby}/messages/${seq}/reports`, user, { reason: 'SPAM' }],
    ['PUT', `${lobby}/messages/${seq}/reactions/👍`, user, {}],
    ['POST', '/api/chat/tickets', user, {}],
    [
      'POST',
      `/api/chat/rooms/${roomId}/messages`,
      boss,
      { clientMessageId: 'late', content: said('late'), kind: 'NOTIFICATION' },
    ],
    ['PUT', `/api/chat/rooms/${roomId}/restrictions/bob`, boss, { kind: 'MUTE' }],
    ['PATCH', `/api/chat/reports/${report!.id}`, boss, { status: 'DISMISSED' }],
    ['PUT', `${lobby}/pins/${seq}`, boss, {}],
    ['PUT', '/api/chat/users/bob/block', boss, {}],
    ['DELETE', '/api/chat/users/carl', boss, {}],
  ];
  const paused = await Promise.all(
    asks.map(([method, path, token, body]) => pausedRequest({ method, url: chat.url + path, token, body })),
  );
  // The role is noted before the body is read.
  await expect.poll(() => rows(`SELECT FROM chat.admins WHERE user_id = 'slowboss'`), wait).toHaveLength(1);
  for (const userId of ['slowsue', 'slowboss']) await erasedNow(userId);
  // What others say in the same moment does not suffer for it.
  const [answers] = await Promise.all([
    Promise.all(paused.map((request) => request.go())),
    ...['bob', 'carl', 'dora'].map((as) => say(lobby, as)),
  ]);
  expect(answers.map(({ status, body }, i) => [...asks[i]!.slice(0, 2), status, JSON.parse(body).code])).toEqual(
    asks.map(([method, path]) => [method, path, 401, 'TOKEN_REVOKED']),
  );
  for (const userId of ['slowsue', 'slowboss']) expect(await columnsWith(userId)).toEqual([]);
});

it('an erasure ends before or after what is being written of the person, and never in between', async () => {
  await chat.stop();
  onTestFinished(async () => {
    chat = await given.start({ LOBBY_ROOM_ID: 'lobby', CHANGES: 'on', SHOP_JWT_SECRET: SHOP_SECRET });
  });
  await rows(`UPDATE chat.erasures SET looked_at = now() WHERE user_id IS NOT NULL`);
  await rows(`INSERT INTO chat.rooms (room_id, title, max_participants, opening) VALUES ('racers', 'racers', 9, '{}')`);
  const [writer, eraser] = await Promise.all(
    [1, 2].map(async () => {
      const client = new pg.Client(given.databaseUrl);
      await client.connect();
      onTestFinished(() => client.end());
      return client;
    }),
  );
  const write = `INSERT INTO chat.uploads (upload_id, room_id, user_id, name, type, bytes)
    VALUES ($1, 'racers', 'raceray', 'r', 'image/png', 1)`;
  const waits = () => rows('SELECT FROM pg_locks WHERE locktype = $1 AND NOT granted', 'advisory');
  const begin = async () => {
    await rows(`SELECT chat.request_erasure('raceray', NULL, false)`);
    await rows(`UPDATE chat.erasures SET requested_at = now() - interval '1 hour' WHERE user_id = 'raceray'`);
    // The revocation's own row of the audit.
    for (let left = 9; left > 0; left--) {
      const [{ e } = { e: null }] = await rows<{ e: { erasure: Erasure } | null }>(
        'SELECT chat.erase_portion(9, 60) AS e',
      );
      if (e?.erasure.counts.moderations) return;
    }
    throw new Error('the erasure did not come to its end');
  };
  const portion = () => eraser!.query<{ e: { erasure: Erasure } }>('SELECT chat.erase_portion(9, 60) AS e');

  await begin();
  await writer!.query('BEGIN');
  await writer!.query(write, ['first']);
  const ending = portion();
  await expect.poll(waits, wait).toHaveLength(1);
  await writer!.query('COMMIT');
  expect((await ending).rows[0]!.e.erasure.status).toBe('RUNNING');
  await rows(`UPDATE chat.erasures SET looked_at = NULL WHERE user_id = 'raceray'`);
  expect((await portion()).rows[0]!.e.erasure.counts.files).toBe(1);
  await rows(`UPDATE chat.uploads SET removed_at = now() WHERE upload_id = 'first'`);

  await eraser!.query('BEGIN');
  expect((await portion()).rows[0]!.e.erasure.status).toBe('DONE');
  const late = writer!.query(write, ['second']).catch((error) => error.code);
  await expect.poll(waits, wait).toHaveLength(1);
  await eraser!.query('COMMIT');
  expect(await late).toBe('GE001');
  expect(await columnsWith('raceray')).toEqual([]);
});

it('every table that names people either refuses who was erased, or is written where that was asked', async () => {
  const guarded = await rows<{ table: string; path: string }>(
    `SELECT c.relname AS "table", encode(t.tgargs, 'escape') AS path FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
     WHERE t.tgfoid = 'chat.refuse_erased'::regproc`,
  );
  const named = await rows<{ column: string }>(
    `SELECT table_name || '.' || column_name AS "column" FROM information_schema.columns WHERE table_schema = 'chat'
     AND (column_name ~ '(user|sender|host|reporter)_ids?$' OR column_name IN ('claims', 'ended_by', 'mentions'))`,
  );
  const asked = guarded.map(({ table, path }) => `${table}.${/\{(\w+)/.exec(path)![1]}`);
  /** Written in a transaction that writes one of those, of the same person, or of somebody by others. */
  const elsewhere = {
    authors: ['members.user_id', 'messages.sender_id', 'reactions.user_id', 'departures.user_id', 'rooms.host_id'],
    moderations: ['bars.by_user_id', 'holds.by_user_id', 'reports.ended_by', 'restrictions.by_user_id'],
    ofOthers: ['bars.user_id', 'moderations.user_id', 'restrictions.user_id', 'erasures.user_id'],
    members: ['mentions.user_id', 'messages.mentions', 'webhook_events.user_ids'],
  };
  expect([...asked, ...Object.values(elsewhere).flat()].sort()).toEqual(named.map(({ column }) => column).sort());
});
