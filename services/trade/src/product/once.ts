import { AppError } from '@gongu/shared';
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
  /** Milliseconds until a run counts as dead. Default 60 000, four times what a database call may take. */
  leaseMs?: number;
  /** Milliseconds a key is kept. Default 24 hours (contract). */
  keepMs?: number;
}

/**
 * Runs an action once per idempotency key. The action gets the claim and hands it to the store, which writes the
 * outcome in the transaction of the effect: whatever crashes when, there is one effect, and a repetition finds it.
 * Refusals (4xx) are kept as well; anything else is not, and the key is free again.
 */
export function createOnce(options: OnceOptions) {
  const { keys, newRun, digest, leaseMs = 60_000, keepMs = 24 * 3_600_000 } = options;
  return async function once<T>(
    request: Repeatable | null,
    action: (claim: Claim | null) => Promise<T>,
  ): Promise<Answer<T>> {
    if (request === null) return { replayed: false, value: await action(null) };
    const { userId, route, key, payload } = request;
    const claim = { userId, route, key, run: newRun() };
    const begun = await keys.begin(claim, digest(canonical(payload)), leaseMs, keepMs);
    switch (begun.state) {
      case 'running':
        throw new AppError('CONFLICT', { detail: 'The first request with this Idempotency-Key is still running' });
      case 'mismatch':
        throw new AppError('IDEMPOTENCY_CONFLICT');
      case 'done': {
        const { outcome } = begun;
        if ('value' in outcome) return { replayed: true, value: outcome.value as T };
        return { replayed: true, error: new AppError(outcome.error.code, outcome.error) };
      }
    }
    try {
      return { replayed: false, value: await action(claim) };
    } catch (error) {
      await conclude(keys, claim, error);
      throw error;
    }
  };
}
export type Once = ReturnType<typeof createOnce>;

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
