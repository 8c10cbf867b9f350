import type { Step } from '../protocol/codec.ts';

/**
 * Frames of a client that does not read, in their order. Its socket is paused meanwhile, so these are only those that had
 * been taken from it: the rest of a chunk, or of a SockJS array.
 */
export class HeldFrames {
  readonly #frames: (string | Uint8Array)[] = [];
  /** What is left of the frame before them. */
  #steps: Iterator<Step> | null = null;
  /** Of the frames, without `steps`. */
  bytes = 0;

  get empty(): boolean {
    return this.#steps === null && this.#frames.length === 0;
  }

  push(frame: string | Uint8Array): void {
    this.#frames.push(frame);
    this.bytes += frame.length;
  }

  /** Goes before all that is held. */
  putBack(steps: Iterator<Step>): void {
    this.#steps = this.#steps === null ? steps : inTurn(steps, this.#steps);
  }

  takeSteps(): Iterator<Step> | null {
    const steps = this.#steps;
    this.#steps = null;
    return steps;
  }

  takeFrame(): string | Uint8Array | undefined {
    const frame = this.#frames.shift();
    this.bytes -= frame?.length ?? 0;
    return frame;
  }
}

function* inTurn(...parts: readonly Iterator<Step>[]): Generator<Step> {
  for (const steps of parts) for (let next = steps.next(); !next.done; next = steps.next()) yield next.value;
}
