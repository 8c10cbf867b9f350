import type { Pool } from '../postgres/pool.ts';
import { written } from '../postgres/written.ts';

/** What can be held: a user in every service; a room in chat, a product in trade. */
export type HoldKind = 'ROOM' | 'PRODUCT' | 'USER';

export interface Hold {
  readonly kind: HoldKind;
  readonly id: string;
  readonly reason: string | null;
  /** Null: the service. */
  readonly byUserId: string | null;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
}

/**
 * What is held for a legal reason, as the service's own database has it: exempt from retention and erasure. SQL that removes or
 * erases asks the function `is_held` of its schema, in the transaction that does it.
 */
export interface HoldStore {
  /** Newest first. */
  list(): Promise<readonly Hold[]>;
  /** 'same': it was so already. @throws AppError UNAVAILABLE, UNKNOWN_OUTCOME */
  set(
    kind: HoldKind,
    id: string,
    on: boolean,
    by: { readonly byUserId: string | null; readonly reason: string | null },
  ): Promise<'changed' | 'same' | 'NOT_FOUND'>;
}

/** @param schema that the service's tables and functions are in */
export function createHoldStore({ pool, schema }: { pool: Pool; schema: string }): HoldStore {
  return {
    async list() {
      const { rows } = await pool.query<Hold>(`SELECT kind, id, reason, by_user_id AS "byUserId",
        ${schema}.iso(created_at) AS "createdAt" FROM ${schema}.holds ORDER BY created_at DESC, kind, id`);
      return rows;
    },
    set: (kind, id, on, { byUserId, reason }) =>
      written(
        async () => {
          const { rows } = await pool.query<{ outcome: 'changed' | 'same' | 'NOT_FOUND' }>(
            `SELECT ${schema}.hold($1, $2, $3, $4, $5) AS outcome`,
            [kind, id, on, reason, byUserId],
          );
          return rows[0]!.outcome;
        },
        { idempotent: true },
      ),
  };
}
