import type { Call } from './dial.ts';

/** A protocol inside a channel of texts. */
export interface Speech {
  /** The channel is open. */
  opened(): void;
  receive(text: string): void;
  say(id: string, content: string): void;
  ping(): void;
}

/** @param send puts a text into the channel */
export type Speak = (call: Call, send: (text: string) => void) => Speech;
