import { randomUUID } from 'node:crypto';
import type { ChatMessage } from '@gongu/shared';
import {
  type ReceivedWebhook,
  startWebhookReceiver,
  type WebhookBehaviour,
  type WebhookReceiver,
} from '@gongu/testkit';
import pg from 'pg';
import { Webhook as Verifier } from 'standardwebhooks';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chatOfThisFile, type Instance } from '../fixture/chat.ts';
import { said } from '../fixture/log-lines.ts';
import { SERVICE, SHOP_SECRET, shopKey, tokenOf } from '../fixture/tokens.ts';

const given = chatOfThisFile();
let chat: Instance;
let other: Instance;
let sql: pg.Client;
const receivers: WebhookReceiver[] = [];
beforeAll(async () => {
  const env = {
    WEBHOOK_ALLOW_PRIVATE: '1',
    ABSENT_AFTER_S: '1',
    CHANGES: 'on',
    MAX_WEBHOOKS: '3',
    SHOP_JWT_SECRET: SHOP_SECRET,
  };
  chat = await given.start(env);
  other = await given.start(env);
  sql = new pg.Client(given.databaseUrl);
  await sql.connect();
});
afterAll(async () => {
  await Promise.all(receivers.map((one) => one.close()));
  await sql?.end();
});

const ADMIN = `Bearer ${tokenOf('root', { roles: ['admin'] })}`;
const HOOKS = '/api/chat/webhooks';
const wait = { interval: 20 };
const base = (roomId: string) => `/api/chat/rooms/${roomId}`;
async function receiver(answers?: (n: number) => WebhookBehaviour) {
  const started = await startWebhookReceiver(answers);
  receivers.push(started);
  return started;
}
async function hook(url: string, events: string[] = []) {
  const made = await chat.call<{ id: string; secret: string }>('POST', HOOKS, { as: ADMIN, body: { url, events } });
  expect(made.status).toBe(201);
  given.logs.secret(made.body.secret);
  return made.body;
}
const remove = (id: string) => chat.call('DELETE', `${HOOKS}/${id}`, { as: ADMIN });
const join = (roomId: string, as: string) => chat.call('POST', `${base(roomId)}/participants`, { as, body: {} });
const buy = (roomId: string, userId: string) =>
  chat.call('PUT', `${base(roomId)}/participants/${userId}`, {
    as: SERVICE,
    body: { committed: true, nickname: userId },
  });
const say = async (roomId: string, as: string, content: string, at = chat) => {
  const body = { clientMessageId: randomUUID(), content };
  return (await at.call<ChatMessage>('POST', `${base(roomId)}/messages`, { as, body })).body.seq;
};
const report = (roomId: string, seq: number, as: string, note: string) =>
  chat.call<{ reportId: string }>('POST', `${base(roomId)}/messages/${seq}/reports`, {
    as,
    body: { reason: 'FRAUD', note },
  });
/** What was told of a room. */
const toldOf = ({ got }: WebhookReceiver, roomId: string) =>
  got.flatMap(({ body }) => (body.data.roomId === roomId ? [body] : []));
const namesIn = (to: WebhookReceiver, roomId: string) =>
  toldOf(to, roomId).flatMap(({ type, data }) => (type === 'member.absent' ? [data.userIds as string[]] : []));

