import { FRAME_LIMITS, type Message } from '@gongu/shared';
import { mostBytes } from './event.ts';

/** What a page is beside its messages. */
const AROUND_BYTES = 1_024;

/**
 * The part of a page that fits, at least one message: its oldest ones when reading forward, its newest ones when reading
 * back. The rest follows with the next page.
 */
export function boundPage<M extends Message>(
  messages: readonly M[],
  keep: 'oldest' | 'newest',
  { maxBytes = FRAME_LIMITS.pageBytes, bytesOf = messageBytes }: PageBound<M> = {},
): readonly M[] {
  let bytes = 0;
  for (let i = 0; i < messages.length; i++) {
    const message = messages[keep === 'oldest' ? i : messages.length - 1 - i]!;
    bytes += bytesOf(message);
    if (bytes > maxBytes && i > 0) return keep === 'oldest' ? messages.slice(0, i) : messages.slice(-i);
  }
  return messages;
}

export interface PageBound<M> {
  readonly maxBytes?: number;
  readonly bytesOf?: (message: M) => number;
}

/** The same of a page that is sent as JSON, whose bytes are counted as they go out. */
export function boundJsonPage<M extends Message>(messages: readonly M[], keep: 'oldest' | 'newest'): readonly M[] {
  const maxBytes = FRAME_LIMITS.pageBytes - AROUND_BYTES;
  // Mostly it is far from it, and then nothing is counted.
  if (messages.reduce((sum, message) => sum + mostBytes(message), 0) <= maxBytes) return messages;
  return boundPage(messages, keep, { maxBytes, bytesOf: (message) => Buffer.byteLength(JSON.stringify(message)) + 1 });
}

/** About what a message takes as text: escapes are not counted. */
export function messageBytes(message: Message): number {
  const data = message.data === undefined ? 0 : JSON.stringify(message.data).length;
  const reactions = message.kind !== 'SYSTEM' && message.reactions ? JSON.stringify(message.reactions).length : 0;
  return Buffer.byteLength(message.content) + data + reactions + 300;
}
