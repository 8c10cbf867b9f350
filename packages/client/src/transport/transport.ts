import type { Command, Event } from '@gongu/shared';

/** What a channel tells. After `onClosed` nothing follows. */
export interface ChannelHandlers {
  /** One frame of the server. */
  onEvent(event: Event): void;
  /** Any sign of life that is no frame. */
  onAlive(): void;
  /** The channel is over; called once, unless this side closed it. 1006: it broke, or never opened. */
  onClosed(code: number, reason: string): void;
}

/** A way for frames of `gongu.v1`, in both directions and in order. Nothing here throws. */
export interface Channel {
  send(command: Command): void;
  /** Ends it without a further word to its handlers. */
  close(): void;
}

/** What carries the frames. A transport authenticates first, whatever that takes; then `ready` is the first event. */
export interface Transport {
  readonly name: string;
  open(token: string, handlers: ChannelHandlers): Channel;
}
