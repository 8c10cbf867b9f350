/** Milliseconds before a token's end at which servers tell of it. */
const TOLD_MS = 30_000;

/**
 * Milliseconds to wait with a token's renewal: it is asked for in the last third of its life. Tokens of some seconds are
 * told to end at once, and would be renewed over and over.
 */
export function renewalDelayMs(leftMs: number, lifeMs: number): number {
  // A clock that is wrong must not make it late.
  return Math.max(0, Math.min(leftMs, TOLD_MS) - lifeMs / 3);
}
