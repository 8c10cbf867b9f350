import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createEnvelope } from '../../src/bus/envelope.ts';
import type { Signal } from '../../src/room/ports/bus.ts';
import type { StoredMessage } from '../../src/room/ports/stored-message.ts';

const text = fc.string({ unit: 'binary' });
const id = fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/);
const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 64 });
const user = fc.record({ userId: name, nickname: text, tag: fc.option(text) });
const count = fc.nat({ max: Number.MAX_SAFE_INTEGER });

function message(roomId: string): fc.Arbitrary<StoredMessage> {
  return fc.record(
    {
      roomId: fc.constant(roomId),
      seq: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
      chatNo: count,
      version: count,
      messageId: fc.constant(`${roomId}:1`),
      kind: fc.constantFrom('CHAT', 'SYSTEM', 'NOTIFICATION'),
      sender: fc.option(user),
      content: text,
      replyTo: fc.option(text),
      clientMessageId: fc.option(name),
      createdAt: fc.constant('2026-01-01T00:00:00.000Z'),
      data: fc.jsonValue(),
      signalType: name,
    },
    {
      requiredKeys: [
        'roomId',
        'seq',
        'chatNo',
        'version',
        'messageId',
        'kind',
        'sender',
        'content',
        'replyTo',
        'clientMessageId',
        'createdAt',
      ],
    },
  ) as fc.Arbitrary<StoredMessage>;
}

const signal: fc.Arbitrary<Signal> = id.chain((roomId) =>
  fc.oneof(
    fc.record({
      kind: fc.constant('messages' as const),
      roomId: fc.constant(roomId),
      messages: fc.array(message(roomId), { minLength: 1, maxLength: 5 }),
    }),
    fc.record({
      kind: fc.constant('read' as const),
      roomId: fc.constant(roomId),
      userId: name,
      seq: count,
      chatNo: count,
    }),
    fc.record({ kind: fc.constant('typing' as const), roomId: fc.constant(roomId), user, typing: fc.boolean() }),
    fc.record({
      kind: fc.constant('presence' as const),
      roomId: fc.constant(roomId),
      userId: name,
      online: fc.boolean(),
    }),
    fc.record({
      kind: fc.constant('whisper' as const),
      roomId: fc.constant(roomId),
      sender: name,
      receiver: name,
      signalType: name,
      data: fc.jsonValue(),
    }),
    fc.record({ kind: fc.constant('removed' as const), roomId: fc.constant(roomId) }),
  ),
);

const instance = fc.stringMatching(/^[A-Za-z0-9._:-]{1,64}$/);
const bytes = (value: string) => Buffer.from(value);

describe('envelope', () => {
  it('carries every signal to another instance as it was', () => {
    fc.assert(
      fc.property(signal, instance, instance, (sent, from, to) => {
        fc.pre(from !== to);
        const received = createEnvelope(to).decode(bytes(createEnvelope(from).encode(sent)), sent.roomId);
        // Through JSON once: -0 has no sign there.
        expect(received).toEqual(JSON.parse(JSON.stringify(sent)));
      }),
    );
  });

  it('knows its own signals, and those of an instance whose id only begins alike it does not take for own', () => {
    fc.assert(
      fc.property(signal, instance, (sent, from) => {
        const envelope = createEnvelope(from);
        const encoded = bytes(envelope.encode(sent));
        expect(envelope.decode(encoded, sent.roomId)).toBe('own');
        if (from.length > 1) expect(createEnvelope(from.slice(0, -1)).decode(encoded, sent.roomId)).not.toBe('own');
      }),
    );
  });

  it('never throws, whatever bytes arrive', () => {
    const envelope = createEnvelope('b');
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (garbage) => {
        const decoded = envelope.decode(Buffer.from(garbage), 'room');
        expect(typeof decoded === 'string' || decoded.roomId === 'room').toBe(true);
      }),
    );
  });

  it('takes a signal that was cut or changed for unreadable, or for a signal of its room', () => {
    const envelope = createEnvelope('b');
    fc.assert(
      fc.property(signal, fc.nat(), fc.nat({ max: 255 }), (sent, at, byte) => {
        const whole = bytes(createEnvelope('a').encode(sent));
        const cut = envelope.decode(whole.subarray(0, at % whole.length), sent.roomId);
        expect(typeof cut).toBe('string');
        const changed = Buffer.from(whole);
        changed[at % whole.length] = byte;
        const decoded = envelope.decode(changed, sent.roomId);
        if (typeof decoded !== 'string') expect(decoded.roomId).toBe(sent.roomId);
      }),
    );
  });

  it('survives JSON of every wrong shape behind a right head', () => {
    const envelope = createEnvelope('b');
    fc.assert(
      fc.property(fc.constantFrom(...'mrtpwx'), fc.json(), (letter, json) => {
        const decoded = envelope.decode(bytes(`1${letter}a\n${json}`), 'room');
        if (typeof decoded !== 'string') expect(decoded.roomId).toBe('room');
        else expect(decoded).toBe('unreadable');
      }),
    );
  });

  it('leaves kinds that it does not know alone, and calls another version unreadable', () => {
    const envelope = createEnvelope('b');
    expect(envelope.decode(bytes('1za\n{"some":"thing"}'), 'room')).toBe('unknown');
    expect(envelope.decode(bytes('2xa\n{}'), 'room')).toBe('unreadable');
  });

  it('does not take a message of one room on the channel of another', () => {
    const sent = createEnvelope('a').encode({ kind: 'messages', roomId: 'one', messages: [sample('one', 1)] });
    expect(createEnvelope('b').decode(bytes(sent), 'two')).toBe('unreadable');
  });

  it('takes messages of the first version, which had none, as never changed', () => {
    const { version: _, ...first } = sample('one', 7);
    const sent = createEnvelope('a').encode({ kind: 'messages', roomId: 'one', messages: [first as StoredMessage] });
    expect(createEnvelope('b').decode(bytes(sent), 'one')).toMatchObject({ messages: [{ seq: 7, version: 7 }] });
  });

  it('keeps fields of messages that a later version adds', () => {
    const later = { ...sample('one', 1), later: '2027-01-01T00:00:00.000Z' };
    const sent = createEnvelope('a').encode({ kind: 'messages', roomId: 'one', messages: [later] });
    expect(createEnvelope('b').decode(bytes(sent), 'one')).toMatchObject({ messages: [later] });
  });

  it('refuses an instance id that would not fit into the head', () => {
    for (const bad of ['', 'a\nb', 'a b', 'x'.repeat(65)]) expect(() => createEnvelope(bad)).toThrow(RangeError);
  });
});

function sample(roomId: string, seq: number): StoredMessage {
  return {
    roomId,
    seq,
    version: seq,
    chatNo: seq,
    messageId: `${roomId}:${seq}`,
    kind: 'CHAT',
    sender: { userId: 'ann', nickname: 'ann', tag: null },
    content: '안녕하세요',
    replyTo: null,
    clientMessageId: 'c-1',
    createdAt: '2026-01-01T00:00:00.000Z',
  };
}