describe('a webhook of chat', () => {
  it('hears of each report once, in order, signed as the Standard Webhooks have it, and of no text', async () => {
    const to = await receiver();
    const { id, secret } = await hook(to.url);
    const roomId = await chat.room();
    for (const as of ['ann', 'bob', 'cho']) await join(roomId, as);
    const seq = await say(roomId, 'bob', said('buy at my place'));
    const first = (await report(roomId, seq, 'ann', 'a note of ann')).body.reportId;
    expect((await report(roomId, seq, 'ann', 'again')).status).toBe(200);
    const second = (await report(roomId, seq, 'cho', 'a note of cho')).body.reportId;
    const told = () => to.got.filter(({ body }) => body.data.roomId === roomId && body.type === 'report.created');
    await expect.poll(() => told().map(({ body }) => body.data.reportId), wait).toEqual([first, second]);
    const [one, two] = told() as [ReceivedWebhook, ReceivedWebhook];
    expect(one.body).toEqual({
      type: 'report.created',
      timestamp: expect.stringMatching(/^\d{4}-.*\.\d{3}Z$/),
      data: {
        ...{ roomId, productId: roomId, sequence: expect.any(Number), reportId: first, seq, reason: 'FRAUD' },
        ...{ createdAt: expect.any(String), reporterId: 'ann', senderId: 'bob' },
      },
    });
    expect(two.body.data.sequence as number).toBeGreaterThan(one.body.data.sequence as number);
    expect(one.id).toMatch(/^msg_chat_\d+$/);
    for (const { raw, headers, body } of [one, two]) {
      expect(new Verifier(secret).verify(raw, headers)).toEqual(body);
      expect(raw).not.toMatch(/my place|a note|nickname/);
    }
    const { body: list } = await chat.call<{ items: object[] }>('GET', `${HOOKS}/${id}/deliveries`, { as: ADMIN });
    expect(list.items).toContainEqual(expect.objectContaining({ roomId, type: 'report.created', status: 'delivered' }));
    // An attempt whose time was over when another one delivered ends later: nothing is told of it.
    const shown = async () =>
      (await sql.query('SELECT * FROM chat.webhook_deliveries WHERE webhook_id = $1 ORDER BY id', [id])).rows;
    const before = await shown();
    const late = before.map((row) => ({
      id: row.id,
      claim: randomUUID(),
      outcome: 'retry',
      answer: 500,
      error: 'late',
      delayMs: 9,
    }));
    const { rows } = await sql.query('SELECT chat.webhook_settle($1) AS settled', [JSON.stringify(late)]);
    expect([rows, await shown()]).toEqual([[{ settled: 0 }], before]);
    await remove(id);
  });

  it('hears once of buyers and a host who do not read, from one of two instances, and again when they have read', async () => {
    const to = await receiver();
    const { id } = await hook(to.url, ['member.absent']);
    const roomId = await chat.room();
    await join(roomId, 'guest');
    await join(roomId, 'talker');
    for (const userId of ['ann', 'ben']) await buy(roomId, userId);
    await say(roomId, 'talker', said('one'));
    const seq = await say(roomId, 'talker', said('two'), other);
    await expect.poll(() => namesIn(to, roomId), wait).toEqual([['ann', 'ben', 'seller']]);
    expect(toldOf(to, roomId)[0]!.data).toMatchObject({ productId: roomId, title: '제주 감귤 10kg' });
    await chat.call('PUT', `${base(roomId)}/read`, { as: 'ben', body: { seq } });
    const last = await say(roomId, 'talker', said('three'), other);
    await expect.poll(() => namesIn(to, roomId), wait).toEqual([['ann', 'ben', 'seller'], ['ben']]);
    // Who has read it is told of no more; who was told of hears nothing of the next.
    for (const as of ['ann', 'ben', 'seller']) {
      await chat.call('PUT', `${base(roomId)}/read`, { as, body: { seq: last } });
    }
    const next = await chat.room();
    await join(next, 'talker');
    await say(next, 'talker', said('four'));
    await expect.poll(() => namesIn(to, next), wait).toEqual([['seller']]);
    expect(namesIn(to, roomId)).toHaveLength(2);
    await remove(id);
  });

  it('hears of more than a thousand in events of a thousand', async () => {
    const to = await receiver();
    const { id } = await hook(to.url, ['member.absent']);
    const roomId = await chat.room({ maxParticipants: 2_000 });
    await sql.query(
      `INSERT INTO chat.members (room_id, user_id, nickname, joined_seq, committed)
       SELECT $1, 'buyer-' || lpad(n::text, 4, '0'), 'b', 1, true FROM generate_series(1, 1200) n`,
      [roomId],
    );
    await join(roomId, 'talker');
    await say(roomId, 'talker', said('hello'));
    await expect.poll(() => namesIn(to, roomId).map((names) => names.length), wait).toEqual([1_000, 201]);
    expect(new Set(namesIn(to, roomId).flat()).size).toBe(1_201);
    await remove(id);
  });

  it('names nobody who was erased, also where it is told again; a report that went with him says no more who it was', async () => {
    const to = await receiver();
    const { id } = await hook(to.url);
    const roomId = await chat.room();
    await buy(roomId, 'leaver');
    for (const as of ['ann', 'leaver']) await join(roomId, as);
    const seq = await say(roomId, 'leaver', said('mine'));
    await report(roomId, seq, 'ann', 'x');
    await say(roomId, 'ann', said('hello'));
    await expect.poll(() => namesIn(to, roomId).flat().sort(), wait).toEqual(['leaver', 'seller']);
    await expect.poll(() => toldOf(to, roomId).map(({ type }) => type), wait).toContain('report.created');
    expect(JSON.stringify(toldOf(to, roomId))).toContain('leaver');
    await chat.call('PATCH', base(roomId), { as: SERVICE, body: { status: 'CANCELLED', reason: 'SELLER' } });
    await chat.call('DELETE', '/api/chat/users/leaver', { as: ADMIN });
    const named = async () =>
      (await sql.query("SELECT FROM chat.webhook_events WHERE 'leaver' = ANY (user_ids) OR data::text LIKE '%leaver%'"))
        .rowCount;
    await expect.poll(named, wait).toBe(0);
    await expect
      .poll(async () => (await sql.query('SELECT FROM chat.reports WHERE room_id = $1', [roomId])).rowCount, wait)
      .toBe(0);
    const before = to.got.length;
    const { body: list } = await chat.call<{ items: { id: string; roomId: string }[] }>(
      'GET',
      `${HOOKS}/${id}/deliveries`,
      {
        as: ADMIN,
      },
    );
    const mine = list.items.filter((one) => one.roomId === roomId);
    for (const { id: deliveryId } of mine) {
      await chat.call('POST', `${HOOKS}/${id}/redeliver`, { as: ADMIN, body: { deliveryId } });
    }
    await expect.poll(() => to.got.length, wait).toBe(before + mine.length);
    expect(JSON.stringify(to.got.slice(before))).not.toContain('leaver');
    await remove(id);
  });

  it('that answers 410 is disabled and gets what it missed when it is enabled; one that fails keeps no other waiting', async () => {
    const gone = await receiver((n) => (n === 0 ? 410 : 200));
    const bad = await receiver(() => 'hang');
    const good = await receiver();
    const hooks: { id: string }[] = [];
    for (const { url } of [gone, bad, good]) hooks.push(await hook(url, ['report.created']));
    const full = await chat.call<{ code: string }>('POST', HOOKS, { as: ADMIN, body: { url: good.url } });
    expect([full.status, full.body.code]).toEqual([409, 'CONFLICT']);
    const roomId = await chat.room();
    for (const as of ['ann', 'bob']) await join(roomId, as);
    await report(roomId, await say(roomId, 'bob', said('x')), 'ann', 'x');
    await expect.poll(() => toldOf(good, roomId).length, wait).toBe(1);
    const read = async () => (await chat.call('GET', `${HOOKS}/${hooks[0]!.id}`, { as: ADMIN })).body;
    await expect.poll(read, wait).toMatchObject({ disabledReason: 'GONE' });
    await chat.call('PATCH', `${HOOKS}/${hooks[0]!.id}`, { as: SERVICE, body: { disabled: false } });
    await expect.poll(() => toldOf(gone, roomId).length, wait).toBe(1);
    expect(bad.got).toEqual([]);
    for (const { id } of hooks) await remove(id);
  });
});

