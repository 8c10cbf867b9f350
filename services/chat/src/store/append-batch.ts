import { setTimeout as sleep } from 'node:timers/promises';
import { isUnavailable } from '@gongu/host';
import { AppError } from '@gongu/shared';
import type { Pool, PoolClient } from 'pg';
import type { AppendOutcome, Draft } from '../room/ports/message-store.ts';
import { halves, halvesByRoom, LOCK_NOT_AVAILABLE, sqlState } from './halves.ts';

/** SQLSTATE classes 22 and 23: the data of some row is at fault, so the others can be stored without it. */
const DATA_ERROR = /^2[23]/;

/**
 * Milliseconds for which a batch is tried again whose connection broke before the answer came: it may have been
 * committed, and the same drafts again find what they stored. After that the outcome is unknown.
 */
const UNKNOWN_FOR_MS = 10_000;

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
 *
 * A batch that one bad or locked room spoils is halved until the culprit stands alone; the others are stored.
 */
export function createAppendBatch({ pool }: { pool: Pool }) {
  async function fill(drafts: readonly Draft[], places: readonly number[], out: AppendOutcome[]): Promise<void> {
    try {
      const outcomes = await store(
        pool,
        places.map((place) => drafts[place]!),
      );
      outcomes.forEach((outcome, i) => {
        out[places[i]!] = outcome;
      });
    } catch (error) {
      const code = sqlState(error);
      const locked = code === LOCK_NOT_AVAILABLE;
      if (!locked && !DATA_ERROR.test(code ?? '')) throw error;
      const parts = locked ? halvesByRoom(drafts, places) : halves(places);
      if (!parts) {
        for (const place of places) out[place] = { outcome: locked ? 'BUSY' : 'REFUSED_DATA' };
        return;
      }
      // One after the other: drafts of one room must not overtake each other.
      for (const part of parts) await fill(drafts, part, out);
    }
  }

  return async (drafts: readonly Draft[]): Promise<readonly AppendOutcome[]> => {
    const out = new Array<AppendOutcome>(drafts.length);
    await fill(
      drafts,
      drafts.map((_, place) => place),
      out,
    );
    return out;
  };
}

/** @throws AppError UNAVAILABLE: nothing was stored. INTERNAL: the outcome is unknown, a retry with the same ids is safe. */
async function store(pool: Pool, drafts: readonly Draft[]): Promise<readonly AppendOutcome[]> {
  let sent = false;
  const giveUpAt = performance.now() + UNKNOWN_FOR_MS;
  for (;;) {
    let client: PoolClient | undefined;
    try {
      client = await pool.connect();
      sent = true;
      const outcomes = await query(client, drafts);
      client.release();
      return outcomes;
    } catch (error) {
      const broken = isUnavailable(error);
      client?.release(broken);
      if (!broken) throw error;
      if (!sent) throw new AppError('UNAVAILABLE', { retryAfterMs: 1_000, cause: error });
      if (performance.now() > giveUpAt) {
        throw new AppError('INTERNAL', {
          detail: 'The outcome is unknown; sending again with the same clientMessageId is safe',
          retryAfterMs: 1_000,
          cause: error,
        });
      }
      await sleep(100);
    }
  }
}

async function query(client: PoolClient, drafts: readonly Draft[]): Promise<readonly AppendOutcome[]> {
  const result = await client.query<AppendRow>({
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
