import { searchForm } from '@gongu/shared';
import type { Pool } from 'pg';
import type { SearchPlace, SearchStore, Wanted } from '../room/ports/search-store.ts';
import type { StoredMessage } from '../room/ports/stored-message.ts';
import { gramsOf } from './grams.ts';
import { type MessageJson, messageOf } from './rows.ts';
import { UnopenedKey } from './sealing/room-keys.ts';
import { boundOf as boundOfText, type SealedTexts } from './sealing/sealed-texts.ts';

/** What a text that is sealed is opened by. */
const BOUND_COLUMNS = 'key_no AS "keyNo", sender_id AS "userId", client_message_id AS "clientMessageId"';

/** $1 room, $2 reader or null. */
const ROOM_SQL = `
  SELECT chat.is_within(r, $2) AS reader, r.restricted AND chat.restriction_of(r.room_id, $2) = 'BAN' AS banned, r.last_seq, coalesce(s.indexed_seq, 0) AS indexed_seq, s.key, s.key_no
  FROM chat.rooms r LEFT JOIN chat.search_rooms s USING (room_id) WHERE r.room_id = $1`;

/** $1 room, $2 below this seq, $3 above this one, $4 rows. What was deleted has no text, and is no message to find. */
const SCAN_SQL = `
  SELECT seq, CASE WHEN kind <> 'SYSTEM' THEN content ELSE '' END AS content, ${BOUND_COLUMNS} FROM chat.messages
  WHERE room_id = $1 AND seq < $2 AND seq > $3 ORDER BY seq DESC LIMIT $4`;

/** $1 room, $2 seq: messages up to it that were changed after it, the newest first. */
const CHANGED_SQL = `
  SELECT DISTINCT changes_seq AS seq FROM chat.messages
  WHERE room_id = $1 AND seq > $2 AND changes_seq <= $2 ORDER BY seq DESC`;

const CANDIDATES_SQL = 'SELECT seq FROM chat.search_candidates($1, $2::int[], $3, $4) AS seq';

/** $1 room, $2 seqs. */
const LOOK_SQL = `
  SELECT seq, content, ${BOUND_COLUMNS} FROM chat.messages WHERE room_id = $1 AND seq = ANY ($2::bigint[]) AND kind <> 'SYSTEM'`;
const LOAD_SQL = `
  SELECT chat.message_json(m::chat.messages) AS message
  FROM (SELECT * FROM chat.messages WHERE room_id = $1 AND seq = ANY ($2::bigint[]) ORDER BY seq DESC) m`;

/** $1 user: his rooms, that with the newest row first. */
const ROOMS_SQL = `
  SELECT m.room_id, r.epoch, chat.iso(n.created_at) AS newest FROM chat.members m JOIN chat.rooms r USING (room_id)
  CROSS JOIN LATERAL (
    SELECT created_at FROM chat.messages WHERE room_id = m.room_id ORDER BY seq DESC LIMIT 1) n
  WHERE m.user_id = $1 AND chat.is_present(m.left_at) ORDER BY n.created_at DESC`;

const BOUND_SQL = 'SELECT chat.seq_at($1, $2::timestamptz) AS seq';

/** Rows that are read through at a time. */
const SCAN_ROWS = 500;
/**
 * Portions of the newest messages that are read through before the index is asked: what is said often is found there, and
 * the index would name all of a large room for it.
 */
const PROBES = 4;
/** Candidates that are looked at at a time. */
const LOOK_ROWS = 200;

interface Row {
  seq: string;
  content: string;
  keyNo: number | null;
  userId: string | null;
  clientMessageId: string | null;
}

interface RoomFound {
  reader: boolean;
  banned: boolean | null;
  last_seq: string;
  indexed_seq: string;
  key: Buffer | null;
  key_no: number | null;
}

