import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '@gongu/shared';
import { fateOf, sqlState } from './fate.ts';

export interface WrittenOptions {
  /**
   * Asked again, the statement finds what it did the first time and does it no second one. Then it is asked until the
   * outcome is known, for {@link UNKNOWN_FOR_MS}.
   */
  readonly idempotent?: boolean;
}

/** How a statement is asked: whether an earlier try of it may have been carried out. */
interface Try {
  readonly unsure: boolean;
}

/** Milliseconds for which a statement is asked again whose connection broke before the answer came. */
export const UNKNOWN_FOR_MS = 10_000;
/** Milliseconds between two such tries. */
export const UNKNOWN_PAUSE_MS = 100;

/** Deadlocks, conflicts of serialisation, and locks that did not come free in time: the next try may find nobody there. */
export function isWorthAnotherTry(error: unknown): boolean {
  return /^(40P01|40001|55P03)$/.test(sqlState(error) ?? '');
}

/**
 * Carries out one statement that writes, or one transaction of them. Everything that writes goes through here: only then
 * is "not stored" said where it is known. What PostgreSQL rolled back for another's sake is tried once more.
 *
 * @throws AppError UNAVAILABLE: nothing was stored. UNKNOWN_OUTCOME: nobody knows. TOKEN_REVOKED: of somebody who was erased, and
 *   nothing was stored. Else what `run` threw: rolled back.
 */
export async function written<T>(
  run: (at: Try) => Promise<T>,
  { idempotent = false }: WrittenOptions = {},
): Promise<T> {
  let unsure = false;
  let rolledBack = 0;
  const giveUpAt = performance.now() + UNKNOWN_FOR_MS;
  for (;;) {
    try {
      return await run({ unsure });
    } catch (error) {
      const fate = fateOf(error);
      if (fate === 'rolled-back' && !unsure) {
        if (rolledBack++ === 0 && isWorthAnotherTry(error)) continue;
        throw unavailable(error);
      }
      if (fate === undefined && !unsure) throw refusalOfErased(error) ?? error;
      if (fate === 'unsent' && !unsure) throw unavailable(error);
      unsure = true;
      // Another answer will not change; what the try before it did is as unknown as it was.
      if (!idempotent || fate === undefined || performance.now() > giveUpAt) throw unknownOutcome(error);
      await sleep(UNKNOWN_PAUSE_MS);
    }
  }
}

/** What a statement is refused with that came too late from somebody who was erased (`refuse_erased`); null for any other error. */
export function refusalOfErased(error: unknown): AppError | null {
  return sqlState(error) === 'GE001' ? new AppError('TOKEN_REVOKED', { cause: error }) : null;
}

/** UNAVAILABLE: never sent, or rolled back. */
export function unavailable(cause: unknown): AppError {
  return new AppError('UNAVAILABLE', { retryAfterMs: 1_000, cause });
}

/** UNKNOWN_OUTCOME: sent, and no answer. */
export function unknownOutcome(cause: unknown): AppError {
  return new AppError('UNKNOWN_OUTCOME', { retryAfterMs: 1_000, cause });
}
