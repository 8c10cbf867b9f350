import { isUtf8 } from 'node:buffer';
import { withoutBom } from '@gongu/shared';
import type { Framing } from '../socket.ts';
import { textFrame } from '../ws-framing.ts';

/** Frames of the SockJS protocol 0.3.3, server to client, without the line end or field name a transport adds. */
export const OPEN = 'o';
export const HEARTBEAT = 'h';

/** Characters that one browser or another spoils on the way (SockJS 0.3.3, JSON Unicode Encoding). */
const SPOILED = /[\u200c-\u200f\u2028-\u202f\u2060-\u206f\ufff0-\uffff]/g;

/** A text as a JSON string. JSON itself escapes U+0000–001F and lone surrogates. */
export function quote(text: string): string {
  return JSON.stringify(text).replace(
    SPOILED,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

export function closeFrame(code: number, reason: string): string {
  return `c[${code},${quote(reason)}]`;
}

/** The messages of what a client sent: a JSON array of strings or one JSON string, in UTF-8; null when it is neither. */
export function decode(body: string | Uint8Array): string[] | null {
  if (typeof body !== 'string' && !isUtf8(body)) return null;
  let value: unknown;
  try {
    value = JSON.parse(withoutBom(typeof body === 'string' ? body : Buffer.from(body).toString()));
  } catch {
    return null;
  }
  if (typeof value === 'string') return [value];
  return Array.isArray(value) && value.every((each) => typeof each === 'string') ? value : null;
}

/** Messages for the polling and streaming transports: JSON strings, which an `a[…]` is put around when they go out. */
export const sockJsFraming: Framing = {
  key: 'sockjs',
  frame: (text) => Buffer.from(quote(text)),
  // With `data: a[` and `]` and two line ends round it; and an event stream writes three bytes for each `%`.
  bytes: (text) => Buffer.byteLength(quote(text)) + 2 * (text.split('%').length - 1) + 16,
  join: (frames) => Buffer.concat(frames.flatMap((frame, i) => (i === 0 ? [frame] : [COMMA, frame]))),
};
const COMMA = Buffer.from(',');

/** Messages for the websocket transport: each a WebSocket message `a["…"]`, one after the other in one write. */
export const sockJsWsFraming: Framing = {
  key: 'sockjs-ws',
  frame: (text) => textFrame(`a[${quote(text)}]`),
  bytes: (text) => Buffer.byteLength(quote(text)) + 3,
  join: (frames) => (frames.length === 1 ? frames[0]! : Buffer.concat(frames)),
};

/** Bytes of a message in SockJS's framing, at most as JSON usually is: each quotation mark and line end takes two. */
export function quotedBytes(messageBytes: number): number {
  return messageBytes * 2 + 1_024;
}
