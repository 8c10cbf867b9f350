import type { Command, Event } from '@gongu/shared';

/** What a channel tells. After `closed` nothing follows. */
export interface Hearer {
  /** One frame of the server. */
  event(event: Event): void;
  /** Any sign of life that is no frame. */
  alive(): void;
  /** The channel is over; called once, unless this side closed it. 1006: it broke, or never opened. */
  closed(code: number, reason: string): void;
}

/** A way for frames of `gongu.v1`, in both directions and in order. Nothing here throws. */
export interface Channel {
  send(command: Command): void;
  /** Ends it without a further word to its hearer. */
  close(): void;
}

/** What carries the frames. A transport authenticates first, whatever that takes; then `ready` is the first event. */
export interface Transport {
  readonly name: string;
  open(token: string, hearer: Hearer): Channel;
}
