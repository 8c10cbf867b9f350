import { AppError } from '@gongu/shared';
import { createLostRuns } from './lost-runs.ts';
import type { Claim, KeyStore } from './ports/key-store.ts';

/** A request that its sender may repeat. */
export interface Repeatable {
  readonly userId: string;
  /** Method and route pattern: keys of different routes do not meet. */
  readonly route: string;
  /** `Idempotency-Key`, 1–255 characters. */
  readonly key: string;
  /** What must be equal in a repetition. */
  readonly payload: unknown;
}

/** The first run's answer, or a refusal of it; `replayed` when this is a repetition. */
export type Answer<T> = { readonly replayed: boolean } & ({ readonly value: T } | { readonly error: AppError });

export interface OnceOptions {
  keys: KeyStore;
  /** Mints the id of a run, a UUID. */
  newRun: () => string;
  /** A short text that stands for a long one, such as its SHA-256. */
  digest: (text: string) => string;
  /** Milliseconds until a run counts as dead. Default 30 000, three times what a database call may take. */
  leaseMs?: number;
  /** Milliseconds, of any origin, that never go back. Default: the real time. */
  now?: () => number;
  /** Milliseconds a key is kept. Default 24 hours (contract). */
  keepMs?: number;
}

/** Milliseconds for which an action is tried again of which nobody knows what it did. */
const UNKNOWN_FOR_MS = 10_000;
const PAUSE_MS = 100;

const realNow = () => performance.now();

/**
 * Runs an action once per idempotency key. The action gets the claim and hands it to the store, which writes the
 * outcome in the transaction of the effect: whatever crashes when, there is one effect, and a repetition finds it.
 * Refusals (4xx) are kept as well; anything else is not, and the key is free again. An action whose
 * outcome nobody knows is tried again: the key finds what it did.
 *
 * @throws AppError UNKNOWN_OUTCOME where that can't be told in time; the same request again goes on from there
 */
export function createOnce(options: OnceOptions) {
  const { keys, newRun, digest, now = realNow, leaseMs = 30_000, keepMs = 24 * 3_600_000 } = options;
  const lost = createLostRuns({ keys, leaseMs });
  return async function once<T>(
    request: Repeatable | null,
    action: (claim: Claim | null) => Promise<T>,
  ): Promise<Answer<T>> {
    if (request === null) return { replayed: false, value: await action(null) };
    const { userId, route, key, payload } = request;
    const run = (await lost.take({ userId, route, key })) ?? newRun();
    const claim = { userId, route, key, run };
    try {
      return await concluded(claim, digest(canonical(payload)), action);
    } catch (error) {
      if (isUnknown(error)) lost.add(claim);
      throw error;
    }
  };

  async function concluded<T>(
    claim: Claim,
    fingerprint: string,
    action: (claim: Claim) => Promise<T>,
  ): Promise<Answer<T>> {
    const giveUpAt = now() + UNKNOWN_FOR_MS;
    /** Of an earlier try nobody knows what it did. */
    let unsure = false;
    for (;;) {
      const begun = await keys.begin(claim, fingerprint, leaseMs, keepMs).catch((error: unknown) => {
        throw unsure ? unknownOutcome(error) : error;
      });
      switch (begun.state) {
        case 'running':
          throw new AppError('CONFLICT', { detail: 'The first request with this Idempotency-Key is still running' });
        case 'mismatch':
          throw new AppError('IDEMPOTENCY_CONFLICT');
        case 'done': {
          const { outcome } = begun;
          // Of an earlier try of this very request it is the first answer, not a repeated one.
          if ('value' in outcome) return { replayed: !unsure, value: outcome.value as T };
          return { replayed: !unsure, error: new AppError(outcome.error.code, outcome.error) };
        }
      }
      try {
        return { replayed: false, value: await action(claim) };
      } catch (error) {
        if (!unsure && !isUnknown(error)) {
          await conclude(keys, claim, error);
          throw error;
        }
        unsure = true;
        if (await isFinal(keys, claim, error)) throw error;
        if (now() > giveUpAt) throw unknownOutcome(error);
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      }
    }
  }
}
export type Once = ReturnType<typeof createOnce>;

/**
 * Whether a refusal is the last word, although an earlier try may still be under way: once it is kept, that one can't be
 * carried out any more. It can't be kept where that one has been.
 */
async function isFinal(keys: KeyStore, claim: Claim, error: unknown): Promise<boolean> {
  if (!(error instanceof AppError) || error.status >= 500) return false;
  return conclude(keys, claim, error).then(
    () => true,
    () => false,
  );
}

function isUnknown(error: unknown): boolean {
  return error instanceof AppError && error.code === 'UNKNOWN_OUTCOME';
}

function unknownOutcome(cause: unknown): AppError {
  return new AppError('UNKNOWN_OUTCOME', { retryAfterMs: 1_000, cause });
}

async function conclude(keys: KeyStore, claim: Claim, error: unknown): Promise<void> {
  if (error instanceof AppError && error.status < 500) {
    const { code, detail, errors, allowed } = error;
    await keys.refuse(claim, { code, detail, errors, allowed });
  } else {
    // What made the action fail is worth more than a failure to tidy up after it; the lease frees the key then.
    await keys.abandon(claim).catch(() => {});
  }
}

/** A text that is equal for payloads which differ only in the order of their fields. */
export function canonical(payload: unknown): string {
  return JSON.stringify(sorted(payload));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(fields.map(([name, inner]) => [name, sorted(inner)]));
}
