import { type Pool, written } from '@gongu/host';
import { AppError, type Participation, type Product } from '@gongu/shared';
import type { Claim } from '../product/ports/key-store.ts';
import type { Trace } from '../product/ports/trace.ts';
import { fromSql, type ParticipationRow, type ProductRow, toParticipation, toProduct } from './product-row.ts';

export interface ChangeCallOptions {
  pool: Pool;
  /** Something was committed that the relay and live listeners wait for. */
  onCommit: () => void;
}

/** What a function of prisma/trade/functions answers. */
export interface ChangeAnswer {
  readonly outcome: string;
  readonly product: Product | null;
  readonly participation: Participation | null;
}

interface AnswerRow {
  outcome: string;
  product: object | null;
  participation: object | null;
}

/**
 * What goes with each change: what is kept with it of its request, and how many seconds a payment may take that becomes
 * due by it.
 */
export function createOriginOf(paymentWindowS: number) {
  return ({ requestId, traceparent }: Trace): string => JSON.stringify({ requestId, traceparent, paymentWindowS });
}
export type OriginOf = ReturnType<typeof createOriginOf>;

export function claimOf(claim: Claim | null): string | null {
  return claim === null ? null : JSON.stringify(claim);
}

/**
 * Calls one of the functions of prisma/trade/functions that answer `(outcome, product, participation)`. It is a
 * transaction of its own. Through node-postgres, prepared: these are the hot paths, and Prisma would add a millisecond.
 */
export function createChangeCall({ pool, onCommit }: ChangeCallOptions) {
  return async function call(name: string, args: readonly unknown[]): Promise<ChangeAnswer> {
    const places = args.map((_, index) => `$${index + 1}`).join(', ');
    const text = `SELECT outcome, product, participation FROM trade.${name}(${places})`;
    const { rows } = await written(() => pool.query({ name, text, values: [...args] })).catch((error: unknown) => {
      throw isTakenOver(error) ? takenOver() : error;
    });
    const { outcome, product, participation } = rows[0] as AnswerRow;
    // A refusal may have ended a product whose deadline had passed; that is worth no wake-up for each who came too late.
    if (outcome === 'ok') onCommit();
    const row = product && fromSql<ProductRow>(product);
    return {
      outcome,
      product: row && toProduct(row),
      participation: row && participation && toParticipation(fromSql<ParticipationRow>(participation), row),
    };
  };
}
export type ChangeCall = ReturnType<typeof createChangeCall>;

/** GI001 of finish_key: this run was so slow that another one under the same idempotency key has replaced it. */
export function isTakenOver(error: unknown): boolean {
  return (error as { code?: unknown } | null)?.code === 'GI001';
}

export function takenOver(): AppError {
  return new AppError('CONFLICT', { detail: 'Another request with this Idempotency-Key is running' });
}
