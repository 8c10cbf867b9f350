import type { ChatMessage, Report, ReportReceipt } from '@gongu/shared';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chatOfThisFile, type Instance } from '../fixture/chat.ts';
import { said } from '../fixture/log-lines.ts';
import { SERVICE, tokenOf } from '../fixture/tokens.ts';

const given = chatOfThisFile();
let chat: Instance;
let database: pg.Client;
beforeAll(async () => {
  chat = await given.start({ CHANGES: 'on', CONTENT_ENCRYPTION: 'off' });
  database = new pg.Client(given.databaseUrl);
  await database.connect();
});
afterAll(() => database?.end());

const ADMIN = `Bearer ${tokenOf('root', { roles: ['admin'] })}`;
const base = (roomId: string) => `/api/chat/rooms/${roomId}`;
let made = 0;
/** A room with ann and bob in it, and something that bob said. */
async function talk(content = said('buy at my place')) {
  const roomId = await chat.room();
  for (const as of ['ann', 'bob']) await chat.call('POST', `${base(roomId)}/participants`, { as });
  const body = { clientMessageId: `c-${++made}`, content };
  const { seq } = (await chat.call<ChatMessage>('POST', `${base(roomId)}/messages`, { as: 'bob', body })).body;
  return { roomId, seq, content };
}
const report = (roomId: string, seq: number, body: object, as = 'ann') =>
  chat.call<ReportReceipt>('POST', `${base(roomId)}/messages/${seq}/reports`, { as, body });
const reports = async (query = '', as = ADMIN) =>
  (await chat.call<{ items: Report[]; nextCursor: string | null }>('GET', `/api/chat/reports${query}`, { as })).body;
const end = (reportId: string, body: object, as = ADMIN) =>
  chat.call<Report>('PATCH', `/api/chat/reports/${reportId}`, { as, body });
const refusal = ({ status, body }: { status: number; body: { code: string } }) => [status, body.code];

describe('a report', () => {
  it('is made once a member and message (201, then 200), and keeps the message as it was', async () => {
    const { roomId, seq, content } = await talk();
    const first = await report(roomId, seq, { reason: 'FRAUD', note: 'sells elsewhere' });
    expect([first.status, first.body]).toEqual([201, { reportId: expect.any(String), createdAt: expect.any(String) }]);
    const again = await report(roomId, seq, { reason: 'SPAM' });
    expect([again.status, again.body]).toEqual([200, first.body]);
    // Whatever becomes of the message.
    await chat.call('PATCH', `${base(roomId)}/messages/${seq}`, { as: 'bob', body: { content: said('sorry') } });
    await chat.call('DELETE', `${base(roomId)}/messages/${seq}`, { as: 'bob' });
    const [found] = (await reports('?status=OPEN')).items;
    expect(found).toMatchObject({
      ...{ reportId: first.body.reportId, roomId, seq, reporterId: 'ann', reason: 'FRAUD', note: 'sells elsewhere' },
      ...{ status: 'OPEN', endedAt: null, endedBy: null, resolution: null },
      message: { kind: 'CHAT', content, sender: { userId: 'bob', nickname: 'bob' }, version: seq },
    });
    // The text is in that copy, and in no other column of any table.
    const { rows: columns } = await database.query<{ name: string; column: string }>(
      `SELECT table_name AS name, column_name AS column FROM information_schema.columns
       WHERE table_schema = 'chat' AND data_type IN ('text', 'json', 'jsonb', 'ARRAY')`,
    );
    const holding: string[] = [];
    for (const { name, column } of columns) {
      const { rowCount } = await database.query(
        `SELECT FROM chat.${name} t WHERE strpos(t.${column}::text, $1) > 0 AND ($2 <> 'reports' OR t.${column}::text LIKE $3)`,
        [JSON.stringify(content).slice(1, -1), name, `%${content}%`],
      );
      if (rowCount) holding.push(`${name}.${column}`);
    }
    expect(holding).toEqual(['reports.message']);
  });

  it('is of others’ messages, by members, and not of deleted ones or rows of the service', async () => {
    const { roomId, seq } = await talk();
    const spam = { reason: 'SPAM' };
    expect(refusal(await report(roomId, seq, spam, 'bob'))).toEqual([403, 'FORBIDDEN']);
    expect(refusal(await report(roomId, 1, spam))).toEqual([403, 'FORBIDDEN']);
    expect(refusal(await report(roomId, seq, spam, 'stranger'))).toEqual([403, 'NOT_A_MEMBER']);
    expect(refusal(await report(roomId, 999, spam))).toEqual([404, 'NOT_FOUND']);
    expect(refusal(await report('nowhere', 1, spam))).toEqual([404, 'NOT_FOUND']);
    expect(refusal(await report(roomId, seq, { reason: 'RUDE' }))).toEqual([400, 'VALIDATION_FAILED']);
    expect(refusal(await report(roomId, seq, { reason: 'OTHER', note: '' }))).toEqual([400, 'VALIDATION_FAILED']);
    await chat.call('DELETE', `${base(roomId)}/messages/${seq}`, { as: 'bob' });
    expect(refusal(await report(roomId, seq, spam))).toEqual([409, 'MESSAGE_DELETED']);
  });

  it('is seen and ended by admins and the service alone, and listed newest first', async () => {
    const { roomId, seq } = await talk();
    const { body: one } = await report(roomId, seq, { reason: 'ABUSE' });
    const { body: two } = await report(roomId, seq, { reason: 'OTHER' }, 'seller');
    for (const as of ['ann', 'seller']) {
      expect(refusal((await chat.call('GET', '/api/chat/reports', { as })) as never)).toEqual([403, 'FORBIDDEN']);
      expect(refusal(await end(one.reportId, { status: 'RESOLVED' }, as))).toEqual([403, 'FORBIDDEN']);
    }
    const page = await reports('?limit=1');
    expect(page.items.map(({ reportId }) => reportId)).toEqual([two.reportId]);
    const next = await reports(`?limit=1&cursor=${page.nextCursor}`);
    expect(next.items.map(({ reportId }) => reportId)).toEqual([one.reportId]);
    const ended = await end(one.reportId, { status: 'RESOLVED', note: 'banned' });
    expect(ended.body).toMatchObject({ status: 'RESOLVED', endedBy: 'root', resolution: 'banned' });
    expect((await end(two.reportId, { status: 'DISMISSED' }, SERVICE)).body.endedBy).toBeNull();
    const open = (await reports('?status=OPEN', SERVICE)).items.map(({ reportId }) => reportId);
    expect(open).not.toContain(one.reportId);
    expect(open).not.toContain(two.reportId);
    expect(refusal(await end('999999', { status: 'RESOLVED' }))).toEqual([404, 'NOT_FOUND']);
    expect(refusal(await end('x', { status: 'RESOLVED' }))).toEqual([400, 'VALIDATION_FAILED']);
    expect(refusal(await end(one.reportId, { status: 'OPEN' }))).toEqual([400, 'VALIDATION_FAILED']);
  });

  it('outlives its room, and is erased REPORT_DAYS after it ended, not before', async () => {
    const { roomId, seq } = await talk();
    const data = { offer: { price: null } };
    await database.query('UPDATE chat.messages SET data = $3 WHERE room_id = $1 AND seq = $2', [roomId, seq, data]);
    const { body } = await report(roomId, seq, { reason: 'SPAM' });
    await chat.call('DELETE', base(roomId), { as: SERVICE });
    expect((await reports()).items.find(({ reportId }) => reportId === body.reportId)?.message.data).toEqual(data);
    await end(body.reportId, { status: 'DISMISSED' });
    const forget = (days: number) => database.query('SELECT chat.forget_reports($1, 100)', [days]);
    const has = async () => (await reports()).items.some(({ reportId }) => reportId === body.reportId);
    await database.query("UPDATE chat.reports SET ended_at = ended_at - interval '89 days' WHERE room_id = $1", [
      roomId,
    ]);
    await forget(90);
    expect(await has()).toBe(true);
    await database.query("UPDATE chat.reports SET ended_at = ended_at - interval '2 days' WHERE room_id = $1", [
      roomId,
    ]);
    await forget(90);
    expect(await has()).toBe(false);
  });
});

