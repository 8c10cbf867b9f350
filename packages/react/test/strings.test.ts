import type { Message } from '@gongu/client';
import { ERROR_CODES, FILE_REFUSALS, PRODUCT_NOTICES, SYSTEM_EVENTS } from '@gongu/shared';
import { describe, expect, test } from 'vitest';
import { productNoticeText } from '../src/components/ProductNotice.tsx';
import { type ChatStrings, english, korean, systemText } from '../src/index.ts';
import { englishTools } from '../src/strings/english-tools.ts';
import { koreanTools } from '../src/strings/korean-tools.ts';

const participant = { userId: 'ann', nickname: '귤사랑', tag: '0042' };

function system(data: object): Message {
  const message = {
    roomId: 'room',
    seq: 1,
    messageId: 'room:1',
    kind: 'SYSTEM',
    sender: null,
    content: 'what the server says',
    replyTo: null,
    clientMessageId: null,
    data,
    createdAt: '2026-01-01T00:00:00.000Z',
  };
  return message as Message;
}

describe.each([
  ['Korean', korean, /[가-힣]/],
  ['English', english, /[A-Za-z]/],
] as const)('%s', (_, strings: ChatStrings, script) => {
  test('has words of its own for every event of the system, whatever its reason', () => {
    // A change of a message, or who was erased, is shown by the messages.
    const lines = SYSTEM_EVENTS.filter((event) => event !== 'message.changed' && event !== 'messages.erased');
    expect(Object.keys(strings.system).sort()).toEqual(lines.toSorted());
    const reasons = [
      undefined,
      'NOT_A_BUYER',
      'GAVE_WAY',
      'CAP_LOWERED',
      'FULL',
      'DEADLINE',
      'SELLER',
      'UNDERFILLED',
      'EXPIRED',
      '?',
    ];
    for (const event of lines) {
      for (const reason of reasons) {
        const said = systemText(system({ event, participant, reason, room: { reason } }), strings);
        expect(said).toMatch(script);
        expect(said).not.toContain('what the server says');
        expect(said).not.toContain('undefined');
        if (event.startsWith('participant.')) expect(said).toContain('귤사랑#0042');
      }
    }
  });

  test('has words for several who came, went or were removed', () => {
    for (const event of ['participant.joined', 'participant.left', 'participant.removed']) {
      for (const reason of [undefined, 'NOT_A_BUYER', 'GAVE_WAY', 'CAP_LOWERED', '?']) {
        const said = systemText(system({ event, participant, reason }), strings, 3);
        expect(said).toMatch(script);
        expect(said).toContain('귤사랑#0042');
        expect(said).toContain('3');
        expect(said).not.toBe(systemText(system({ event, participant, reason }), strings));
      }
    }
    // What is counted nowhere is said of the first.
    expect(systemText(system({ event: 'room.opened' }), strings, 3)).toBe(
      strings.system['room.opened']('', {} as never),
    );
  });

  test('has words for every error, and none of them shows a code', () => {
    const codes = [
      ...ERROR_CODES,
      'CONNECTION_LOST',
      'TIMED_OUT',
      'TOKEN_UNAVAILABLE',
      'NOT_OPEN',
      'OUTDATED',
      'STORAGE_FULL',
      'FILE_LOST',
    ] as const;
    for (const code of codes) {
      const said = (strings === korean ? koreanTools : englishTools).error({
        code,
        message: 'for developers',
        errors: [],
      });
      expect(said).toMatch(script);
      expect(said).not.toContain(code);
      expect(said).not.toContain('for developers');
    }
  });

  test('says of each reason why a file is not taken, and of one that is not known which files are', () => {
    const { fileRefused } = strings === korean ? koreanTools : englishTools;
    const other = fileRefused('TOMORROW');
    expect(fileRefused(undefined)).toBe(other);
    const said = FILE_REFUSALS.filter((reason) => reason !== 'TYPE').map(fileRefused);
    for (const one of [other, ...said]) expect(one).toMatch(script);
    expect(new Set([other, ...said]).size).toBe(FILE_REFUSALS.length);
  });

  test('has words for all that is told of a product, with its price', () => {
    const tools = { ...strings, ...(strings === korean ? koreanTools : englishTools) };
    const price = { amount: 19_900, currency: 'KRW' };
    for (const event of PRODUCT_NOTICES) {
      for (const reason of ['FULL', 'DEADLINE', 'SELLER', 'UNDERFILLED']) {
        for (const of of [price, null]) {
          const counts = { minParticipants: 3, maxParticipants: 5, participantCount: 4 };
          const data = { event, ...counts, price: of ?? (event === 'notice.tier' ? price : null), reason };
          const said = productNoticeText(system({ ...data, deadline: '2026-01-01T00:00:00.000Z' }), tools);
          expect(said).toMatch(script);
          expect(said).not.toContain('what the server says');
          expect(said).not.toContain('undefined');
          if (event === 'notice.tier' || (event === 'notice.ended' && of)) expect(said).toContain('₩19,900');
        }
      }
    }
    expect(productNoticeText(system({ event: 'notice.of.tomorrow' }), tools)).toBe('what the server says');
  });

  test('counts', () => {
    for (const count of [0, 1, 2, 1_000]) {
      expect(strings.newMessages(count)).toContain(String(count));
      expect(strings.readBy(count)).toContain(String(count));
    }
    for (const names of [['a'], ['a', 'b'], ['a', 'b', 'c']]) expect(strings.typing(names)).toMatch(/\S/);
  });
});

test('both languages have the same texts', () => {
  expect(Object.keys(korean).sort()).toEqual(Object.keys(english).sort());
  for (const tools of [englishTools, koreanTools]) expect(tools.online(1_000)).toContain('1000');
  expect(Object.keys(koreanTools).sort()).toEqual(Object.keys(englishTools).sort());
});

test('a message of a kind that is not known here is shown as the server put it', () => {
  for (const data of [{ event: 'room.exploded' }, { event: 'toString' }, {}, null, 'text']) {
    expect(systemText(system(data as object), korean)).toBe('what the server says');
  }
});
