import type { Clock } from '../clock.ts';

export interface SlowModeOptions {
  readonly clock: Clock;
  /** Milliseconds between two messages of one's own, as the room says it now; 0: none. */
  readonly spanMs: () => number;
  /** `untilMs` is another one. */
  readonly onChange: () => void;
}

/** When one may send again in a room in slow mode. Durations are by `monotonic`: a clock that is set changes none. */
export function createSlowMode({ clock, spanMs, onChange }: SlowModeOptions) {
  /** When one last sent; from then on the room's slow mode counts. */
  let sentAtMs = Number.NEGATIVE_INFINITY;
  let endMs = Number.NEGATIVE_INFINITY;
  let untilMs: number | null = null;
  let cancel = () => {};

  function until(nextMs: number): void {
    cancel();
    endMs = nextMs;
    const ms = endMs - clock.monotonic();
    untilMs = ms > 0 ? clock.now() + ms : null;
    if (ms > 0) {
      cancel = clock.after(ms, () => {
        untilMs = null;
        onChange();
      });
    }
    onChange();
  }

  return {
    /** Epoch milliseconds, by the time of day for people; null: now. */
    get untilMs(): number | null {
      return untilMs;
    },
    /** Milliseconds before the next message is taken. `isUnderWay`: one before it is not stored yet. */
    waitMs: (isUnderWay: boolean): number => (isUnderWay ? spanMs() : spanMs() && endMs - clock.monotonic()),
    /** A message of one's own has been stored. */
    sent(): void {
      sentAtMs = clock.monotonic();
      if (spanMs() > 0) until(sentAtMs + spanMs());
    },
    /** The room has another one: what was turned off, or is shorter by now, blocks no longer than it would. */
    changed: (): void => until(sentAtMs + spanMs()),
    /** The server refuses for so long. Where it knows of a slow mode that is not told here yet, that begins now. */
    refusedFor(ms: number): void {
      if (ms <= 0) return;
      until(clock.monotonic() + ms);
      sentAtMs = endMs - (spanMs() || ms);
    },
    /** Another room, or another user. */
    reset(): void {
      cancel();
      sentAtMs = endMs = Number.NEGATIVE_INFINITY;
      untilMs = null;
    },
    stop: (): void => cancel(),
  };
}
