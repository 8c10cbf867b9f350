import { written } from '@gongu/host';
import { AppError, type Erasure } from '@gongu/shared';
import type { Pool } from 'pg';
import type { PersonStore } from '../room/ports/person-store.ts';
import type { MessageJson, StoredAttachment } from './rows.ts';
import { boundOfName, boundOfReport, type SealedTexts } from './sealing/sealed-texts.ts';
import type { WholeRows } from './whole-rows.ts';

export interface PersonStoreOptions {
  readonly pool: Pool;
  readonly texts: SealedTexts;
  readonly whole: WholeRows;
}

const PAGE = 200;
/** Rows that are rewritten under one lock of their room: some tens of milliseconds. */
const PORTION = 500;
/** Rows that are read under one lock for whom they name. */
const READ = 5_000;
/** Seconds after which an erasure that waits is looked at again. */
const RETRY_S = 10;

const ROOMS_SQL = `SELECT r.room_id AS "roomId", r.title, r.status, m.user_id IS NOT NULL AND chat.is_present(m.left_at) AS "isMember",
    m.nickname, m.tag, m.host AS "isHost", m.committed, chat.iso(m.joined_at) AS "joinedAt",
    m.last_read_seq::float8 AS "lastReadSeq"
  FROM chat.rooms r LEFT JOIN chat.members m ON m.room_id = r.room_id AND m.user_id = $1
  WHERE r.room_id > $2 AND r.room_id IN (SELECT a.room_id FROM chat.authors a WHERE a.user_id = $1
    UNION SELECT o.room_id FROM chat.members o WHERE o.user_id = $1) ORDER BY r.room_id LIMIT $3`;
const MESSAGES_SQL = `SELECT chat.message_json(m::chat.messages) AS row FROM chat.messages m
  WHERE m.room_id = $1 AND m.sender_id = $2 AND m.seq > $3 ORDER BY m.seq LIMIT $4`;
const REACTIONS_SQL = `SELECT q.seq::float8 AS seq, q.emoji FROM chat.reactions q
  WHERE q.room_id = $1 AND q.user_id = $2 ORDER BY q.seq, q.emoji`;
const UPLOADS_SQL = `SELECT u.upload_id AS id, u.room_id AS "roomId", u.name, u.key_no AS "keyNo", u.attachment, u.type, u.bytes::float8 AS bytes,
    u.state, u.seq::float8 AS seq, chat.iso(u.created_at) AS "createdAt"
  FROM chat.uploads u WHERE u.user_id = $1 AND u.state <> 'GONE' AND u.upload_id > $2 ORDER BY u.upload_id LIMIT $3`;
const REPORTS_SQL = `SELECT p.report_id::text AS "reportId", p.room_id AS "roomId", p.seq::float8 AS seq, p.reason, p.note, p.key_no AS "keyNo",
    p.status, chat.iso(p.created_at) AS "createdAt"
  FROM chat.reports p WHERE p.reporter_id = $1 AND p.report_id > $2 ORDER BY p.report_id LIMIT $3`;
/** Few a person: one record each. */
const OTHERS = {
  restriction: `SELECT x.room_id AS "roomId", x.kind, chat.iso(x.until) AS until FROM chat.restrictions x
    WHERE x.user_id = $1 ORDER BY x.room_id`,
  pushSubscription: `SELECT s.room_id AS "roomId", s.endpoint, chat.iso(s.created_at) AS "createdAt"
    FROM chat.push_subscriptions s WHERE s.user_id = $1 ORDER BY s.room_id, s.device_id`,
  name: 'SELECT t.nickname, t.tag, chat.iso(t.given_at) AS "givenAt" FROM chat.nickname_tags t WHERE t.user_id = $1',
  moderation: `SELECT t.act, t.room_id AS "roomId", chat.iso(t.at) AS at FROM chat.moderations t
    WHERE t.by_user_id = $1 ORDER BY t.id`,
  bar: 'SELECT b.blocked, chat.iso(b.until) AS until, b.reason FROM chat.bars b WHERE b.user_id = $1',
} as const;

/** Of what can not be opened. */
const UNREADABLE = { unreadable: true } as const;

