import { commandSchemas, ERROR_CODES, type Event, errorEvent } from '@gongu/shared';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createJsonProtocol } from '../../src/protocol/json.ts';

const codec = createJsonProtocol({ contentChars: 10 }).create({ subprotocol: 'gongu.v1' });
const one = (frame: unknown) => {
  const steps = [...codec.receive(typeof frame === 'string' ? frame : JSON.stringify(frame))];
  expect(steps).toHaveLength(1);
  return steps[0]!;
};
const command = (frame: unknown) => {
  const step = one(frame);
  expect(step, JSON.stringify(step)).toMatchObject({ kind: 'command' });
  return step.kind === 'command' ? step.command : null;
};

/** Any UTF-16 at all, half surrogate pairs and NUL included. */
const anyText = fc.string({ unit: fc.nat(0xffff).map((unit) => String.fromCharCode(unit)) });

describe('a frame of gongu.v1', () => {
  it('becomes the command it names, without fields that nobody knows', () => {
    const send = { type: 'send', ref: '2', roomId: 'r', clientMessageId: 'c-1', content: '안녕하세요' };
    expect(command({ ...send, admin: true, sender: { userId: 'eve' } })).toEqual(send);
    expect(command({ type: 'join', roomId: 'r', after: null })).toEqual({ type: 'join', roomId: 'r', after: null });
    expect(command({ type: 'auth', token: 'a.b.c' })).toEqual({ type: 'auth', token: 'a.b.c' });
    expect(command({ type: 'ping' })).toEqual({ type: 'ping' });
    const long = '😀'.repeat(64);
    expect(one({ type: 'shout', ref: long })).toMatchObject({ error: { ref: long } });
    for (const type of ['unsubscribe', 'leave']) expect(command({ type, roomId: 'r' })).toEqual({ type, roomId: 'r' });
    expect(command({ type: 'read', roomId: 'r', seq: 0 })).toEqual({ type: 'read', roomId: 'r', seq: 0 });
    expect(command({ type: 'typing', roomId: 'r', typing: false })).toMatchObject({ typing: false });
  });

  it('that sends a text alone is what the schema says of it', () => {
    const schema = commandSchemas(10).send;
    const text = fc.oneof(
      fc.constantFrom('', 'r', '안녕', 'a b', '\u0000', '\ud800', '🍊'.repeat(10)),
      anyText,
      fc.string({ maxLength: 70 }),
    );
    const value = fc.oneof({ weight: 9, arbitrary: text }, fc.constantFrom(null, 7, ['r']));
    const frame = fc.record(
      {
        ...{ ref: value, roomId: fc.oneof(fc.constant('r-1'), value), clientMessageId: value, content: value },
        ...{
          replyTo: fc.constantFrom(null, 'r:1', 'x'),
          kind: fc.constantFrom('CHAT', 'SYSTEM'),
          unknown: fc.constant(1),
        },
      },
      { requiredKeys: ['roomId', 'clientMessageId', 'content'] },
    );
    fc.assert(
      fc.property(frame, (fields) => {
        const sent = JSON.parse(JSON.stringify({ type: 'send', ...fields }));
        const { success, data } = schema.safeParse(sent);
        const step = one(sent);
        expect(step.kind).toBe(success ? 'command' : 'refused');
        if (step.kind === 'command') expect(step.command).toEqual(data);
      }),
      { numRuns: 500 },
    );
  });

  it('has 50 as the limit of a history page where it names none, and 100 at most', () => {
    expect(command({ type: 'history', roomId: 'r' })).toMatchObject({ limit: 50 });
    expect(one({ type: 'history', roomId: 'r', limit: 101 })).toMatchObject({ kind: 'refused' });
    expect(one({ type: 'history', roomId: 'r', before: 10, after: 3 })).toMatchObject({ kind: 'refused' });
  });

  it('takes a JSON integer as the decimal text of a room id', () => {
    expect(command({ type: 'leave', roomId: 774 })).toMatchObject({ roomId: '774' });
    for (const roomId of [1.5, -1, 1e21, true, null, ['r'], '', 'a/b', '방', 'x'.repeat(65)]) {
      expect(one({ type: 'leave', roomId }), JSON.stringify(roomId)).toMatchObject({
        kind: 'refused',
        error: { code: 'VALIDATION_FAILED', errors: [{ path: 'roomId' }] },
      });
    }
  });

  it('is the same as text and as bytes', () => {
    const text = JSON.stringify({ type: 'send', roomId: 'r', clientMessageId: 'c', content: '한국어 🍊' });
    expect(codec.receive(Buffer.from(text))).toEqual(codec.receive(text));
  });

  it('is refused with its ref when its type does not exist', () => {
    expect(one({ type: 'shout', ref: '7' })).toMatchObject({
      kind: 'refused',
      error: { type: 'error', ref: '7', code: 'UNKNOWN_TYPE', errors: [] },
    });
    for (const type of [undefined, null, 1, [], '', '__proto__', 'constructor', 'toString', 'ready']) {
      expect(one({ type }), String(type)).toMatchObject({ kind: 'refused', error: { code: 'UNKNOWN_TYPE' } });
    }
  });

  it('names what is wrong with it, field by field', () => {
    expect(one({ type: 'send', ref: 'x', roomId: 'r', clientMessageId: '', content: 7 })).toMatchObject({
      kind: 'refused',
      error: {
        ...{ code: 'VALIDATION_FAILED', ref: 'x' },
        errors: [{ path: 'clientMessageId' }, { path: 'content' }],
      },
    });
    const refused = (frame: object) => expect(one(frame), JSON.stringify(frame)).toMatchObject({ kind: 'refused' });
    refused({ type: 'send', roomId: 'r', clientMessageId: 'x'.repeat(65), content: 'a' });
    refused({ type: 'send', roomId: 'r', clientMessageId: 'c', content: 'a', kind: 'SYSTEM' });
    refused({ type: 'send', roomId: 'r', clientMessageId: 'c', content: 'a', replyTo: 'r' });
    refused({ type: 'ping', ref: 'x'.repeat(65) });
    refused({ type: 'join', roomId: 'r', after: -1 });
    refused({ type: 'join', roomId: 'r', after: '120' });
    refused({ type: 'read', roomId: 'r', seq: 2 ** 53 });
    refused({ type: 'typing', roomId: 'r', typing: 'yes' });
  });

  it('may have as many code points as allowed, of whatever width, and not one more', () => {
    const send = (content: string) => ({ type: 'send', roomId: 'r', clientMessageId: 'c', content });
    for (const letter of ['a', '가', '🍊']) {
      expect(command(send(letter.repeat(10)))).toMatchObject({ content: letter.repeat(10) });
      expect(one(send(letter.repeat(11)))).toMatchObject({ kind: 'refused' });
    }
    expect(one(send(''))).toMatchObject({ kind: 'refused' });
    expect(one(send('a\u0000'))).toMatchObject({ kind: 'refused' });
    expect(one('{"type":"send","roomId":"r","clientMessageId":"c","content":"\\ud83c"}')).toMatchObject({
      kind: 'refused',
    });
  });

  it('that can not be read is bad: no JSON, no object, no UTF-8', () => {
    for (const text of ['', 'null', '[]', '"text"', '12', '{', '{"a":}', '[{"type":"ping"}]', '\u0000', '{}{}']) {
      expect(one(text), text).toMatchObject({ kind: 'bad', error: { type: 'error', code: 'BAD_FRAME' } });
    }
    const cut = Buffer.from('{"type":"ping","ref":"가"}').subarray(0, 23);
    expect(codec.receive(cut)).toMatchObject([{ kind: 'bad' }]);
    expect(codec.receive(Buffer.from([0xff, 0xfe]))).toMatchObject([{ kind: 'bad' }]);
  });

  it('never throws, whatever it holds, and is always exactly one step', () => {
    const frame = fc.oneof(
      anyText,
      fc.uint8Array({ maxLength: 200 }),
      fc.json(),
      fc
        .record(
          {
            type: fc.constantFrom('auth', 'join', 'send', 'typing', 'read', 'history', 'unsubscribe', 'leave', 'ping'),
            ...{ ref: fc.jsonValue(), roomId: fc.jsonValue(), content: fc.jsonValue(), seq: fc.jsonValue() },
            ...{ clientMessageId: fc.jsonValue(), after: fc.double(), token: anyText },
          },
          { requiredKeys: ['type'] },
        )
        .map((value) => JSON.stringify(value)),
      fc.nat(20_000).map((depth) => '['.repeat(depth)),
      fc.nat(20_000).map((depth) => `{"type":"send","content":${'['.repeat(depth)}${']'.repeat(depth)}}`),
    );
    fc.assert(
      fc.property(frame, (data) => {
        const steps = [...codec.receive(data)];
        expect(steps).toHaveLength(1);
        const step = steps[0]!;
        expect(['command', 'bad', 'refused']).toContain(step.kind);
        if (step.kind === 'bad' || step.kind === 'refused') {
          expect(ERROR_CODES).toContain(step.error.code);
          expect(codec.render(step.error).texts).toHaveLength(1);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('does not let a __proto__ into what it becomes', () => {
    const parsed = command('{"type":"ping","__proto__":{"admin":true},"constructor":{"prototype":{"x":1}}}');
    expect(parsed).toEqual({ type: 'ping' });
    expect(({} as { admin?: boolean }).admin).toBeUndefined();
  });
});

describe('an event', () => {
  it('is one JSON text, of the same bytes for every room and listener', () => {
    const event: Event = { type: 'head', roomId: 'r', seq: 3 };
    expect(codec.render(event)).toEqual({ texts: ['{"type":"head","roomId":"r","seq":3}'] });
    expect(codec.renderKey('a')).toBe(codec.renderKey('b'));
    expect(JSON.parse(codec.render(errorEvent('INTERNAL', '안 돼요')).texts[0]!)).toEqual({
      ...{ type: 'error', code: 'INTERNAL', message: '안 돼요', errors: [] },
    });
  });
});
