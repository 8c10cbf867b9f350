import type { Pool } from '@gongu/host';
import type { ChangeStore } from '../product/ports/change-store.ts';
import { type ChangeRow, fromSql, toChange } from './product-row.ts';

/** See {@link ChangeStore}. */
export function createChangeStore({ pool }: { pool: Pool }): ChangeStore {
  return {
    async newest(limit) {
      const { rows } = await pool.query<{ seq: string }>('SELECT seq FROM trade.changes ORDER BY seq DESC LIMIT $1', [
        limit,
      ]);
      return rows.map(({ seq }) => Number(seq)).reverse();
    },

    async read(seq, also, limit) {
      const { rows } = await pool.query({
        name: 'read_changes',
        text: 'SELECT * FROM trade.changes WHERE seq > $1 OR seq = ANY ($2::bigint[]) ORDER BY seq LIMIT $3',
        values: [seq, also, limit],
      });
      return rows.map((row) => ({ seq: Number(row.seq), change: toChange(fromSql<ChangeRow>(row)) }));
    },

    async range() {
      const { rows } = await pool.query(
        'SELECT coalesce(min(seq), 0) AS lowest, coalesce(max(seq), 0) AS highest FROM trade.changes',
      );
      return { lowest: Number(rows[0].lowest), highest: Number(rows[0].highest) };
    },
  };
}