it('each act of moderation is one row of the audit, with who did it to whom, and no text of a message', async () => {
  const { roomId, seq, content } = await talk();
  const { body } = await report(roomId, seq, { reason: 'SPAM' });
  const restriction = `${base(roomId)}/restrictions/bob`;
  await chat.call('PUT', restriction, { as: 'seller', body: { kind: 'MUTE', reason: 'loud' } });
  await chat.call('PUT', restriction, { as: 'seller', body: { kind: 'MUTE', reason: 'loud' } });
  await chat.call('DELETE', restriction, { as: ADMIN });
  await chat.call('DELETE', `${base(roomId)}/messages/${seq}`, { as: 'seller' });
  await chat.call('DELETE', `${base(roomId)}/participants/bob`, { as: SERVICE });
  await chat.call('PUT', restriction, { as: ADMIN, body: { kind: 'BAN' } });
  await end(body.reportId, { status: 'RESOLVED' });
  const { rows } = await database.query(
    'SELECT act, user_id, by_user_id, detail FROM chat.moderations WHERE room_id = $1 ORDER BY id',
    [roomId],
  );
  expect(rows).toEqual([
    { act: 'participant.muted', user_id: 'bob', by_user_id: 'seller', detail: { reason: 'loud' } },
    { act: 'restriction.lifted', user_id: 'bob', by_user_id: 'root', detail: {} },
    { act: 'message.deleted', user_id: 'bob', by_user_id: 'seller', detail: { seq } },
    { act: 'participant.removed', user_id: 'bob', by_user_id: null, detail: {} },
    { act: 'participant.banned', user_id: 'bob', by_user_id: 'root', detail: {} },
    { act: 'report.resolved', user_id: 'bob', by_user_id: 'root', detail: { seq, reportId: Number(body.reportId) } },
  ]);
  expect(JSON.stringify(rows)).not.toContain(content);
  await chat.call('PUT', '/api/chat/users/eve/block', { as: ADMIN, body: { reason: 'x' } });
  await chat.call('DELETE', '/api/chat/users/eve/block', { as: ADMIN });
  await chat.call('POST', '/api/chat/users/eve/revoke', { as: SERVICE });
  const acts = await database.query("SELECT act, by_user_id FROM chat.moderations WHERE user_id = 'eve' ORDER BY id");
  expect(acts.rows).toEqual([
    { act: 'user.block', by_user_id: 'root' },
    { act: 'user.unblock', by_user_id: 'root' },
    { act: 'user.revoke', by_user_id: null },
  ]);
});