it('webhooks of chat are kept by admins, services and back ends with the scope, by nobody else, rotate their secrets, and go to no private address', async () => {
  for (const as of ['ann', 'seller']) expect((await chat.call('GET', HOOKS, { as })).status).toBe(403);
  expect((await chat.call('GET', HOOKS, { as: SERVICE })).status).toBe(200);
  for (const [claims, status] of [
    [{ scope: 'webhooks' }, 200],
    [{ scope: 'users' }, 403],
    [{ scope: 'webhooks', aud: 'trade' }, 401],
  ] as const) {
    expect([claims, (await chat.call('GET', HOOKS, { as: shopKey(claims) })).status]).toEqual([claims, status]);
  }
  expect((await chat.call('GET', `${HOOKS}/none`, { as: ADMIN })).status).toBe(404);
  const wrong = { url: 'https://shop.example/', events: ['product.created'] };
  expect((await chat.call('POST', HOOKS, { as: ADMIN, body: wrong })).status).toBe(400);
  const to = await receiver();
  const { id, secret } = await hook(to.url);
  const rotated = await chat.call<{ secret: string }>('POST', `${HOOKS}/${id}/rotate`, { as: ADMIN });
  given.logs.secret(rotated.body.secret);
  expect((await chat.call('POST', `${HOOKS}/${id}/test`, { as: ADMIN })).body).toEqual({
    ...{ delivered: true, answer: 200, error: null },
  });
  const [{ raw, headers }] = to.got as [ReceivedWebhook];
  for (const one of [secret, rotated.body.secret]) expect(new Verifier(one).verify(raw, headers)).toBeTruthy();
  const kept = JSON.stringify((await sql.query('SELECT * FROM chat.webhooks')).rows);
  for (const one of [secret, rotated.body.secret]) expect(kept).not.toContain(one.slice(6));
  await remove(id);
  const strict = await given.start();
  expect((await strict.call('POST', HOOKS, { as: ADMIN, body: { url: to.url } })).status).toBe(400);
  const inner = await strict.call<{ id: string; secret: string }>('POST', HOOKS, {
    ...{ as: ADMIN, body: { url: 'https://127.0.0.1/' } },
  });
  given.logs.secret(inner.body.secret);
  expect((await strict.call('POST', `${HOOKS}/${inner.body.id}/test`, { as: ADMIN })).body).toMatchObject({
    ...{ delivered: false, answer: null, error: expect.stringMatching(/not allowed/) },
  });
  await remove(inner.body.id);
});
