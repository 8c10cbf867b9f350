import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Codec, Protocol, ProtocolKind } from '../../src/protocol/codec.ts';
import { chooseSubprotocol, detectProtocol } from '../../src/protocol/detect.ts';
import { createJsonProtocol } from '../../src/protocol/json.ts';

/** A second protocol, whose frames begin with an exclamation mark. */
const bang: ProtocolKind = {
  subprotocols: ['bang.v2', 'bang.v1'],
  sniff: (frame) => typeof frame === 'string' && frame.startsWith('!'),
  create: ({ subprotocol }): Codec => ({
    protocol: `bang ${subprotocol}` as Protocol,
    resyncs: false,
    renderKey: (roomId) => roomId,
    receive: () => [{ kind: 'heartbeat' }],
    render: () => ({ texts: ['!'] }),
  }),
};
const kinds = [createJsonProtocol({ contentChars: 100 }), bang];

/** Any UTF-16 at all, half surrogate pairs and NUL included. */
const anyText = fc.string({ unit: fc.nat(0xffff).map((unit) => String.fromCharCode(unit)) });

describe('the protocol of a socket', () => {
  it('is that of its subprotocol, from the first moment', () => {
    expect(detectProtocol(kinds, 'gongu.v1').protocol).toBe('json');
    expect(detectProtocol(kinds, 'bang.v1').protocol).toBe('bang bang.v1');
    expect(detectProtocol(kinds, 'gongu.v1').receive('!')).toMatchObject([{ kind: 'bad' }]);
  });

  it('is silent and nobody’s until a first frame decides, and stays what that decided', () => {
    const codec = detectProtocol(kinds, null);
    expect([codec.protocol, codec.resyncs, codec.renderKey('r')]).toEqual(['undecided', false, '']);
    expect(codec.render({ type: 'head', roomId: 'r', seq: 1 })).toEqual({ texts: [] });
    expect(codec.receive('{"type":"ping"}')).toMatchObject([{ kind: 'command' }]);
    expect([codec.protocol, codec.resyncs]).toEqual(['json', true]);
    expect(codec.render({ type: 'head', roomId: 'r', seq: 1 }).texts).toHaveLength(1);
    expect(codec.receive('!')).toMatchObject([{ kind: 'bad' }]);
    const other = detectProtocol(kinds, null);
    expect(other.receive('!hello')).toEqual([{ kind: 'heartbeat' }]);
    expect([other.protocol, other.renderKey('r')]).toEqual(['bang null', 'r']);
  });

  it('is JSON for bytes that begin with a brace', () => {
    const codec = detectProtocol(kinds, null);
    expect(codec.receive(Buffer.from('{"type":"ping"}'))).toMatchObject([{ kind: 'command' }]);
  });

  it('is none for anything else: a readable error, then 4500', () => {
    fc.assert(
      fc.property(fc.oneof(anyText, fc.uint8Array()), (frame) => {
        fc.pre(frame.length > 0 && !(typeof frame === 'string' ? /^[{!]/.test(frame) : frame[0] === 0x7b));
        const steps = detectProtocol(kinds, null).receive(frame);
        expect(steps).toMatchObject([{ kind: 'close', code: 4500 }]);
        const [step] = steps;
        expect(step?.kind === 'close' && JSON.parse(step.texts![0]!)).toMatchObject({
          type: 'error',
          code: 'BAD_FRAME',
        });
      }),
    );
  });
});

describe('the subprotocol to echo', () => {
  it('is the server’s best of those offered, whatever their order', () => {
    expect(chooseSubprotocol(kinds, ['bang.v1', 'bang.v2'])).toBe('bang.v2');
    expect(chooseSubprotocol(kinds, ['bang.v2', 'gongu.v1', 'other'])).toBe('gongu.v1');
  });

  it('is none when nothing offered is spoken', () => {
    expect(chooseSubprotocol(kinds, ['chat', 'bearer.a.b.c'])).toBeNull();
    expect(chooseSubprotocol(kinds, [])).toBeNull();
  });
});
