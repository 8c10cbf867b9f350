import type { ClearTexts, ContentStore } from '../room/ports/content-store.ts';

export interface SealTextsOptions {
  readonly content: Pick<ContentStore, 'sealPortion' | 'clear'>;
  /** Milliseconds, of any origin, that never go back. */
  readonly now: () => number;
}

/** Milliseconds until all is looked at once more, for what an instance that seals nothing has written since. */
const LOOK_MS = 10_000;
/** How much of the time that a portion took nothing is done after it: three eighths of all time are for those who talk alone. */
const REST = 0.6;

/** Seals what stands clear, a portion at a time. */
export function createSealTexts({ content, now }: SealTextsOptions) {
  let left: ClearTexts = { rooms: 0, messages: 0 };
  let lookedAt = Number.NEGATIVE_INFINITY;
  let restMs = 0;

  return {
    /** As it was some seconds ago. */
    left: () => left,
    /** Milliseconds until the next run. */
    intervalMs: () => restMs,

    /** @throws AppError UNAVAILABLE, UNKNOWN_OUTCOME: the next run goes on */
    async tick(): Promise<void> {
      restMs = LOOK_MS;
      const from = now();
      if (from - lookedAt >= LOOK_MS) {
        left = await content.clear();
        lookedAt = from;
      }
      const { isDone } = await content.sealPortion();
      if (!isDone) restMs = (now() - from) * REST;
    },
  };
}
