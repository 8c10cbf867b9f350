import { type Pool, written } from '@gongu/host';
import type { KeptOutcome, KeyStore } from '../product/ports/key-store.ts';
import { claimOf, isTakenOver, takenOver } from './change-call.ts';
import { fromSql, type ParticipationRow, type ProductRow, toParticipation, toProduct } from './product-row.ts';

const EARLIER_PRODUCT = {
  unitCount: 0,
  priceTiers: [],
  finalAmount: null,
  payment: 'NONE',
  authorizedCount: 0,
  waitingList: false,
  waitingCount: 0,
};

/** See {@link KeyStore}. */
export function createKeyStore({ pool }: { pool: Pool }): KeyStore {
  /** finish_key was given the row that the change wrote, or the refusal of `refuse`. */
  async function keptOutcome(result: object): Promise<KeptOutcome> {
    if (!('value' in result)) return result as KeptOutcome;
    const row = result.value as object;
    // What was created before trade knew of these is kept without them.
    if (!('quantity' in row)) {
      return { value: toProduct({ ...EARLIER_PRODUCT, ...fromSql<ProductRow>(row) }) };
    }
    const place = fromSql<ParticipationRow>(row);
    const { rows } = await pool.query(
      'SELECT price_amount, price_currency, deadline FROM trade.products WHERE id = $1',
      [place.productId],
    );
    return { value: toParticipation(place, fromSql<ProductRow>(rows[0])) };
  }

  return {
    async begin({ userId, route, key, run }, fingerprint, leaseMs, keepMs) {
      const { rows } = await written(
        () =>
          pool.query({
            name: 'begin_key',
            text: 'SELECT state, result FROM trade.begin_key($1, $2, $3, $4, $5, $6, $7)',
            values: [userId, route, key, fingerprint, run, leaseMs, keepMs],
          }),
        { idempotent: true },
      );
      const { state, result } = rows[0] as { state: 'started' | 'running' | 'mismatch' | 'done'; result: object };
      return state === 'done' ? { state, outcome: await keptOutcome(result) } : { state };
    },

    async refuse(claim, error) {
      await written(() =>
        pool.query('SELECT trade.finish_key($1, $2)', [claimOf(claim), JSON.stringify({ error })]),
      ).catch((cause: unknown) => {
        throw isTakenOver(cause) ? takenOver() : cause;
      });
    },

    async abandon({ userId, route, key, run }) {
      await written(
        () =>
          pool.query(
            `DELETE FROM trade.idempotency_keys
             WHERE user_id = $1 AND route = $2 AND key = $3 AND run = $4 AND outcome IS NULL`,
            [userId, route, key, run],
          ),
        { idempotent: true },
      );
    },
  };
}
