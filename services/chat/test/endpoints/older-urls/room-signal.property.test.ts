import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRoomSignalCodec } from '../../../src/endpoints/older-urls/room-signal.ts';

const CONTENT_CHARS = 100;
const codec = createRoomSignalCodec({
  opening: { roomId: 'room', after: null, history: 0 },
  contentChars: CONTENT_CHARS,
  newId: () => 'made',
});
const one = (frame: string | Uint8Array) => {
  const steps = [...codec.receive(frame)];
  expect(steps).toHaveLength(1);
  return steps[0]!;
};

describe('the codec of /room', () => {
  it('never throws, whatever comes', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.uint8Array(), fc.json()), (frame) => {
        expect(['bad', 'refused', 'command']).toContain(one(frame).kind);
      }),
    );
    expect(one(`${'['.repeat(20_000)}${']'.repeat(20_000)}`).kind).toBe('bad');
    for (const receiver of ['all', 'bob']) {
      const deep = `{"type":"x","receiver":"${receiver}","data":${'['.repeat(20_000)}${']'.repeat(20_000)}}`;
      expect(one(deep).kind).toBe('refused');
    }
  });

  it('takes any data that PostgreSQL can hold and that is short enough, and refuses the rest', () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: 'binary' }), fc.constantFrom('all', 'bob'), (data, receiver) => {
        const step = one(JSON.stringify({ type: 'x', receiver, data }));
        if (step.kind === 'refused') return;
        expect(step).toMatchObject({ kind: 'command', command: { type: 'signal', roomId: 'room', signalType: 'x' } });
        const { to } = (step as unknown as { command: { to: { content?: string; receiver?: string; data: unknown } } })
          .command;
        const through = JSON.parse(JSON.stringify(data));
        if (receiver === 'bob') {
          expect(to).toEqual({ receiver, data: through });
          return;
        }
        expect([...to.content!].length).toBeLessThanOrEqual(CONTENT_CHARS);
        expect(to.content).toBe(typeof data === 'string' ? data : JSON.stringify(data));
        if (typeof data !== 'string' && data !== null) expect(to.data).toEqual(through);
      }),
    );
  });

  it.each(['\u0000', '\ud800', { a: ['\u0000'] }, { '\udfff': 1 }, '\\\u0000'])('refuses %j', (data) => {
    for (const wrapped of [data, [data]]) {
      expect(one(JSON.stringify({ type: 'x', data: wrapped }))).toMatchObject({ kind: 'refused' });
    }
  });

  it.each(['\\u0000', ['\\ud800'], 'c:\\users\\dave'])('takes %j, which only looks like one', (data) => {
    expect(one(JSON.stringify({ type: 'x', data }))).toMatchObject({ kind: 'command' });
  });
});
