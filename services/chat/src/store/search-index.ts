import { randomBytes } from 'node:crypto';
import { written } from '@gongu/host';
import { searchForm } from '@gongu/shared';
import type { Pool } from 'pg';
import type { SearchIndex } from '../room/ports/search-store.ts';
import type { StoredMessage } from '../room/ports/stored-message.ts';
import { GRAM_KEY_BYTES, gramsOf, integersOf } from './grams.ts';
import { UnopenedKey } from './sealing/room-keys.ts';
import { boundOf, type SealedTexts } from './sealing/sealed-texts.ts';

/** Rows of a room that are indexed with one commit, and their characters, after which it ends early: the loop waits for neither. */
const ROWS = 500;
const CHARACTERS = 100_000;

/** $1 room, $2 seq, $3 rows. What a row of change has changed comes with it. */
const ROWS_SQL = `
  SELECT m.seq, t.seq AS target, t.content, t.key_no AS "keyNo", t.sender_id AS "userId",
    t.client_message_id AS "clientMessageId", coalesce(t.version, t.seq) AS version
  FROM (SELECT * FROM chat.messages WHERE room_id = $1 AND seq > $2 ORDER BY seq LIMIT $3) m
  LEFT JOIN LATERAL (
    SELECT * FROM chat.messages WHERE room_id = $1 AND seq = coalesce(m.changes_seq, m.seq) OFFSET 0) t
    ON t.kind <> 'SYSTEM'
  ORDER BY m.seq`;

/** $1 rows, $2 rooms, $3 whether texts are sealed: then also those that are in the index by a key that stands clear, $4 after which room. */
const BEHIND_SQL = `
  SELECT r.room_id FROM chat.rooms r LEFT JOIN chat.search_rooms s USING (room_id)
  WHERE r.room_id > $4 AND (
    r.last_seq >= coalesce(s.indexed_seq, 0) + $1::bigint OR $3 AND (s.renewed OR s.key_no IS NULL AND s.key <> ''))
  ORDER BY r.room_id LIMIT $2`;

interface Row {
  seq: string;
  /** Null: a row that nobody searches for. */
  target: string | null;
  content: string | null;
  version: string | null;
  keyNo: number | null;
  userId: string | null;
  clientMessageId: string | null;
}

/** The index of searches in PostgreSQL. */
export function createSearchIndex({ pool, texts }: { pool: Pool; texts: SealedTexts }): SearchIndex {
  async function textOf(roomId: string, row: Row, known: readonly StoredMessage[]): Promise<string> {
    const { keyNo, content, userId, clientMessageId } = row;
    // To open a text takes almost as long as to index it.
    const inMemory = keyNo === null ? undefined : findKnown(known, row);
    if (inMemory !== undefined) return inMemory;
    return (await texts.openText(keyNo, boundOf('content', { roomId, userId, clientMessageId }), content ?? '')) ?? '';
  }

  return {
    async behind(rowsLeast, limit, after) {
      const { rows } = await pool.query<{ room_id: string }>({
        ...{ name: 'search-behind', text: BEHIND_SQL, values: [rowsLeast, limit, texts.keys.isOn, after] },
      });
      return rows.map(({ room_id: roomId }) => roomId);
    },

    index: (roomId, known = []) =>
      index(roomId, known).catch((error: unknown) => {
        if (error instanceof UnopenedKey) return false;
        throw error;
      }),
  };

  async function index(roomId: string, known: readonly StoredMessage[]): Promise<boolean> {
    const roomKey = await texts.keyOf(roomId);
    const key = roomKey ? Buffer.alloc(0) : randomBytes(GRAM_KEY_BYTES);
    const opened = await written(
      () =>
        pool.query<{ key: Buffer; indexed_seq: string; more: boolean }>({
          name: 'search-open',
          text: 'SELECT key, indexed_seq, more FROM chat.open_search_room($1, $2, $3::int)',
          values: [roomId, key, roomKey?.keyNo ?? null],
        }),
      { idempotent: true },
    );
    const room = opened.rows[0];
    // The room was removed.
    if (!room) return false;
    // Those of another key go first.
    if (room.more) return true;
    const { rows } = await pool.query<Row>({
      ...{ name: 'search-rows', text: ROWS_SQL, values: [roomId, room.indexed_seq, ROWS] },
    });
    if (rows.length === 0) return false;
    const taken = upTo(rows, CHARACTERS);
    const targets = new Map(taken.flatMap((row) => (row.target === null ? [] : [[row.target, row]])));
    const contents: string[] = [];
    for (const row of targets.values()) contents.push(await textOf(roomId, row, known));
    const grams = gramsOf(roomKey?.searchKey ?? room.key, contents.map(searchForm));
    const ends: number[] = [];
    for (const { length } of grams) ends.push((ends.at(-1) ?? 0) + length);
    await written(
      () =>
        pool.query({
          name: 'search-index',
          text: 'SELECT chat.index_grams($1, $2, $3, $4::bigint[], $5::bigint[], $6::integer[], $7::integer[], $8::integer)',
          values: [
            ...[roomId, room.indexed_seq, taken.at(-1)!.seq],
            ...[[...targets.keys()], [...targets.values()].map(({ version }) => version)],
            ...[integersOf(grams), ends, roomKey?.keyNo ?? 0],
          ],
        }),
      { idempotent: true },
    );
    return taken.length < rows.length || rows.length === ROWS;
  }
}

/** What is in memory as it is stored: the same message, not another one of a room that was removed, and of the same version. */
function findKnown(
  known: readonly StoredMessage[],
  { target, version, userId, clientMessageId }: Row,
): string | undefined {
  const message = known[Number(target) - (known[0]?.seq ?? 0)];
  if (!message || message.kind === 'SYSTEM' || message.version !== Number(version)) return undefined;
  return message.sender?.userId === userId && message.clientMessageId === clientMessageId ? message.content : undefined;
}

/** The first rows that have so many characters together, and at least one. */
function upTo(rows: readonly Row[], characters: number): readonly Row[] {
  let sum = 0;
  const end = rows.findIndex(({ content }) => {
    sum += content?.length ?? 0;
    return sum > characters;
  });
  return end < 0 ? rows : rows.slice(0, Math.max(1, end));
}
