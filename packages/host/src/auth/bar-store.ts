import type { UserBar } from '@gongu/shared';
import type { Pool } from '../postgres/pool.ts';
import { written } from '../postgres/written.ts';

export interface BarRow {
  readonly userId: string;
  /** He was erased: `userId` is his mark. */
  readonly erased: boolean;
  readonly version: number;
  /** Milliseconds for which all tokens are refused, by the database's clock; 0: they are not; null: without an end. */
  readonly leftMs: number | null;
  /** Second up to which tokens issued are refused. */
  readonly revokedAtS: number | null;
  /** A token was let in that was issued after that. */
  readonly returned: boolean;
}

/** What can be done to a user's tokens. */
export type BarAct = 'block' | 'unblock' | 'revoke' | 'unrevoke';

/** Whose tokens are refused, as the service's own database has it. */
export interface BarStore {
  /** What has changed after a version, in its order. */
  after(version: number): Promise<readonly BarRow[]>;
  /** What marks of people who were erased are made with. */
  markKey(): Promise<Uint8Array>;
  /** A token of a user was let in that was issued after he was revoked. @throws AppError UNAVAILABLE, UNKNOWN_OUTCOME */
  welcomeBack(userId: string, issuedAtS: number): Promise<void>;
  /** `byUserId` null: the service. Null: `until` has passed. @throws AppError UNAVAILABLE, UNKNOWN_OUTCOME */
  act(
    userId: string,
    act: BarAct,
    by: { readonly byUserId: string | null; readonly until?: string | null; readonly reason?: string | null },
  ): Promise<UserBar | null>;
}

/** @param schema that the service's tables and functions are in */
export function createBarStore({ pool, schema }: { pool: Pool; schema: string }): BarStore {
  const after = `SELECT user_id AS "userId", erased, returned, version::float8 AS version, revoked_at::float8 AS "revokedAtS",
      CASE WHEN NOT blocked THEN 0 WHEN until IS NOT NULL
        THEN greatest(0, extract(epoch FROM until - clock_timestamp()) * 1000)::float8 END AS "leftMs"
    FROM ${schema}.bars WHERE version > $1 ORDER BY version`;
  const act = `SELECT ${schema}.bar_user($1, $2, $3::timestamptz, $4, $5) AS answer`;
  return {
    async after(version) {
      const { rows } = await pool.query<BarRow>({ name: 'bars-after', text: after, values: [version] });
      return rows;
    },
    async markKey() {
      const { rows } = await pool.query<{ key: Uint8Array }>(`SELECT key FROM ${schema}.mark_keys`);
      return rows[0]!.key;
    },
    async welcomeBack(userId, issuedAtS) {
      const text = `SELECT ${schema}.welcome_back($1, $2)`;
      await written(() => pool.query({ name: 'welcome-back', text, values: [userId, Math.floor(issuedAtS)] }), {
        idempotent: true,
      });
    },
    act: (userId, what, { byUserId, until = null, reason = null }) =>
      written(
        async () => {
          const { rows } = await pool.query<{ answer: { bar?: UserBar } }>({
            ...{ name: 'bar-user', text: act },
            values: [userId, what, until, reason, byUserId],
          });
          return rows[0]!.answer.bar ?? null;
        },
        { idempotent: true },
      ),
  };
}
