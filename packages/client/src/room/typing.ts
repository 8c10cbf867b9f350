import type { Clock } from '../clock.ts';

/** Milliseconds after which typing that goes on is told again; the server forgets it after 6 000. */
const RENEW_MS = 3_000;
/** Milliseconds without a key after which it is told to have ended. */
const IDLE_MS = 5_000;

/** The own typing: call `set(true)` with every key; what the server hears is a word now and then. */
export function createTyping({ clock, tell }: { clock: Clock; tell: (typing: boolean) => void }) {
  let toldAtMs: number | null = null;
  let cancelIdle = () => {};

  function set(typing: boolean): void {
    cancelIdle();
    if (!typing) {
      if (toldAtMs !== null) tell(false);
      toldAtMs = null;
      return;
    }
    cancelIdle = clock.after(IDLE_MS, () => set(false));
    if (toldAtMs !== null && clock.monotonic() - toldAtMs < RENEW_MS) return;
    toldAtMs = clock.monotonic();
    tell(true);
  }

  return {
    set,
    /** A message went out, which ends the typing at the server too. */
    sent(): void {
      cancelIdle();
      toldAtMs = null;
    },
  };
}
