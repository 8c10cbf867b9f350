import type { AppErrorOptions, ErrorCode, Participation, Product } from '@gongu/shared';

/** A run under an idempotency key: whoever holds it may make the effect, once. */
export interface Claim {
  readonly userId: string;
  /** Method and route pattern. */
  readonly route: string;
  readonly key: string;
  readonly run: string;
}

/** What a finished run left behind. */
export type KeptOutcome =
  | { readonly value: Product | Participation }
  | { readonly error: { readonly code: ErrorCode } & Pick<AppErrorOptions, 'detail' | 'errors' | 'allowed'> };

/** Idempotency keys. A run's value is written by the change itself, in its transaction; see `claim` above. */
export interface KeyStore {
  /**
   * `started`: the caller runs. `running`: somebody else does. `mismatch`: the key was used with another payload.
   * A run that has not ended after `leaseMs` has died with its process; the next one starts.
   */
  begin(
    claim: Claim,
    fingerprint: string,
    leaseMs: number,
    keepMs: number,
  ): Promise<{ state: 'started' | 'running' | 'mismatch' } | { state: 'done'; outcome: KeptOutcome }>;
  /** Keeps a refusal. */
  refuse(claim: Claim, error: Extract<KeptOutcome, { error: unknown }>['error']): Promise<void>;
  /** Forgets a run that came to nothing, so that the key can be used again. A finished one stays. */
  abandon(claim: Claim): Promise<void>;
}
