import { sealingKeysOf, withSearchPath } from '@gongu/host';
import pg from 'pg';
import { expect, it } from 'vitest';
import { createAppendBatch } from '../../src/store/append-batch.ts';
import { createMessagePage } from '../../src/store/message-page.ts';
import { createRoomKeys } from '../../src/store/sealing/room-keys.ts';
import { createSealedTexts } from '../../src/store/sealing/sealed-texts.ts';
import { createUploadSeals } from '../../src/store/upload-seals.ts';
import { createWholeRows } from '../../src/store/whole-rows.ts';
import { CONTENT_KEYS } from '../fixture/content-keys.ts';
import { opening, person } from '../fixture/opening.ts';
import { storeOfThisFile } from '../fixture/store.ts';

const given = storeOfThisFile();
const MEMBERS = 3_000;
const MESSAGES = 20_000;

// Plans are kept by the connection: one that was best on empty tables used to read all of `messages` for each batch, and
// all members of the room for each message.
it('what many members call at once looks rows up one by one, also on a connection that planned while the tables were empty', async () => {
  const input = opening();
  await given.store.rooms.open(input);
  const client = new pg.Client({ connectionString: withSearchPath(given.url, 'chat') });
  client.on('error', () => {}); // the database goes when a test has failed before its end
  await client.connect();
  const { roomId } = input;

  const pool = client as never;
  const content = { keys: sealingKeysOf(CONTENT_KEYS), isOn: true };
  const texts = createSealedTexts({ keys: createRoomKeys({ ...content, pool }) });
  const batch = createAppendBatch({ pool, texts, uploads: createUploadSeals({ pool, texts }) });
  const append = (...drafts: readonly (readonly [id: string, sender: string])[]) =>
    batch(
      drafts.map(([clientMessageId, userId]) => ({
        ...{ roomId, kind: 'CHAT', sender: person(userId), clientMessageId, content: 'hello', replyTo: null },
      })),
    );
  const markRead = (user: string, seq: number) =>
    client.query('SELECT * FROM mark_read($1, $2, $3)', [[roomId], [user], [seq]]);
  const join = (user: string) =>
    client.query('SELECT * FROM join_rooms($1, $2, $3, $4, $5)', [[roomId], [user], [user], [null], [true]]);
  const whole = createWholeRows({ pool, texts });
  const { page, newestNotice } = createMessagePage({ pool, whole, isWatchable: true });
  await join('first');
  await append(['first', 'first']);
  await append(['second', 'first'], ['third', 'first']);
  await append(['refused', 'nobody'], ['fourth', 'first']);
  await markRead('first', 1);
  // Six times: from then on a connection may keep one plan for all.
  for (let i = 0; i < 6; i++) await page(roomId, 'first', { before: 9_000, limit: 11 });
  for (let i = 0; i < 6; i++) await page(roomId, 'first', { after: 9_000, limit: 11 });
  for (let i = 0; i < 6; i++) await page(roomId, 'first', { limit: 11 });
  for (let i = 0; i < 6; i++) await page(roomId, 'first', { offset: 9_000, limit: 11 });
  const change = (seq: number, by: string, content: string) =>
    client.query('SELECT change_message($1, $2, $3, $4, $4, NULL, false, $5, NULL, 86400)', [
      ...[roomId, seq, 'edited', by, content],
    ]);
  for (let i = 0; i < 6; i++) {
    await change(4, 'first', `edited ${i}`);
    for (const where of [{ before: 99 }, { after: 3 }, {}, { offset: 0 }]) {
      await page(roomId, 'first', { ...where, limit: 2 });
    }
  }
  for (let i = 0; i < 6; i++) await newestNotice(roomId, 'first');

  await client.query('UPDATE rooms SET max_participants = 100000, last_seq = last_seq + $2 WHERE room_id = $1', [
    roomId,
    MESSAGES,
  ]);
  await client.query(
    `INSERT INTO members (room_id, user_id, nickname, joined_seq)
    SELECT $1, 'member-' || n, 'member', n FROM generate_series(1, $2::int) n`,
    [roomId, MEMBERS],
  );
  await client.query(
    `INSERT INTO messages (room_id, seq, chat_no, kind, sender_id, client_message_id, content, created_at, deleted_at)
    SELECT $1, 12 + n, 4 + n, CASE WHEN n % 8 = 0 THEN 'NOTIFICATION' ELSE 'CHAT' END, 'member-1', 'filled-' || n, 'text',
      now(), CASE WHEN n % 8 = 0 THEN now() END FROM generate_series(1, $2::int) n`,
    [roomId, MESSAGES],
  );

  // In one transaction, as the numbers of a connection are its transaction's.
  for (const [name, call] of Object.entries({
    append: () => append(['again', 'member-7']),
    'a retry': () => append(['filled-9000', 'member-1']),
    'a batch': () => append(['one', 'member-7'], ['two', 'member-8'], ['three', 'member-7']),
    'a batch with one to refuse': () => append(['four', 'nobody'], ['five', 'member-7']),
    'read marks': () => markRead('member-2', 9_000),
    joins: () => join('newcomer'),
    'a page of older messages': () => page(roomId, 'member-9', { before: 9_000, limit: 11 }),
    'a page of newer messages': () => page(roomId, 'member-9', { after: 9_000, limit: 11 }),
    'the newest page': () => page(roomId, 'member-9', { limit: 11 }),
    'an edit': () => change(9_000, 'member-1', 'edited'),
    'a page with a row of change': () => page(roomId, 'member-9', { limit: 5 }),
    'the newest notice, where all were deleted': () => newestNotice(roomId, 'member-9'),
    'a page by offset': () => page(roomId, 'member-9', { offset: 9_000, limit: 11 }),
    'the oldest page by offset': () => page(roomId, 'member-9', { offset: MESSAGES, limit: 11 }),
    'a page by an offset beyond the room': () => page(roomId, 'member-9', { offset: 1_000_000_000, limit: 11 }),
  })) {
    await client.query('BEGIN');
    const before = await rowsRead(client);
    await call();
    const after = await rowsRead(client);
    for (const [table, read] of after) {
      // With rows of change a page is read a second time, as far as its last other row.
      const most = name.includes('oldest page') ? 60 : 30;
      expect(read - (before.get(table) ?? 0), `rows of ${table} that ${name} read`).toBeLessThan(most);
    }
    await client.query('COMMIT');
  }
  await client.end();
});

async function rowsRead(client: pg.Client): Promise<Map<string, number>> {
  const { rows } = await client.query<{ relname: string; read: number }>(
    `SELECT relname, (seq_tup_read + coalesce(idx_tup_fetch, 0))::int AS read FROM pg_stat_xact_user_tables
    WHERE schemaname = 'chat' AND relname IN ('rooms', 'members', 'messages')`,
  );
  return new Map(rows.map(({ relname, read }) => [relname, read]));
}
