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

interface AnswersRow {
  product: object | null;
  outcomes: string[];
  places: (object | null)[];
}

/**
 * What goes with each change: what is kept with it of its request, and how many seconds a payment may take that becomes
 * due by it.
 */
export function createOriginOf(paymentWindowS: number) {
  const originOf = (trace: Trace): string => JSON.stringify(originOf.fields(trace));
  originOf.fields = ({ requestId, traceparent }: Trace) => ({ requestId, traceparent, paymentWindowS });
  return originOf;
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

/**
 * Calls one of the functions that do to one product what many ask for, each judged by himself: `(product, outcomes, places)`.
 * One transaction, and so one commit.
 */
export function createManyCall({ pool, onCommit }: ChangeCallOptions) {
  return async function callMany(name: string, productId: string, asked: readonly object[]): Promise<ChangeAnswer[]> {
    const text = `SELECT product, outcomes, places FROM trade.${name}($1, $2)`;
    const values = [productId, JSON.stringify(asked)];
    const { rows } = await written(() => pool.query<AnswersRow>({ name, text, values }));
    const { product, outcomes, places } = rows[0]!;
    if (outcomes.includes('ok')) onCommit();
    const row = product && fromSql<ProductRow>(product);
    const shown = row && toProduct(row);
    return outcomes.map((outcome, i) => {
      const place = places[i];
      const participation = row && place ? toParticipation(fromSql<ParticipationRow>(place), row) : null;
      return { outcome, product: shown, participation };
    });
  };
}
export type ManyCall = ReturnType<typeof createManyCall>;

/** GI001 of finish_key: this run was so slow that another one under the same idempotency key has replaced it. */
export function isTakenOver(error: unknown): boolean {
  return (error as { code?: unknown } | null)?.code === 'GI001';
}

export function takenOver(): AppError {
  return new AppError('CONFLICT', { detail: 'Another request with this Idempotency-Key is running' });
}
