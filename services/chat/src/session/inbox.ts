import { CLOSE } from '@gongu/shared';
import type { Codec, Step } from '../protocol/codec.ts';
import { HeldFrames } from './held-frames.ts';
import type { FrameBudget, SessionLimits } from './session-options.ts';

/** Whose inbox it is. */
export interface InboxOwner {
  readonly over: boolean;
  /** Whether more may be said to the client. When it turns true, `goOn` must be called. */
  takesMore(): boolean;
  follow(step: Step): void;
  failed(error: unknown): void;
  end(code: number, reason: string): void;
}

/** Largest frames that may be held: a SockJS body has four, and a chunk of the socket comes on top. */
const HELD_MAX = 8;

/**
 * What one client says: frames to steps, not faster than it may, and none while it does not read what it is told. A class,
 * as the session is.
 */
export class Inbox {
  readonly #owner: InboxOwner;
  readonly #codec: Codec;
  readonly #limits: Pick<SessionLimits, 'framesPerSecond' | 'frameBytes'>;
  readonly #frames: FrameBudget;
  #held: HeldFrames | null = null;

  constructor(
    owner: InboxOwner,
    codec: Codec,
    limits: Pick<SessionLimits, 'framesPerSecond' | 'frameBytes'>,
    frames: FrameBudget,
  ) {
    this.#owner = owner;
    this.#codec = codec;
    this.#limits = limits;
    this.#frames = frames;
  }

  receive(frame: string | Uint8Array, nowMs: number): void {
    if (this.#held === null && this.#owner.takesMore()) return this.#read(frame, nowMs);
    this.#held ??= new HeldFrames();
    this.#held.push(frame);
    if (this.#held.bytes > this.#limits.frameBytes * HELD_MAX) this.#owner.end(CLOSE.slowConsumer, 'too slow');
  }

  /** These come before what is held. `counted`: so many of them were counted when they came. */
  putBack(steps: Iterator<Step>, counted = 0): void {
    this.#frames.put(counted);
    this.#held ??= new HeldFrames();
    this.#held.putBack(steps);
  }

  /** Goes on with what is held. `pausedMs`: for so long the client's frames were not taken; it may have sent some. */
  goOn(nowMs: number, pausedMs = 0): void {
    this.#frames.put((pausedMs / 1_000) * this.#limits.framesPerSecond);
    const held = this.#held;
    if (held === null) return;
    while (!held.empty && !this.#owner.over && this.#owner.takesMore()) {
      const steps = held.takeSteps();
      if (steps) this.#follow(steps, nowMs);
      else this.#read(held.takeFrame()!, nowMs);
    }
    if (held.empty || this.#owner.over) this.#held = null;
  }

  #read(frame: string | Uint8Array, nowMs: number): void {
    if (this.#frames.take(nowMs) > 0) return this.#tooMany();
    this.#follow(null, nowMs, frame);
  }

  /** One message may hold thousands of frames (STOMP): each counts. A note and what follows it are of one frame. */
  #follow(rest: Iterator<Step> | null, nowMs: number, frame: string | Uint8Array = ''): void {
    let counted = rest === null;
    try {
      const steps = rest ?? this.#codec.receive(frame)[Symbol.iterator]();
      for (let next = steps.next(); !next.done; next = steps.next()) {
        if (this.#owner.over) return;
        if (!counted && this.#frames.take(nowMs) > 0) return this.#tooMany();
        this.#owner.follow(next.value);
        counted = next.value.kind === 'note';
        if (next.value.kind === 'note' && next.value.isFree) this.#frames.put(1);
        if (!counted && !this.#owner.takesMore()) return this.putBack(steps);
      }
    } catch (error) {
      this.#owner.failed(error);
    }
  }

  #tooMany(): void {
    this.#owner.end(CLOSE.tooManyFrames, 'too many frames');
  }
}
