import { FRAME_LIMITS, type Participant, type Room } from '@gongu/shared';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FrameRoom } from '../../src/protocol/codec.ts';
import { createJsonProtocol } from '../../src/protocol/json.ts';
import { type JoinedEvent, mostBytes, wireMessage } from '../../src/room/event.ts';
import type { StoredMessage } from '../../src/room/ports/stored-message.ts';
import type { Framing } from '../../src/transport/socket.ts';
import { decode, sockJsFraming, sockJsWsFraming } from '../../src/transport/sockjs/frames.ts';
import { wsFraming } from '../../src/transport/ws-framing.ts';
import { room as roomRow } from '../fixture/feed.ts';
import { storedMessage } from '../fixture/messages.ts';

const codec = createJsonProtocol({ contentChars: 4_000 }).create({ subprotocol: 'gongu.v1' });

/** How a client gets a text: bytes that it counts, and the text in them. */
const WIRES: Record<string, { framing: Framing; sent: (framed: Buffer) => string }> = {
  'a WebSocket': { framing: wsFraming, sent: payloadOf },
  'SockJS over a WebSocket': { framing: sockJsWsFraming, sent: payloadOf },
  'SockJS over an event stream': {
    framing: sockJsFraming,
    sent: (framed) => `data: a[${framed.toString().replaceAll('%', '%25')}]\r\n\r\n`,
  },
};

function payloadOf(frame: Buffer): string {
  const length = frame[1]! & 0x7f;
  return frame.subarray(length === 127 ? 10 : length === 126 ? 4 : 2).toString();
}

function textIn(sent: string): string {
  if (sent.startsWith('data: ')) return decode(sent.slice(7).replaceAll('%25', '%').trim())![0]!;
  return sent.startsWith('a[') ? decode(sent.slice(1))![0]! : sent;
}

const anyCharacter = fc.constantFrom(
  'a',
  '"',
  '\\',
  '\n',
  '\u0001',
  '\u001f',
  '%',
  '가',
  '🍊',
  '\u2028',
  '\u200d',
  '\u007f',
);
/** Long texts of few kinds of characters: those are the ones that differ most on the wire. */
const anyText = fc
  .tuple(fc.array(anyCharacter, { minLength: 1, maxLength: 4 }), fc.integer({ min: 1, max: 4_000 }))
  .map(([kinds, count]) =>
    kinds
      .join('')
      .repeat(count)
      .slice(0, count * 2),
  );
const anyMessage = fc.record({
  content: anyText,
  kind: fc.constantFrom('CHAT' as const, 'NOTIFICATION' as const),
  data: fc.option(fc.jsonValue(), { nil: undefined }),
  sender: fc.record({
    userId: anyText.map((text) => text.slice(0, 255)),
    nickname: fc.constant('ann'),
    tag: fc.constant(null),
  }),
});

function messagesOf(fields: readonly { content: string; data?: unknown }[], first: number): StoredMessage[] {
  return fields.map(({ data, ...rest }, i) =>
    storedMessage(first + i, { ...rest, ...(data === undefined ? {} : { data }) }),
  );
}

function participant(userId: string): Participant {
  return {
    ...{ userId, nickname: '가'.repeat(32), tag: null, role: 'GUEST', committed: false, online: true },
    ...{ joinedAt: '2026-01-01T00:00:00.000Z', lastReadSeq: 0 },
  };
}

function joinedOf(messages: readonly StoredMessage[], change: Partial<JoinedEvent> = {}): JoinedEvent {
  const lastSeq = messages.at(-1)?.seq ?? 7;
  const { lastChatNo: _, lastMentionSeq: __, ...room } = roomRow(lastSeq);
  const unread = messages.filter(({ kind }) => kind !== 'SYSTEM').length;
  return {
    ...{
      type: 'joined',
      ref: '"'.repeat(64),
      roomId: 'room',
      room: { ...room, pinnedMessageIds: [], onlineCount: 1, watcherCount: 0 } as Room,
    },
    ...{
      you: { ...participant('ann'), unread, unreadMentions: 0 },
      participants: [participant('ann')],
      messages,
      lastSeq,
    },
    ...{ epoch: 'epoch-1', recovered: true, hasMore: false },
    ...change,
  };
}

