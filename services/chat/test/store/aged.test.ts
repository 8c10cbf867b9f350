import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createRetention } from '../../src/room/retention.ts';
import { storeOfThisFile } from '../fixture/store.ts';

const file = storeOfThisFile();
let sql: pg.Client;
beforeAll(async () => {
  sql = new pg.Client(file.url);
  await sql.connect();
});
afterAll(() => sql?.end());

/** Tables of which a row stays, also where ROOM_DAYS is set: docs/operations.md says which and why. */
const FOR_EVER = new Set(['admins', 'bars', 'erasures', 'content_keys', 'mark_keys', 'webhooks']);

/** Tables of which a row stays for ever, or until somebody takes it away, where ROOM_DAYS is not set. */
const STAY = new Set([
  'rooms',
  'members',
  'search_rooms',
  'admins',
  'moderations',
  'holds',
  'bars',
  'mark_keys',
  'authors',
  'erasures',
  'room_keys',
  'content_keys',
  'webhooks',
]);

it('after a year, and the jobs, no table has a row but those that are kept for ever, and with ROOM_DAYS these are few', async () => {
  const { store } = file;
  await sql.query(`SELECT chat.open_room('old', NULL, 't', 'host', 'Host', 9, NULL, NULL, '{}')`);
  await sql.query(`
    UPDATE chat.rooms SET status = 'CLOSED', closed_at = clock_timestamp(), last_seq = 3, last_chat_no = 2 WHERE room_id = 'old';
    INSERT INTO chat.messages (room_id, seq, chat_no, kind, sender_id, sender_nickname, content, created_at) VALUES
      ('old', 2, 1, 'CHAT', 'ann', 'Ann', 'x', clock_timestamp()), ('old', 3, 2, 'CHAT', 'ann', 'Ann', 'y', clock_timestamp());
    INSERT INTO chat.reactions VALUES ('old', 2, 'bob', '👍', 'Bob', NULL, 3);
    INSERT INTO chat.mentions VALUES ('old', 'bob', 2);
    INSERT INTO chat.search_grams VALUES ('old', 2, '{1,2}');
    INSERT INTO chat.search_rooms VALUES ('old', '\\x00', 2);
    INSERT INTO chat.uploads (upload_id, room_id, user_id, state, name, type, bytes, seq) VALUES
      ('u-1', 'old', 'ann', 'PENDING', 'n', 'image/png', 1, NULL), ('u-2', 'old', 'ann', 'READY', 'n', 'image/png', 1, NULL),
      ('u-3', 'old', 'ann', 'TAKEN', 'n', 'image/png', 1, 2);
    INSERT INTO chat.departures VALUES ('old', 'bob', ARRAY[clock_timestamp()], clock_timestamp(), clock_timestamp());
    INSERT INTO chat.restrictions (room_id, user_id, kind, until, nickname) VALUES ('old', 'bob', 'MUTE', clock_timestamp(), 'Bob');
    INSERT INTO chat.admins (user_id) VALUES ('root');
    INSERT INTO chat.tickets VALUES ('\\x00', '{}', clock_timestamp());
    INSERT INTO chat.nickname_tags (nickname, tag, user_id) VALUES ('Ann', 'a', 'anon-1');
    INSERT INTO chat.reports (room_id, seq, reporter_id, reason, message, status, ended_at)
      VALUES ('old', 2, 'bob', 'SPAM', '{"sender":{"userId":"ann"}}', 'RESOLVED', clock_timestamp());
    INSERT INTO chat.push_subscriptions (room_id, user_id, device_id, endpoint, p256dh, auth)
      VALUES ('old', 'gone', '\\x01', 'https://push.example/1', 'k', 'a');
    INSERT INTO chat.webhook_events (room_id, type, user_ids, data) VALUES ('old', 'member.absent', '{bob}', '{}');
    INSERT INTO chat.webhook_deliveries (webhook_id, event_id, type, room_id) SELECT 'w', e.id, e.type, 'old' FROM chat.webhook_events e;
    INSERT INTO chat.webhook_lanes (webhook_id, room_id, due_at) VALUES ('w', 'old', clock_timestamp());
    SELECT chat.bar_user('ann', 'block', clock_timestamp() + interval '1 minute', NULL, NULL);
    INSERT INTO chat.room_keys (room_id, key_id, sealed) VALUES ('old', 'k', '\\x00');
    INSERT INTO chat.content_keys VALUES ('k', 'f');
    INSERT INTO chat.author_fills VALUES ('old');
    INSERT INTO chat.erasures (status, finished_at) VALUES ('DONE', clock_timestamp());
    INSERT INTO chat.webhooks (id, url, description, secret) VALUES ('wh', 'https://shop.example/hook', '', 's');
    SELECT chat.hold('ROOM', 'old', true, NULL, NULL);
    SELECT chat.hold('ROOM', 'old', false, NULL, NULL);
    SELECT chat.hold('USER', 'zoe', true, NULL, NULL);`);

  // All moments of all tables, as the database has them: a new table, or a new column, is among them.
  const { rows: columns } = await sql.query<{ table: string; column: string; list: boolean }>(
    `SELECT table_name AS table, column_name AS column, data_type = 'ARRAY' AS list FROM information_schema.columns
     JOIN information_schema.tables USING (table_schema, table_name)
     WHERE table_schema = 'chat' AND table_type = 'BASE TABLE' AND table_name <> '_prisma_migrations'
       AND (udt_name = 'timestamptz' OR udt_name = '_timestamptz')`,
  );
  const all = await sql.query<{ name: string }>(
    `SELECT tablename AS name FROM pg_tables WHERE schemaname = 'chat' AND tablename <> '_prisma_migrations'`,
  );
  // Of a table without rows nothing is shown: whoever makes one puts a row in it here.
  for (const { name } of all.rows) expect((await sql.query(`SELECT FROM chat.${name}`)).rowCount, name).not.toBe(0);
  for (const { table, column, list } of columns) {
    if (!list) await sql.query(`UPDATE chat.${table} SET ${column} = ${column} - interval '1 year'`);
  }

  await store.visitors.forget({ renewDays: 180, graceS: 300, limit: 500 });
  await store.reports.forget(90, 500);
  await store.pushes.forget(500);
  await store.webhooks.purge(30 * 86_400_000, 500);
  await createRetention({ retention: store.retention, messageDays: 30, onRemoved: () => {} }).run();
  await store.uploads.expire(100);
  await store.uploads.removed(await store.uploads.gone(100));
  await store.uploads.expire(100);
  await store.tickets.redeem(await issued());
  await store.bars.act('bob', 'unblock', { byUserId: null });
  while (await store.people.fillAuthors());

  for (const { name } of all.rows) {
    if (STAY.has(name)) continue;
    const { rows } = await sql.query(`SELECT count(*)::int AS left FROM chat.${name}`);
    expect(rows[0].left, name).toBe(0);
  }
  const { rows: bars } = await sql.query(`SELECT user_id FROM chat.bars WHERE user_id = 'ann'`);
  expect(bars).toEqual([]);

  await sql.query(`SELECT chat.hold('USER', 'zoe', false, NULL, NULL)`);
  const removed: string[] = [];
  const roomsToo = createRetention({
    ...{ retention: store.retention, messageDays: 0, roomDays: 30, onRemoved: () => {} },
    onRoomRemoved: (roomId) => void removed.push(roomId),
  });
  expect(await roomsToo.removeRooms()).toBe(1);
  expect(removed).toEqual(['old']);
  for (const { name } of all.rows) {
    if (FOR_EVER.has(name)) continue;
    // An act of just now is not a year old.
    const where = name === 'moderations' ? "WHERE at < clock_timestamp() - interval '1 day'" : '';
    const { rows } = await sql.query(`SELECT count(*)::int AS left FROM chat.${name} ${where}`);
    expect(rows[0].left, name).toBe(0);
  }

  async function issued(): Promise<string> {
    await store.tickets.issue('a-ticket', { userId: 'ann' } as never, 60_000);
    return 'a-ticket';
  }
});
