import type { Message } from '@gongu/shared';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createFaults } from '../../src/check/faults.ts';
import { createLedger } from '../../src/check/ledger.ts';
import { createSequence } from '../../src/shopper/sequence.ts';
import { chat, chats, joined, room } from '../room-text.ts';

function follow(after: number | null = 0) {
  const faults = createFaults();
  const ledger = createLedger({ roomId: 'r', faults });
  const had: number[] = [];
  const sequence = createSequence({ who: 'ann', ledger, after, onTaken: ({ seq }) => had.push(seq) });
  const found = () => faults.list.map(({ kind, text }) => `${kind} ${text}`);
  return { faults, ledger, sequence, had, found };
}

/** As {@link follow}, with the messages up to `seq` already there. */
function inRoom(seq: number) {
  const client = follow();
  client.sequence.ask();
  client.sequence.joined(joined(chats(1, seq), seq));
  return client;
}

const page = (messages: Message[], hasMore = false) => ({
  type: 'page' as const,
  roomId: 'r',
  messages,
  hasMore,
});

describe('what one client has of a room', () => {
  it('finds nothing wrong with a join, live messages, a loss and a recovery', () => {
    const { sequence, had, found } = inRoom(3);
    for (const message of chats(4, 6)) expect(sequence.message(message)).toBe('nothing');
    expect(sequence.head(6)).toBe('nothing');
    sequence.unsubscribed();
    expect(sequence.ask()).toBe(6);
    sequence.joined(joined(chats(7, 9), 9));
    sequence.message(chat(10));
    expect(had).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(found()).toEqual([]);
  });

  it('calls what was left out missing, asks for it and has it in the end', () => {
    const { sequence, had, found } = inRoom(3);
    expect(sequence.message(chat(5))).toBe('join');
    expect(sequence.ask()).toBe(3);
    expect(sequence.message(chat(6))).toBe('nothing');
    sequence.joined(joined(chats(4, 6), 6));
    expect(had).toEqual([1, 2, 3, 4, 5, 6]);
    expect(found()).toEqual(['missing ann: 4 was left out']);
  });

  it('tells a message that comes late from one that never comes', () => {
    const { sequence, found } = inRoom(3);
    sequence.message(chat(5));
    sequence.message(chat(4));
    sequence.message(chat(7));
    sequence.joined(joined(chats(4, 7), 7));
    expect(found()).toEqual(['disorder ann: 4 came after what follows it', 'missing ann: 6 was left out']);
  });

  it('counts a message that comes twice, live or while it is asked for', () => {
    const { sequence, had, found } = inRoom(3);
    sequence.message(chat(3));
    sequence.message(chat(5));
    sequence.message(chat(5));
    sequence.joined(joined(chats(4, 5), 5));
    expect(had).toEqual([1, 2, 3, 4, 5]);
    expect(found()).toEqual(['doubled ann: 3 came twice', 'doubled ann: 5 came twice', 'missing ann: 4 was left out']);
  });

  it('takes a head beyond what it has as a sign of loss', () => {
    const { sequence, found } = inRoom(3);
    expect(sequence.head(4)).toBe('join');
    sequence.joined(joined(chats(4, 4), 4));
    expect(found()).toEqual(['missing ann: 4 was left out']);
  });

  it('takes what follows a join that tells a part of what was missed, and a hole between the two for a loss', () => {
    const part = { ...joined(chats(4, 6), 6), room: room({ lastSeq: 9 }) };
    const { sequence, found } = inRoom(3);
    sequence.unsubscribed();
    expect(sequence.joined(part)).toBe('nothing');
    for (const message of chats(7, 10)) expect(sequence.message(message)).toBe('nothing');
    expect([sequence.lastSeq, found()]).toEqual([10, []]);
    const other = inRoom(3);
    other.sequence.unsubscribed();
    other.sequence.joined(part);
    expect(other.sequence.message(chat(8))).toBe('join');
  });

  it('takes a head or a join behind what it has for a broken server', () => {
    const { sequence, found } = inRoom(3);
    sequence.head(2);
    sequence.unsubscribed();
    sequence.joined(joined([], 2));
    expect(found().join('\n')).toMatch(/the head is 2 where 3 is known\n.*joined at 2 where 3 is known/);
  });

  it('joins again after resync and counts what resync says was sent', () => {
    const { sequence, found } = inRoom(3);
    expect(sequence.resync(3)).toBe('join');
    sequence.joined(joined(chats(4, 8), 8));
    expect(found()).toEqual([]);
    expect(sequence.resync(9)).toBe('join');
    sequence.joined(joined(chats(9, 9), 9));
    expect(found()).toEqual(['missing ann: 9 was left out']);
  });

  it('reads pages up to the newest page when it was too far behind, and keeps what happens meanwhile', () => {
    const { sequence, had, found } = inRoom(2);
    sequence.unsubscribed();
    expect(sequence.joined(joined(chats(1_151, 1_200), 1_200, false))).toBe('page');
    expect(sequence.message(chat(1_201))).toBe('nothing');
    for (let from = 3; from + 100 < 1_151; from += 100) {
      expect(sequence.page(page(chats(from, from + 99), true))).toBe('page');
    }
    expect(sequence.page(page(chats(1_103, 1_201)))).toBe('nothing');
    expect(had).toEqual(Array.from({ length: 1_201 }, (_, i) => i + 1));
    expect(found()).toEqual([]);
  });

  it('holds a server that recovers not to its own limit', () => {
    const { sequence, found } = inRoom(2);
    sequence.unsubscribed();
    sequence.joined(joined(chats(53, 102), 102, false));
    expect(found()).toEqual(['protocol ann: not recovered from 2 to 102, which is near enough']);
  });

  it('calls lost what neither pages nor a recovery bring', () => {
    const { sequence, found } = inRoom(2);
    sequence.unsubscribed();
    sequence.joined(joined(chats(2_951, 3_000), 3_000, false));
    expect(sequence.page(page([]))).toBe('nothing');
    sequence.unsubscribed();
    sequence.joined(joined([chat(3_002), chat(3_003)], 3_003));
    expect(found()).toEqual(['lost ann: no page brings 3 to 2950', 'lost ann: joined has 3002 in place of 3001']);
  });

  it('begins with the newest page where it is told to', () => {
    const { sequence, had, found } = follow(null);
    expect(sequence.ask()).toBeNull();
    sequence.joined(joined(chats(51, 100), 100, false));
    sequence.message(chat(101));
    expect([sequence.firstSeq, sequence.lastSeq, had.length]).toEqual([51, 101, 51]);
    expect(found()).toEqual([]);
  });

  it('does not take a message of a room that this connection has not joined', () => {
    const { sequence, found } = inRoom(2);
    sequence.unsubscribed();
    sequence.message(chat(3));
    expect(found()).toEqual(['protocol ann: 3 came before the room was joined']);
  });

  it('compares a message with what another client of the run got', () => {
    const one = inRoom(2);
    const other = createSequence({ who: 'bob', ledger: one.ledger, after: 0, onTaken: () => {} });
    other.joined(joined([chat(1), chat(2, { content: '다른 말' })], 2));
    one.sequence.message(chat(3, { kind: 'SYSTEM', data: { event: 'a', n: [1] } }));
    other.message(chat(3, { kind: 'SYSTEM', data: { event: 'a', n: [2] } }));
    expect(one.found()).toEqual([
      'changed bob: 2 has another content than others got',
      'changed bob: 3 has another data than others got',
    ]);
  });
});