/** What a client is sent of an answer: its bytes, and the frame in them. */
function told(answer: JoinedEvent, wire: string, maxBytes: number, keep: FrameRoom['keep']) {
  const { framing, sent } = WIRES[wire]!;
  const cut = codec.cut!(answer, { maxBytes, bytesOf: framing.bytes, keep });
  const { texts } = codec.render(cut);
  expect(texts).toHaveLength(1);
  const wired = sent(framing.frame(texts[0]!));
  return { cut, bytes: Buffer.byteLength(wired), frame: JSON.parse(textIn(wired)) as JoinedEvent };
}

const seqs = (messages: readonly { seq: number }[]) => messages.map(({ seq }) => seq);
const anyBytes = fc.oneof(
  fc.integer({ min: FRAME_LIMITS.leastMaxBytes, max: 60_000 }),
  fc.integer({ min: FRAME_LIMITS.leastMaxBytes, max: FRAME_LIMITS.recoveryBytes }),
);

describe.each(Object.keys(WIRES))('what is put into one frame over %s', (wire) => {
  it('of a recovery is at most maxBytes as sent, and what follows it follows its last message', () => {
    fc.assert(
      fc.property(
        fc.array(anyMessage, { maxLength: 60 }),
        fc.integer({ min: 1, max: 900 }),
        anyBytes,
        (fields, first, maxBytes) => {
          const messages = messagesOf(fields, first);
          const whole = joinedOf(messages);
          const { bytes, frame } = told(whole, wire, maxBytes, 'oldest');
          expect(bytes).toBeLessThanOrEqual(maxBytes);
          expect(frame.messages).toEqual(
            JSON.parse(JSON.stringify(messages.slice(0, frame.messages.length).map(wireMessage))),
          );
          const rest = messages.filter(({ seq }) => seq > frame.lastSeq);
          expect([...seqs(frame.messages), ...seqs(rest)]).toEqual(seqs(messages));
          // Who counts what follows gets to the same number.
          expect(frame.you!.unread + rest.length).toBe(whole.you!.unread);
          expect(frame).toMatchObject({ recovered: true, hasMore: false, room: { lastSeq: whole.lastSeq } });
        },
      ),
      { numRuns: 60 },
    );
  });

  it('of a first page is at most maxBytes as sent, and its newest messages, without a hole up to what follows', () => {
    fc.assert(
      fc.property(
        fc.array(anyMessage, { maxLength: 50 }),
        fc.integer({ min: 1, max: 900 }),
        anyBytes,
        (fields, first, maxBytes) => {
          const messages = messagesOf(fields, first);
          const whole = joinedOf(messages, { recovered: false, hasMore: first > 1 });
          const { bytes, frame } = told(whole, wire, maxBytes, 'newest');
          expect(bytes).toBeLessThanOrEqual(maxBytes);
          const shown = seqs(frame.messages);
          expect(shown).toEqual(
            seqs(messages).filter((seq) => seq >= (shown[0] ?? Number.POSITIVE_INFINITY) && seq <= frame.lastSeq),
          );
          expect(shown.at(-1) ?? frame.lastSeq).toBe(frame.lastSeq);
          if (messages.length > 0) expect(frame.hasMore).toBe((shown[0] ?? frame.lastSeq + 1) > 1);
          // Only what has no room by itself comes afterwards.
          for (const message of messages.filter(({ seq }) => seq > frame.lastSeq)) {
            expect(WIRES[wire]!.framing.bytes(JSON.stringify(wireMessage(message)))).toBeGreaterThan(maxBytes / 4);
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it('of a page is at most maxBytes as sent, or one message, at the end from which it is read', () => {
    fc.assert(
      fc.property(
        fc.array(anyMessage, { minLength: 1, maxLength: 60 }),
        anyBytes,
        fc.constantFrom('oldest' as const, 'newest' as const),
        (fields, maxBytes, keep) => {
          const messages = messagesOf(fields, 5).map(wireMessage);
          const { framing, sent } = WIRES[wire]!;
          const page = { type: 'page' as const, ref: '1', roomId: 'room', messages, hasMore: false };
          const cut = codec.cut!(page, { maxBytes, bytesOf: framing.bytes, keep });
          const bytes = Buffer.byteLength(sent(framing.frame(codec.render(cut).texts[0]!)));
          if (cut.messages.length > 1) expect(bytes).toBeLessThanOrEqual(maxBytes);
          const { length } = cut.messages;
          expect(length).toBeGreaterThan(0);
          expect(cut.messages).toEqual(keep === 'oldest' ? messages.slice(0, length) : messages.slice(-length));
          expect(cut.hasMore).toBe(length < messages.length);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('has participants in at most half of it, the first of them', () => {
    const participants = Array.from({ length: 100 }, (_, i) => participant(`${i}-`.padEnd(255, '"')));
    const messages = messagesOf([{ content: 'x' }, { content: 'y' }], 1);
    const { bytes, frame } = told(joinedOf(messages, { participants }), wire, FRAME_LIMITS.leastMaxBytes, 'oldest');
    expect(bytes).toBeLessThanOrEqual(FRAME_LIMITS.leastMaxBytes);
    expect(seqs(frame.messages)).toEqual([1, 2]);
    expect(frame.participants.length).toBeGreaterThan(2);
    expect(frame.participants).toEqual(participants.slice(0, frame.participants.length));
  });

  it('is at most the least maxBytes whatever the room and those in it are called', () => {
    const named = (userId: string) => ({
      ...participant(userId),
      nickname: '\u0001'.repeat(32),
      tag: '\u0001'.repeat(16),
    });
    const [title, reason] = ['\u0001'.repeat(200), '\u0001'.repeat(500)];
    const participants = Array.from({ length: 100 }, (_, i) => named(`${i}-`.padEnd(255, '"')));
    const whole = joinedOf(messagesOf([{ content: 'x' }], 1), { participants });
    const room = { ...whole.room, title, reason, hostId: '"'.repeat(255), roomId: 'r'.repeat(64) };
    const you = { ...whole.you!, ...named('"'.repeat(255)) };
    const { bytes } = told({ ...whole, room, you, roomId: room.roomId }, wire, FRAME_LIMITS.leastMaxBytes, 'oldest');
    expect(bytes).toBeLessThanOrEqual(FRAME_LIMITS.leastMaxBytes);
  });
});

it('an answer that has room is told as it is', () => {
  const joined = joinedOf(messagesOf([{ content: 'x' }], 1));
  const room: FrameRoom = { maxBytes: FRAME_LIMITS.pageBytes, bytesOf: wsFraming.bytes, keep: 'newest' };
  expect(codec.cut!(joined, room)).toBe(joined);
});

it('what is read already counts for nothing in what follows', () => {
  const messages = messagesOf(
    Array.from({ length: 10 }, () => ({ content: '"'.repeat(3_000) })),
    1,
  );
  const joined = joinedOf(messages, { you: { ...participant('ann'), lastReadSeq: 8, unread: 2, unreadMentions: 0 } });
  const { frame } = told(joined, 'a WebSocket', FRAME_LIMITS.leastMaxBytes, 'oldest');
  expect(frame.lastSeq).toBe(2);
  expect(frame.you!.unread).toBe(0);
});

it('a message is never larger than it is taken for, on any wire', () => {
  fc.assert(
    fc.property(anyMessage, (fields) => {
      const message = wireMessage(messagesOf([fields], 999_999)[0]!);
      for (const { framing } of Object.values(WIRES)) {
        expect(mostBytes(message)).toBeGreaterThanOrEqual(framing.bytes(JSON.stringify(message)));
      }
    }),
  );
});
