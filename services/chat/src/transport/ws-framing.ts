import type { Framing } from './socket.ts';

/**
 * One unmasked text message as a WebSocket frame (RFC 6455 §5.2), header and payload in one buffer, so that it can be
 * built once and written to any number of sockets.
 */
export function textFrame(text: string): Buffer {
  const length = Buffer.byteLength(text);
  const header = length < 126 ? 2 : length < 65_536 ? 4 : 10;
  const frame = Buffer.allocUnsafe(header + length);
  frame[0] = 0x81; // FIN, opcode 1
  if (header === 2) frame[1] = length;
  else if (header === 4) {
    frame[1] = 126;
    frame.writeUInt16BE(length, 2);
  } else {
    frame[1] = 127;
    frame.writeBigUInt64BE(BigInt(length), 2);
  }
  frame.write(text, header, 'utf8');
  return frame;
}

/** Plain WebSocket: a text is a message, and messages follow each other. */
export const wsFraming: Framing = {
  key: 'ws',
  frame: textFrame,
  bytes: (text) => Buffer.byteLength(text),
  join: (frames) => (frames.length === 1 ? frames[0]! : Buffer.concat(frames)),
};
