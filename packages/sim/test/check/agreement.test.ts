import type { Message } from '@gongu/shared';
import { describe, expect, it } from 'vitest';
import { checkAgreement } from '../../src/check/agreement.ts';
import { createFaults } from '../../src/check/faults.ts';
import { createLedger, type Saying } from '../../src/check/ledger.ts';
import type { Shopper } from '../../src/shopper/shopper.ts';
import { chat } from '../room-text.ts';

/** A run in which ann and bob said two things each, which came back as `change` says. */
function run(
  change: (parts: { stored: Message[]; sayings: Saying[]; ann: { lastSeq: number; place: string } }) => void,
) {
  const faults = createFaults();
  const ledger = createLedger({ roomId: 'r', faults, nowMs: () => 0 });
  const who = ['ann', 'bob', 'ann', 'bob'];
  const sayings = who.map((userId, i) => ledger.say(userId, `말 ${i}`));
  const stored = sayings.map((saying, i) => {
    saying.sends = 1;
    saying.ack = { seq: 11 + i, createdAt: '' };
    const { userId, clientMessageId, content } = saying;
    return chat(11 + i, { clientMessageId, content, sender: { userId, nickname: userId, tag: null } });
  });
  for (const message of stored) ledger.see(message, 'ann');
  const shoppers = ['ann', 'bob'].map((userId) => ({
    userId,
    place: 'in',
    lastSeq: 14,
    sayings: sayings.filter((saying) => saying.userId === userId),
  }));
  change({ stored, sayings, ann: shoppers[0]! });
  checkAgreement({ ledger, shoppers: shoppers as unknown as Shopper[], stored });
  return faults.list.map(({ kind, text }) => `${kind} ${text.replaceAll(/[\w-]{8}-\d/g, 'ID')}`);
}

describe('the agreement of a run', () => {
  it('is there when everything said is stored once and with everybody', () => {
    expect(run(() => {})).toEqual([]);
  });

  it.each<[string, Parameters<typeof run>[0], string[]]>([
    [
      'something acknowledged is not stored',
      ({ stored }) => stored.pop(),
      [
        'lost 14 was delivered and is not stored',
        'lost ann: has 14 of 13',
        'lost bob: has 14 of 13',
        'lost bob: 14 was acknowledged and is not stored',
      ],
    ],
    ['the store has a hole', ({ stored }) => (stored[1]!.seq = 20), ['lost the store has 20 in place of 12']],
    ['somebody has not got everything', ({ ann }) => (ann.lastSeq = 13), ['lost ann: has 13 of 14']],
    ['somebody did not come back', ({ ann }) => (ann.place = 'away'), ['lost ann: did not come back']],
    [
      'something was said once and stored twice',
      ({ stored }) => stored.push({ ...stored[3]!, seq: 15, messageId: 'r:15' }),
      ['doubled bob: what was said once is stored as 14 and 15'],
    ],
    [
      'a text was changed on its way',
      ({ sayings }) => ((sayings[0] as { content: string }).content = '?'),
      ['changed 11 is not what ann said'],
    ],
    [
      'the store and the delivery differ',
      ({ stored }) => (stored[0] = { ...stored[0]!, createdAt: '2027' }),
      ['changed 11 is stored with another createdAt than it was delivered with'],
    ],
    [
      'an acknowledgement names another place',
      ({ sayings }) => (sayings[0]!.ack = { seq: 12, createdAt: '' }),
      ['changed ann: 12 was acknowledged for what is stored as 11'],
    ],
    ['something was never answered', ({ sayings }) => (sayings[0]!.ack = null), ['lost ann: ID was never answered']],
    [
      'something refused is stored',
      ({ sayings }) => (sayings[0]!.refused = 'FORBIDDEN'),
      ['protocol ann: what was refused with FORBIDDEN is stored as 11'],
    ],
  ])('is missing when %s', (_, change, expected) => {
    expect(run(change)).toEqual(expect.arrayContaining(expected));
  });

  it('holds the order in which one shopper spoke, but for what was sent again', () => {
    const swap = ({ stored, sayings }: { stored: Message[]; sayings: Saying[] }) => {
      [sayings[0]!.ack, sayings[2]!.ack] = [sayings[2]!.ack, sayings[0]!.ack];
      [stored[0]!.clientMessageId, stored[2]!.clientMessageId] = [
        stored[2]!.clientMessageId,
        stored[0]!.clientMessageId,
      ];
      [stored[0]!.content, stored[2]!.content] = [stored[2]!.content, stored[0]!.content];
    };
    expect(run(swap)).toEqual(['disorder ann: 11 was said after 13']);
    expect(
      run((parts) => {
        swap(parts);
        parts.sayings[0]!.sends = 2;
      }),
    ).toEqual([]);
  });
});