/** What a network or a server could do to message `i` of a live stream. */
const harm = fc.constantFrom('none', 'drop', 'double', 'swap', 'cut');

it('judges every stream: it complains exactly when something was dropped, doubled or swapped', () => {
  fc.assert(
    fc.property(fc.array(harm, { minLength: 1, maxLength: 40 }), (harms) => {
      const { sequence, had, faults } = inRoom(0);
      const last = harms.length + 2;
      let sent = 0;
      /** What the server does when it is asked to join: it answers with all that was sent so far. */
      const answer = () => sequence.joined(joined(chats((sequence.ask() ?? 0) + 1, sent), sent));
      const deliver = (seq: number) => {
        if (sequence.message(chat(seq)) === 'join') answer();
      };
      let harmed = false;
      for (let seq = 1; seq <= last; seq++) {
        const what = harms[seq - 1] ?? 'none';
        if (what === 'swap' && seq < last) {
          sent = seq + 1;
          deliver(seq + 1);
          deliver(seq);
          harmed = true;
          seq += 1;
          continue;
        }
        sent = seq;
        if (what === 'cut') {
          sequence.unsubscribed();
          answer();
          continue;
        }
        if (what === 'drop') harmed = true;
        else deliver(seq);
        if (what === 'double') {
          deliver(seq);
          harmed = true;
        }
        // A drop just before a cut is what any lost connection looks like; nobody could tell.
        if (what === 'drop' && harms[seq] === 'cut') return;
      }
      if (sequence.head(sent) === 'join') answer();
      expect(had).toEqual(Array.from({ length: last }, (_, i) => i + 1));
      expect(faults.total > 0).toBe(harmed);
    }),
    { numRuns: 500 },
  );
});
