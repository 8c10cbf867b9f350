import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SockJsWebSocket } from '../../../src/transport/sockjs/framed-socket.ts';
import { closeFrame, decode, quote, sockJsFraming, sockJsWsFraming } from '../../../src/transport/sockjs/frames.ts';
import type { WsSocket } from '../../../src/transport/ws-socket.ts';

const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: 'grapheme' }),
  fc.string({ unit: 'binary-ascii' }),
);
const garbage = fc.oneof(
  text,
  fc.json(),
  // Framing that was cut somewhere, or spoiled at one place.
  fc.tuple(fc.array(text), fc.nat()).map(([texts, at]) => JSON.stringify(texts).slice(0, at % 200)),
  fc.uint8Array({ maxLength: 300 }),
);

/** What one browser or another spoils (SockJS 0.3.3, JSON Unicode Encoding), and what JSON itself must escape. */
const SPOILED = [
  ['\u0000', '\u001f'],
  ['\u200c', '\u200f'],
  ['\u2028', '\u202f'],
  ['\u2060', '\u206f'],
  ['\ufff0', '\uffff'],
] as const;

describe('the framing of SockJS', () => {
  it('says nothing that a browser spoils, and is read back as it was', () => {
    fc.assert(
      fc.property(fc.array(text, { maxLength: 8 }), (texts) => {
        const framed = `[${sockJsFraming.join(texts.map((one) => sockJsFraming.frame(one))).toString('utf8')}]`;
        expect(
          [...framed].filter((character) => SPOILED.some(([from, to]) => from <= character && character <= to)),
        ).toEqual([]);
        expect(decode(framed)).toEqual(texts);
      }),
    );
  });

  it('reads arrays of strings and single strings, and nothing else, whatever comes', () => {
    fc.assert(
      fc.property(fc.oneof(text, fc.json()), (body) => {
        const messages = decode(body);
        if (messages === null) return;
        const value: unknown = JSON.parse(body);
        expect(messages).toEqual(typeof value === 'string' ? [value] : value);
        expect(messages.every((message) => typeof message === 'string')).toBe(true);
      }),
    );
  });

  it('closes with a code and a reason that can be read, whatever the reason is', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1_000, max: 4_999 }), text, (code, reason) => {
        expect(JSON.parse(closeFrame(code, reason).slice(1))).toEqual([code, reason]);
      }),
    );
  });

  it('never throws at what a client sends: it is handed on, or the socket is closed', () => {
    fc.assert(
      fc.property(fc.array(garbage, { maxLength: 6 }), fc.boolean(), (frames, raw) => {
        const { inner, closes, receive } = silentSocket();
        const socket = new SockJsWebSocket(inner, {
          raw,
          recognise: (frame) =>
            typeof frame === 'string' && frame.startsWith('{') ? { protocol: 'json', preamble: '' } : null,
          onMismatch: () => {},
          frameBytes: 100,
          ceilingBytes: 10_000,
        });
        const handedOn: (string | Uint8Array)[] = [];
        const watch = { failed: () => {}, closed: () => {} };
        socket.listen({ frame: (data) => handedOn.push(data), drained: () => {}, closed: () => {} }, watch);
        for (const frame of frames) {
          const [before, closed] = [handedOn.length, closes.length];
          receive(frame);
          const read = typeof frame === 'string' ? decode(frame) : decode(Buffer.from(frame).toString('utf8'));
          const answered = handedOn.length > before || closes.length > closed;
          // Empty messages and empty arrays are ignored, and after a close everything is.
          expect(answered || closed > 0 || frame.length === 0 || read?.length === 0).toBe(true);
        }
        for (const data of handedOn) expect(Buffer.byteLength(data)).toBeLessThanOrEqual(100);
        expect(closes.length).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('joins messages of the websocket transport without a seam', () => {
    expect(sockJsWsFraming.join([sockJsWsFraming.frame('가')]).toString('utf8')).toContain(`a[${quote('가')}]`);
  });
});

/** A socket that keeps what is done to it. */
function silentSocket() {
  const closes: number[] = [];
  let heard: (data: string | Uint8Array) => void = () => {};
  const inner = {
    id: 'one',
    peer: { address: '127.0.0.1' },
    listen: (inbound: { frame: (data: string | Uint8Array) => void }) => {
      heard = inbound.frame;
    },
    write: () => {},
    queuedBytes: () => 0,
    close: (code: number) => void closes.push(code),
    terminate: () => {},
    pause: () => {},
    ping: () => {},
  } as unknown as WsSocket;
  return { inner, closes, receive: (data: string | Uint8Array) => heard(data) };
}