/** Searches in PostgreSQL: what is in the index by it, what came or changed after it by reading. */
export function createSearchStore({ pool, texts }: { pool: Pool; texts: SealedTexts }): SearchStore {
  async function ask<T extends object>(name: string, text: string, values: readonly unknown[]): Promise<T[]> {
    return (await pool.query<T>({ name, text, values: [...values] })).rows;
  }

  /** The `seq` of messages that contain `form`, the newest first, at most `limit`. */
  async function seqsOf(
    room: {
      readonly roomId: string;
      readonly indexedSeq: number;
      readonly lastSeq: number;
      readonly key: Buffer | null;
    },
    { form, limit, before }: Wanted & { readonly before: number | null },
  ): Promise<readonly number[]> {
    const { roomId, indexedSeq, lastSeq, key } = room;
    const hits: number[] = [];
    /** Those of some rows that contain it. */
    async function containing(rows: readonly Row[]): Promise<number[]> {
      const found: number[] = [];
      for (const { seq, content, keyNo, userId, clientMessageId } of rows) {
        const bound = boundOfText('content', { roomId, userId, clientMessageId });
        const text = keyNo === null ? content : await texts.openText(keyNo, bound, content);
        if (text !== null && searchForm(text).includes(form)) found.push(Number(seq));
      }
      return found;
    }

    /** All of them are below this. */
    let below = Math.min(before ?? Number.MAX_SAFE_INTEGER, lastSeq + 1);

    /** Reads the next portion above `floor`; whether there are more. */
    async function scan(floor: number): Promise<boolean> {
      const rows = await ask<Row>('search-scan', SCAN_SQL, [roomId, below, floor, SCAN_ROWS]);
      hits.push(...(await containing(rows)));
      below = rows.length < SCAN_ROWS ? Math.min(below, floor + 1) : Number(rows.at(-1)!.seq);
      return rows.length === SCAN_ROWS;
    }

    const floor = key ? indexedSeq : 0;
    while (hits.length < limit && below > floor + 1) await scan(floor);
    if (!key || hits.length >= limit || below <= 1) return hits.slice(0, limit);

    // Where some are found nearby, the rest is near, too.
    for (let i = 0, found = -1; i < PROBES && hits.length > found && hits.length < limit; i++) {
      found = hits.length;
      if (!(await scan(0))) return hits.slice(0, limit);
    }
    const changed = (await ask<Row>('search-changed', CHANGED_SQL, [roomId, indexedSeq])).map(({ seq }) => Number(seq));
    const grams = [...gramsOf(key, [form])[0]!];
    for (let isDone = false; !isDone && hits.length < limit; ) {
      const rows = await ask<Row>('search-candidates', CANDIDATES_SQL, [roomId, grams, below, LOOK_ROWS]);
      isDone = rows.length < LOOK_ROWS;
      const last = isDone ? 0 : Number(rows.at(-1)!.seq);
      // What they were changed into, the index does not have yet.
      const also = changed.filter((seq) => seq < below && seq >= last);
      const seqs = [...new Set([...rows.map(({ seq }) => Number(seq)), ...also])];
      const looked = await ask<Row>('search-look', LOOK_SQL, [roomId, seqs]);
      const found = await containing(looked);
      hits.push(...found.sort((one, other) => other - one));
      below = last;
    }
    return hits.slice(0, limit);
  }

  /** Messages as they are now: one that was changed meanwhile may no longer be meant. */
  async function load(roomId: string, seqs: readonly number[], form: string): Promise<StoredMessage[]> {
    if (seqs.length === 0) return [];
    const rows = await ask<{ message: MessageJson }>('search-load', LOAD_SQL, [roomId, seqs]);
    const opened = await texts.open(rows.map(({ message }) => message));
    return opened.map((row) => messageOf(row)).filter(({ content }) => searchForm(content).includes(form));
  }

  /** What the room's grams are made with; null: it is not in the index, or there by a key that can not be opened. */
  async function keyOf({ key, key_no: keyNo }: RoomFound): Promise<Buffer | null> {
    if (keyNo === null) return key;
    const roomKey = (await texts.keys.byNo([keyNo])).get(keyNo);
    return roomKey && !('outcome' in roomKey) ? roomKey.searchKey : null;
  }

  const find: SearchStore['find'] = async (roomId, readerId, wanted) => {
    const [room] = await ask<RoomFound>('search-room', ROOM_SQL, [roomId, readerId]);
    if (!room) return 'NOT_FOUND';
    if (!room.reader) return room.banned ? 'BANNED' : 'NOT_A_MEMBER';
    const known = {
      roomId,
      indexedSeq: Number(room.indexed_seq),
      lastSeq: Number(room.last_seq),
      key: await keyOf(room),
    };
    const found: StoredMessage[] = [];
    for (let { before } = wanted; ; ) {
      const limit = wanted.limit - found.length;
      const seqs = await seqsOf(known, { form: wanted.form, limit, before });
      found.push(...(await load(roomId, seqs, wanted.form)));
      // Of one that was changed meanwhile the place is another's: fewer than asked for says that there are no more.
      if (seqs.length < limit || found.length === wanted.limit) return found;
      before = seqs.at(-1)!;
    }
  };

  /** Below which `seq` a room's messages are older than a place. */
  async function boundOf(roomId: string, epoch: string, place: SearchPlace): Promise<number> {
    if (roomId === place.roomId && epoch === place.epoch) return place.seq;
    const [row] = await ask<{ seq: string }>('search-bound', BOUND_SQL, [
      roomId,
      // Of the same moment those of a room whose id is greater have been before.
      roomId < place.roomId ? new Date(Date.parse(place.createdAt) + 1) : place.createdAt,
    ]);
    return Number(row!.seq);
  }

  return {
    find,
    async findInRooms(userId, { form, limit, before }) {
      const rooms = await ask<{ room_id: string; epoch: string; newest: string }>('search-rooms', ROOMS_SQL, [userId]);
      let found: StoredMessage[] = [];
      for (const { room_id: roomId, epoch, newest } of rooms) {
        // The rooms that follow have nothing as new.
        if (found.length >= limit && newest < found[limit - 1]!.createdAt) break;
        const bound = before && (await boundOf(roomId, epoch, before));
        const more = await find(roomId, userId, { form, limit, before: bound }).catch(none);
        if (typeof more !== 'string') found = [...found, ...more].sort(newestFirst).slice(0, limit);
      }
      return { messages: found, epochs: new Map(rooms.map((room) => [room.room_id, room.epoch])) };
    },
  };
}

/** A room whose key can not be opened is UNAVAILABLE alone. */
function none(error: unknown): StoredMessage[] {
  if (error instanceof UnopenedKey) return [];
  throw error;
}

function newestFirst(one: StoredMessage, other: StoredMessage): number {
  if (one.createdAt !== other.createdAt) return one.createdAt < other.createdAt ? 1 : -1;
  if (one.roomId !== other.roomId) return one.roomId < other.roomId ? 1 : -1;
  return other.seq - one.seq;
}
