export interface ReconcileHeadsOptions {
  /** How long ago the last reading may be, right now (`Bus.headIntervalMs`). */
  readonly headIntervalMs: () => number;
  /** Compares what this instance has with the store (`Hub.reconcile`). */
  readonly reconcile: () => Promise<void>;
  /** Milliseconds, of any origin, that never go back. */
  readonly now: () => number;
}

/** Milliseconds until another attempt after a reading failed, whatever the bus says. */
const RETRY_MS = 1_000;

/**
 * A task to be called at least twice a second: it reads the heads as soon as the bus's interval has passed since the last
 * reading. Waiting for that interval in one go would not do: when the bus fails, it becomes short in the middle of it.
 */
export function createReconcileHeads({ headIntervalMs, reconcile, now }: ReconcileHeadsOptions): () => Promise<void> {
  let startedAt = now();
  let failed = false;
  return async () => {
    const at = now();
    const intervalMs = headIntervalMs();
    if (at - startedAt < (failed ? Math.min(intervalMs, RETRY_MS) : intervalMs)) return;
    startedAt = at;
    failed = true;
    await reconcile();
    failed = false;
  };
}
