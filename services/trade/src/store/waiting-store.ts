import { type Pool, written } from '@gongu/host';
import type { WaitingStore } from '../product/ports/waiting-store.ts';
import type { OriginOf } from './change-call.ts';
import { fromSql, type ProductRow, toProduct } from './product-row.ts';

export interface WaitingStoreOptions {
  pool: Pool;
  origin: OriginOf;
  /** Something was committed that live listeners wait for. */
  onCommit: () => void;
}

/** See {@link WaitingStore}. */
export function createWaitingStore({ pool, origin, onCommit }: WaitingStoreOptions): WaitingStore {
  async function call(name: string, values: readonly unknown[]) {
    const places = values.map((_, index) => `$${index + 1}`).join(', ');
    const text = `SELECT outcome, product FROM trade.${name}(${places})`;
    const { rows } = await written(() => pool.query<AnswerRow>({ name, text, values: [...values] }));
    const { outcome, product } = rows[0]!;
    if (outcome === 'ok') onCommit();
    return { outcome, product: product && toProduct(fromSql<ProductRow>(product)) };
  }

  return {
    async join(productId, quantity, { user, trace }) {
      const args = [productId, user.userId, user.nickname, user.tag, quantity, origin(trace)];
      return (await call('join_waiting', args)) as Awaited<ReturnType<WaitingStore['join']>>;
    },

    async leave(productId, { user, trace }) {
      const answer = await call('leave_waiting', [productId, user.userId, origin(trace)]);
      return answer as Awaited<ReturnType<WaitingStore['leave']>>;
    },

    async find(productId, userId) {
      const { rows } = await pool.query<{ quantity: number; position: number }>(
        `SELECT w.quantity, (SELECT count(*)::int FROM trade.waiting o WHERE o.product_id = $1 AND o.id <= w.id) AS position
         FROM trade.waiting w WHERE w.product_id = $1 AND w.user_id = $2`,
        [productId, userId],
      );
      const [row] = rows;
      return row === undefined ? null : { productId, userId, quantity: row.quantity, position: row.position };
    },
  };
}

interface AnswerRow {
  outcome: string;
  product: object | null;
}