/** People in PostgreSQL: the functions `request_erasure`, `erase_portion` and `fill_authors`. */
export function createPersonStore({ pool, texts, whole }: PersonStoreOptions): PersonStore {
  /** Rows after a key, page by page. */
  async function* pages<Row>(sql: string, key: (row: Row) => unknown, first: unknown, ...given: unknown[]) {
    for (let after = first; ; ) {
      const { rows } = await pool.query<Row & object>(sql, [...given, after, PAGE]);
      yield rows;
      const last = rows.at(-1);
      if (rows.length < PAGE || !last) return;
      after = key(last);
    }
  }

  /** What can not be opened keeps nobody from the rest. */
  async function opened<T>(open: () => Promise<T>): Promise<T | null> {
    try {
      return await open();
    } catch (error) {
      if (error instanceof AppError && error.code === 'UNAVAILABLE') return null;
      throw error;
    }
  }

  async function* saidIn(roomId: string, userId: string) {
    const rows = pages<{ row: MessageJson }>(MESSAGES_SQL, ({ row }) => row.seq, 0, roomId, userId);
    for await (const page of rows) {
      const said = await opened(() => whole(page.map(({ row }) => row)));
      if (said === null) yield { record: 'error', roomId, detail: 'The key of the room can not be opened' };
      else for (const { chatNo: _, signalType: __, ...message } of said) yield { record: 'message', ...message };
    }
  }

  async function* filesOf(userId: string) {
    type Row = { id: string; roomId: string; name: string; keyNo: number | null; attachment: StoredAttachment | null };
    for await (const page of pages<Row>(UPLOADS_SQL, ({ id }) => id, '', userId)) {
      for (const { name, keyNo, attachment: _, ...file } of page) {
        const bound = boundOfName(file.roomId, userId, file.id);
        const clear = await opened(() => texts.openText(keyNo, bound, name));
        yield { record: 'file', ...file, name: clear, ...(clear === null ? UNREADABLE : {}) };
      }
    }
  }

  async function* reportsBy(reporterId: string) {
    type Row = { reportId: string; roomId: string; seq: number; note: string | null; keyNo: number | null };
    for await (const page of pages<Row>(REPORTS_SQL, ({ reportId }) => reportId, 0, reporterId)) {
      for (const { note, keyNo, ...report } of page) {
        const bound = boundOfReport('note', { ...report, reporterId });
        const said = note && (await opened(() => texts.openText(keyNo, bound, note)));
        yield { record: 'report', ...report, note: said, ...(note && said === null ? UNREADABLE : {}) };
      }
    }
  }

  async function request(userId: string, byUserId: string | null, isDry: boolean) {
    const { rows } = await written(
      () =>
        pool.query<{ outcome: string; erasure: Erasure | null; amount: Record<string, number> }>(
          'SELECT outcome, erasure, amount FROM chat.request_erasure($1, $2, $3)',
          [userId, byUserId, isDry],
        ),
      { idempotent: true },
    );
    const { outcome, erasure, amount } = rows[0]!;
    if (outcome === 'held') {
      throw new AppError('CONFLICT', { detail: 'The user is held for a legal reason: nothing of him is erased' });
    }
    return { erasure, amount };
  }

  return {
    async *export(userId) {
      yield { record: 'user', service: 'chat', userId };
      type Row = { roomId: string; isMember: boolean };
      for await (const page of pages<Row>(ROOMS_SQL, ({ roomId }) => roomId, '', userId)) {
        for (const room of page) {
          yield { record: 'room', ...room };
          yield* saidIn(room.roomId, userId);
          const { rows } = await pool.query(REACTIONS_SQL, [room.roomId, userId]);
          for (const row of rows) yield { record: 'reaction', roomId: room.roomId, ...row };
        }
      }
      yield* filesOf(userId);
      yield* reportsBy(userId);
      for (const [record, sql] of Object.entries(OTHERS)) {
        const { rows } = await pool.query(sql, [userId]);
        for (const row of rows) yield { record, ...row };
      }
    },

    async noteExport(userId, byUserId) {
      // Nobody's id comes back who was erased.
      await written(() =>
        pool.query(
          `SELECT chat.note_moderation('user.exported', NULL, CASE WHEN NOT EXISTS (
             SELECT FROM chat.bars b WHERE b.erased AND b.user_id = chat.mark_of($1)) THEN $1 END, $2, '{}')`,
          [userId, byUserId],
        ),
      );
    },

    async erase(userId, byUserId) {
      return (await request(userId, byUserId, false)).erasure!;
    },

    async erasure(id) {
      const { rows } = await pool.query<{ erasure: Erasure }>(
        'SELECT chat.erasure_json(e) AS erasure FROM chat.erasures e WHERE e.id = $1',
        [id],
      );
      return rows[0]?.erasure ?? null;
    },

    preview: async (userId) => (await request(userId, null, true)).amount,

    async erasePortion() {
      const { rows } = await written(() =>
        pool.query<{ done: { erasure: Erasure; messages: MessageJson[] } | null }>(
          'SELECT chat.erase_portion($1, $2) AS done',
          [PORTION, RETRY_S],
        ),
      );
      const { done } = rows[0]!;
      return done && { erasure: done.erasure, messages: (await opened(() => whole(done.messages))) ?? [] };
    },

    async fillAuthors() {
      const { rows } = await written(
        () => pool.query<{ more: boolean }>('SELECT chat.fill_authors($1) AS more', [READ]),
        { idempotent: true },
      );
      return rows[0]!.more;
    },
  };
}
