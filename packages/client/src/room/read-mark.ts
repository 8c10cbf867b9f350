import type { Clock } from '../clock.ts';

export interface ReadMarkOptions {
  readonly clock: Clock;
  /** Tells the server; false where there is no connection, and then it is told with the next one. */
  readonly tell: (seq: number) => boolean;
}

/** Milliseconds between two marks that are told; those in between are told as one. */
const PACE_MS = 1_000;

/** How far the own user has read, told to the server no more often than makes sense. */
export function createReadMark({ clock, tell }: ReadMarkOptions) {
  let wantedSeq = 0;
  let toldSeq = 0;
  let cancel: (() => void) | null = null;

  function flush(): void {
    if (wantedSeq > toldSeq && tell(wantedSeq)) toldSeq = wantedSeq;
  }

  function paced(): void {
    if (cancel) return;
    flush();
    cancel = clock.after(PACE_MS, () => {
      cancel = null;
      if (wantedSeq > toldSeq) paced();
    });
  }

  return {
    /** Moves the mark; only forward. */
    mark(seq: number): void {
      if (seq <= wantedSeq) return;
      wantedSeq = seq;
      paced();
    },
    /** The server's mark, as a new connection shows it: what it does not know yet is told. */
    known(seq: number): void {
      toldSeq = seq;
      flush();
    },
    /** Another room's numbers, or somebody else's mark: what was marked means nothing any more. */
    reset(): void {
      cancel?.();
      cancel = null;
      wantedSeq = 0;
      toldSeq = 0;
    },
    /** Tells at once: the page may be about to go. */
    flush,
    stop(): void {
      cancel?.();
      cancel = null;
    },
  };
}
