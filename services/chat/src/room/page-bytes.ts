import type { StoredMessage } from './ports/stored-message.ts';

/** Most bytes of text in one page. A page of 100 messages of 4 000 Korean characters would be 1.2 MB, twice a send queue. */
const PAGE_BYTES = 262_144;

/**
 * The part of a page that fits, at least one message: its oldest ones when reading forward, its newest ones when reading
 * back. The rest follows with the next page.
 */
export function boundPage(
  messages: readonly StoredMessage[],
  keep: 'oldest' | 'newest',
  maxBytes = PAGE_BYTES,
): readonly StoredMessage[] {
  let bytes = 0;
  for (let i = 0; i < messages.length; i++) {
    const message = messages[keep === 'oldest' ? i : messages.length - 1 - i]!;
    bytes += messageBytes(message);
    if (bytes > maxBytes && i > 0) return keep === 'oldest' ? messages.slice(0, i) : messages.slice(-i);
  }
  return messages;
}

/** About what a message takes on the wire. */
export function messageBytes(message: StoredMessage): number {
  const data = message.data === undefined ? 0 : JSON.stringify(message.data).length;
  return Buffer.byteLength(message.content) + data + 300;
}
