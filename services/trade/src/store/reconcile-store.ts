import { type Pool, written } from '@gongu/host';
import type { ReconcileStore } from '../product/ports/reconcile-store.ts';
import { fromSql, type ProductRow, toProduct } from './product-row.ts';

export interface ReconcileStoreOptions {
  pool: Pool;
  /** Something was committed that the relay waits for. */
  onCommit: () => void;
}

/** See {@link ReconcileStore}. */
export function createReconcileStore({ pool, onCommit }: ReconcileStoreOptions): ReconcileStore {
  return {
    async settled(afterId, endedAfter, limit) {
      const { rows } = await pool.query(
        `SELECT p.* FROM trade.products p
         WHERE p.id > $1 AND (p.status = 'RECRUITING' OR p.closed_at > $2)
           AND NOT EXISTS (SELECT 1 FROM trade.outbox_rooms r WHERE r.room_id = p.id)
         ORDER BY p.id LIMIT $3`,
        [afterId, endedAfter, limit],
      );
      return rows.map((row) => toProduct(fromSql<ProductRow>(row)));
    },

    async missing(endedAfter, limit) {
      const { rows } = await pool.query<{ room_id: string }>(
        `SELECT r.room_id FROM trade.outbox_rooms r LEFT JOIN trade.products p ON p.id = r.room_id
         WHERE r.missing AND r.claim IS NULL AND (p.closed_at IS NULL OR p.closed_at > $1)
         ORDER BY r.room_id LIMIT $2`,
        [endedAfter, limit],
      );
      return rows.map((row) => row.room_id);
    },

    async buyers(productId, afterId, limit) {
      const { rows } = await pool.query<{ user_id: string }>(
        `SELECT user_id FROM trade.participations WHERE product_id = $1 AND committed AND user_id > $2 ORDER BY user_id LIMIT $3`,
        [productId, afterId, limit],
      );
      return rows.map((row) => row.user_id);
    },

    async unchanged(productId, version) {
      const { rows } = await pool.query<{ unchanged: boolean }>(
        `SELECT EXISTS (SELECT 1 FROM trade.products p WHERE p.id = $1 AND p.version = $2
           AND NOT EXISTS (SELECT 1 FROM trade.outbox_rooms r WHERE r.room_id = p.id)) AS unchanged`,
        [productId, version],
      );
      return rows[0]!.unchanged;
    },

    async pending() {
      const { rows } = await pool.query<{ pending: number }>('SELECT count(*)::int AS pending FROM trade.outbox_rooms');
      return rows[0]!.pending;
    },

    async heal(productId, extra) {
      const { rows } = await written(() =>
        pool.query("SELECT trade.heal_room($1, $2::text[], '{}') AS sent", [productId, extra]),
      );
      if (rows[0].sent) onCommit();
      return rows[0].sent as boolean;
    },

    async resend(productId, missing) {
      const { rows } = await written(() =>
        pool.query("SELECT trade.resend_room($1, $2, '{}') AS sent", [productId, missing]),
      );
      if (rows[0].sent) onCommit();
      return rows[0].sent as boolean;
    },
  };
}
