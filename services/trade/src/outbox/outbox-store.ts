import { type Pool, written } from '@gongu/host';
import type { OutboxItem, OutboxKind, OutboxStatus } from '@gongu/shared';
import type { Trace } from '../product/ports/trace.ts';

/** What chat has to be told. */
export interface OutboxEntry {
  /** Ascending within a room in the order of commits. Text, as it is a bigint. */
  readonly id: string;
  readonly roomId: string;
  readonly kind: OutboxKind;
  readonly payload: Readonly<Record<string, unknown>>;
  /** Failures so far. */
  readonly attempts: number;
  readonly trace: Trace;
}

/** How much waits. */
export type Backlog = Omit<OutboxStatus, 'items' | 'nextCursor'>;

interface OutboxRow {
  id: string;
  room_id: string;
  kind: OutboxKind;
  payload: Record<string, unknown>;
  created_at: Date;
  attempts: number;
  last_error: string | null;
  parked_at: Date | null;
  request_id: string | null;
  traceparent: string | null;
}

/** Longest text kept of a failure, characters. */
const ERROR_CHARS = 500;
/** Entries of a room that are read at once. */
const READ_LIMIT = 50;

/**
 * The outbox in the database. Rooms are claimed, not entries: of a room only the oldest entries are ever under way, in one
 * relay. A claim is a lease; one that has run out is lost to whoever takes the room next.
 */
export function createOutboxStore({ pool }: { pool: Pool }) {
  return {
    /** Oldest entries of up to `limit` rooms that are due, each claimed for `leaseMs`. */
    async claim(claim: string, limit: number, leaseMs: number): Promise<OutboxEntry[]> {
      const { rows } = await written(() =>
        pool.query<OutboxRow>({
          name: 'outbox_claim',
          text: 'SELECT * FROM trade.outbox_claim($1, $2, $3)',
          values: [claim, limit, leaseMs],
        }),
      );
      return rows.map(toEntry);
    },

    /**
     * Removes what was delivered of a room. @returns the room's next entries, oldest first, under a new lease; none: the room is
     * done, or the claim was lost
     */
    async delivered(entries: readonly OutboxEntry[], claim: string, leaseMs: number): Promise<OutboxEntry[]> {
      const { rows } = await written(() =>
        pool.query<OutboxRow>({
          name: 'outbox_next',
          text: 'SELECT * FROM trade.outbox_next($1, $2, $3, $4, $5)',
          values: [entries[0]!.roomId, claim, entries.map(({ id }) => id), leaseMs, READ_LIMIT],
        }),
      );
      return rows.map(toEntry);
    },

    /** Counts a failure; the room is due again after `delayMs`. `missing`: chat said that there is no such room. */
    async failed({ roomId, id }: OutboxEntry, claim: string, error: string, delayMs: number, missing: boolean) {
      await release([roomId, claim, id, storable(error), Math.round(delayMs), missing]);
    },

    /** Sets an entry that chat refused for good aside, and its room with it, until somebody decides. */
    async park({ roomId, id }: OutboxEntry, claim: string, error: string) {
      await release([roomId, claim, id, storable(error), null, false]);
    },

    /** Gives an entry back untried. */
    async giveBack({ roomId, id }: OutboxEntry, claim: string) {
      await release([roomId, claim, id, null, 0, false]);
    },

    /** Decides on a parked entry. False: there is none with this id. */
    async unpark(id: string, decision: 'retry' | 'discard'): Promise<boolean> {
      const { rows } = await written(() =>
        pool.query('SELECT trade.outbox_unpark($1, $2) AS done', [id, decision === 'discard']),
      );
      return rows[0].done as boolean;
    },

    async backlog(): Promise<Backlog> {
      const { rows } = await pool.query(
        `SELECT count(*)::integer AS depth, count(*) FILTER (WHERE parked_at IS NOT NULL)::integer AS parked,
           (SELECT count(*)::integer FROM trade.outbox_rooms) AS rooms,
           (extract(epoch FROM clock_timestamp() - min(created_at)) * 1000)::bigint AS age FROM trade.outbox`,
      );
      const { depth, parked, rooms, age } = rows[0];
      return { depth, rooms, parked, oldestAgeMs: age === null ? null : Math.max(0, Number(age)) };
    },

    /** Entries after `after`, oldest first; one more than `limit` where there is more. */
    async items(after: string | null, limit: number, parkedOnly: boolean): Promise<OutboxItem[]> {
      const { rows } = await pool.query<OutboxRow>(
        'SELECT * FROM trade.outbox WHERE id > $1 AND (NOT $2 OR parked_at IS NOT NULL) ORDER BY id LIMIT $3',
        [after ?? 0, parkedOnly, limit + 1],
      );
      return rows.map((row) => ({
        id: row.id,
        roomId: row.room_id,
        kind: row.kind,
        createdAt: row.created_at.toISOString(),
        attempts: row.attempts,
        lastError: row.last_error,
        parkedAt: row.parked_at?.toISOString() ?? null,
        requestId: row.request_id,
      }));
    },
  };

  async function release(values: unknown[]): Promise<void> {
    await written(() =>
      pool.query({
        name: 'outbox_release',
        text: 'SELECT trade.outbox_release($1, $2, $3, $4, $5, $6)',
        values,
      }),
    );
  }
}
export type OutboxStore = ReturnType<typeof createOutboxStore>;

function toEntry({ id, room_id, kind, payload, attempts, request_id, traceparent }: OutboxRow): OutboxEntry {
  const trace = { requestId: request_id ?? undefined, traceparent: traceparent ?? undefined };
  return { id, roomId: room_id, kind, payload, attempts, trace };
}

// Whatever answered there may have said anything; PostgreSQL takes no NUL.
function storable(error: string): string {
  return error.replaceAll('\u0000', '').slice(0, ERROR_CHARS);
}
