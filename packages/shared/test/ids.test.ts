import { describe, expect, it } from 'vitest';
import { ClientRef, MessageId, RoomId, RoomIdInput, Seq, UserId } from '../src/ids.ts';
import { messageId, parseMessageId } from '../src/message-id.ts';

const accepts = (schema: { safeParse(value: unknown): { success: boolean } }, value: unknown) =>
  schema.safeParse(value).success;

describe('a room id', () => {
  it('is 1 to 64 of A–Z a–z 0–9 _ -: UUIDs, numbers and slugs', () => {
    for (const id of ['a', '7', '0192a1b2-0000-7000-8000-000000000000', 'jeju_tangerine-10kg', 'x'.repeat(64)]) {
      expect(accepts(RoomId, id), id).toBe(true);
    }
    for (const id of ['', 'x'.repeat(65), 'a b', 'a/b', '..', '감귤', 'a\n', 'a:1', '\u0000', 7]) {
      expect(accepts(RoomId, id), JSON.stringify(id)).toBe(false);
    }
  });

  it('may come as a JSON integer, which is its decimal text', () => {
    expect(RoomIdInput.parse(774)).toBe('774');
    expect(RoomIdInput.parse(0)).toBe('0');
    for (const id of [-1, 1.5, 1e21, Number.MAX_SAFE_INTEGER + 2, Number.NaN, true, null, ['a'], {}]) {
      expect(accepts(RoomIdInput, id), String(id)).toBe(false);
    }
  });
});

describe('a user id', () => {
  it('is 1 to 255 characters, none of them a control character', () => {
    for (const id of ['a', 'ann@shop.example', '홍길동', 'a b', 'a/b', '...', 'x'.repeat(64)]) {
      expect(accepts(UserId, id), id).toBe(true);
    }
    for (const id of ['', 'x'.repeat(256), '😀'.repeat(256), 'a\u0000', 'a\n', '\u007f', '\u0085', '\ud800']) {
      expect(accepts(UserId, id), JSON.stringify(id)).toBe(false);
    }
  });

  it('is never . or .., which mean another resource in a path', () => {
    expect([accepts(UserId, '.'), accepts(UserId, '..'), accepts(ClientRef, '..')]).toEqual([false, false, true]);
  });
});

describe('a message id', () => {
  it('is roomId:seq, both ways', () => {
    for (const [room, seq] of [
      ['a', 1],
      ['x'.repeat(64), 9_007_199_254_740_991],
      ['0192-_', 120],
    ] as const) {
      expect(parseMessageId(messageId(room, seq))).toEqual({ roomId: room, seq });
    }
  });

  it('is nothing else', () => {
    for (const id of ['', 'a', 'a:', ':1', 'a:0', 'a:01', 'a:-1', 'a:1.5', 'a:1e3', 'a:1:2', 'a: 1', 'a:1\n', '방:1']) {
      expect(parseMessageId(id), JSON.stringify(id)).toBeNull();
      expect(accepts(MessageId, id)).toBe(false);
    }
    expect(parseMessageId('a:9007199254740993')).toBeNull();
    expect(parseMessageId(`a:${'9'.repeat(30)}`)).toBeNull();
  });
});

describe('a seq', () => {
  it('is an integer from 0 that JavaScript can hold exactly', () => {
    for (const seq of [0, 1, Number.MAX_SAFE_INTEGER]) expect(accepts(Seq, seq)).toBe(true);
    for (const seq of [-1, 0.5, Number.MAX_SAFE_INTEGER + 1, Number.NaN, Number.POSITIVE_INFINITY, '1', null]) {
      expect(accepts(Seq, seq), String(seq)).toBe(false);
    }
  });
});
