import { type Pool, written } from '@gongu/host';
import type { OriginOf } from './change-call.ts';

export interface DueStoreOptions {
  pool: Pool;
  origin: OriginOf;
  /** Something was committed that the relay and live listeners wait for. */
  onCommit: () => void;
}

/** Products of one look for those to be removed. */
const REMOVABLE = 100;

/** What the scheduler changes: ends at deadlines, and what has been kept long enough. */
export function createDueStore({ pool, origin, onCommit }: DueStoreOptions) {
  async function removable(days: number, afterId: string): Promise<readonly string[]> {
    const { rows } = await pool.query<{ id: string }>(
      `SELECT p.id FROM trade.products p
       WHERE p.closed_at < clock_timestamp() - $1 * interval '1 day' AND p.status <> 'RECRUITING' AND p.id > $2
         AND NOT trade.is_kept_product(p) ORDER BY p.id LIMIT $3`,
      [days, afterId, REMOVABLE],
    );
    return rows.map(({ id }) => id);
  }

  /** Whether it is gone; false: somebody has locked it, or something keeps it now. */
  async function retire(productId: string, days: number, limit: number): Promise<boolean> {
    for (;;) {
      const { rows } = await written(() =>
        pool.query('SELECT trade.retire_product($1, $2, $3) AS outcome', [productId, days, limit]),
      );
      if (rows[0].outcome !== 'more') return rows[0].outcome === 'removed';
    }
  }

  async function forgetActs(days: number, limit: number): Promise<number> {
    const { rows } = await written(() => pool.query('SELECT trade.forget_moderations($1, $2) AS gone', [days, limit]));
    return Number(rows[0].gone);
  }

  return {
    /** Ends up to `limit` products whose deadline has passed by the database's clock. */
    async endDue(limit: number): Promise<number> {
      const { rows } = await written(() =>
        pool.query({ name: 'close_due', text: "SELECT trade.close_due($1, '{}') AS ended", values: [limit] }),
      );
      const ended = Number(rows[0].ended);
      if (ended > 0) onCommit();
      return ended;
    },

    /** Erases up to `limit` addresses of products that ended more than `days` days ago, but of what is held. Says how many. */
    async eraseAddresses(days: number, limit: number): Promise<number> {
      const { rowCount } = await written(
        () =>
          pool.query(
            `WITH due AS MATERIALIZED (
               SELECT a.product_id, a.user_id FROM trade.addresses a JOIN trade.products p ON p.id = a.product_id
               WHERE p.closed_at < now() - $1 * interval '1 day' AND NOT trade.is_held('PRODUCT', a.product_id)
                 AND NOT trade.is_held('USER', a.user_id) LIMIT $2
             ), locked AS MATERIALIZED (
               SELECT trade.lock_products(ARRAY(SELECT DISTINCT d.product_id FROM due d)) AS ids
             ) DELETE FROM trade.addresses a USING due d, locked l
             WHERE a.product_id = d.product_id AND a.user_id = d.user_id AND a.product_id = ANY (l.ids)`,
            [days, limit],
          ),
        { idempotent: true },
      );
      return rowCount ?? 0;
    },

    /** Frees places of up to `limit` products whose payment was not authorised in time. Says of how many. */
    async expirePayments(limit: number): Promise<number> {
      const { rows } = await written(() =>
        pool.query({
          name: 'expire_payments',
          text: 'SELECT trade.expire_payments($1, $2) AS freed',
          values: [limit, origin({})],
        }),
      );
      const freed = Number(rows[0].freed);
      if (freed > 0) onCommit();
      return freed;
    },

    /** Tells rooms of up to `limit` products that they end within the hour. Says of how many. */
    async tellHour(limit: number): Promise<number> {
      const { rows } = await written(() =>
        pool.query({ name: 'tell_hour', text: 'SELECT trade.tell_hour($1, $2) AS told', values: [limit, origin({})] }),
      );
      const told = Number(rows[0].told);
      if (told > 0) onCommit();
      return told;
    },

    /**
     * Removes products that ended more than `days` days ago and that nothing keeps, `limit` rows at a time; then acts of
     * moderation that are as old and of no product that is there. Says how many products.
     */
    async removeProducts(days: number, limit: number): Promise<number> {
      let removed = 0;
      for (let ids: readonly string[], after = ''; ; after = ids.at(-1)!) {
        ids = await removable(days, after);
        if (ids.length === 0) break;
        for (const id of ids) if (await retire(id, days, limit)) removed += 1;
      }
      while ((await forgetActs(days, limit)) >= limit);
      return removed;
    },

    /** Removes idempotency keys and live changes older than `keepMs`, at most `limit` of each. Says how many. */
    async purge(keepMs: number, limit: number): Promise<number> {
      const keys = await written(() =>
        pool.query(
          `DELETE FROM trade.idempotency_keys WHERE (user_id, route, key) IN (
             SELECT user_id, route, key FROM trade.idempotency_keys
             WHERE created_at < now() - $1 * interval '1 millisecond' LIMIT $2 FOR UPDATE SKIP LOCKED)`,
          [keepMs, limit],
        ),
      );
      const changes = await written(() =>
        pool.query(
          `DELETE FROM trade.changes WHERE seq IN (
             SELECT seq FROM trade.changes
             WHERE at < now() - $1 * interval '1 millisecond' LIMIT $2 FOR UPDATE SKIP LOCKED)`,
          [keepMs, limit],
        ),
      );
      return (keys.rowCount ?? 0) + (changes.rowCount ?? 0);
    },
  };
}
