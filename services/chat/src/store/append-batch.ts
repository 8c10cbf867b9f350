import { AppError } from '@gongu/shared';
import type { Pool } from 'pg';
import type { AppendOutcome, Draft } from '../room/ports/message-store.ts';
import { createBatch, LOCK_NOT_AVAILABLE } from './batch.ts';
import { createHeldRooms } from './held-rooms.ts';

/** SQLSTATE classes 22 and 23: the data of some row is at fault, so the others can be stored without it. */
const DATA_ERROR = /^2[23]/;

const SQL = `SELECT ord, outcome, seq, chat_no, created_at FROM chat.append_messages(
  $1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bigint[], $9::text[], $10::text[])`;

interface AppendRow {
  outcome: string;
  seq: string | null;
  chat_no: string | null;
  created_at: string;
}

/**
 * The append: drafts of any rooms, one round trip, one transaction. It goes through node-postgres with a prepared
 * statement because it is the hot path: measured with PostgreSQL 18 and 100-character texts, a batch of 1 takes 0.85 ms
 * here against 1.1 ms through Prisma's `$queryRaw`, and at 1 000 messages a second 100 ms of CPU a second against 265.
 * The same drafts again find what they stored.
 */
export function createAppendBatch({ pool }: { pool: Pool }) {
  return createBatch<Draft, AppendOutcome>({
    run: (drafts) => query(pool, drafts),
    idempotent: true,
    held: createHeldRooms({ pool }),
    refusal(state) {
      if (state === LOCK_NOT_AVAILABLE) return { outcome: 'BUSY' };
      return DATA_ERROR.test(state) ? { outcome: 'REFUSED_DATA' } : undefined;
    },
  });
}

async function query(pool: Pool, drafts: readonly Draft[]): Promise<readonly AppendOutcome[]> {
  const result = await pool.query<AppendRow>({
    name: 'append-messages',
    text: SQL,
    values: [
      drafts.map((draft) => draft.roomId),
      drafts.map((draft) => draft.sender?.userId ?? null),
      drafts.map((draft) => draft.sender?.nickname ?? null),
      drafts.map((draft) => draft.sender?.tag ?? null),
      drafts.map((draft) => draft.clientMessageId),
      drafts.map((draft) => draft.kind),
      drafts.map((draft) => draft.content),
      drafts.map((draft) => draft.replyTo),
      drafts.map((draft) => (draft.data === undefined ? null : JSON.stringify(draft.data))),
      drafts.map((draft) => draft.signalType ?? null),
    ],
  });
  if (result.rows.length !== drafts.length) throw new AppError('INTERNAL', { detail: 'append answered too few rows' });
  return result.rows.map((row) =>
    row.outcome === 'stored' || row.outcome === 'duplicate'
      ? { outcome: row.outcome, seq: Number(row.seq), chatNo: Number(row.chat_no), createdAt: row.created_at }
      : ({ outcome: row.outcome } as AppendOutcome),
  );
}
