import { withSearchPath } from '@gongu/host';
import pg from 'pg';
import { describe, expect, it } from 'vitest';
import type { Draft } from '../../src/room/ports/message-store.ts';
import { joining, joinOne, opening, person } from '../fixture/opening.ts';
import { storeOfThisFile } from '../fixture/store.ts';

const given = storeOfThisFile();
let made = 0;

function draft(roomId: string, sender: string | null, change: Partial<Draft> = {}): Draft {
  return {
    roomId,
    kind: 'CHAT',
    sender: sender === null ? null : person(sender),
    clientMessageId: `c-${++made}`,
    content: '안녕하세요',
    replyTo: null,
    ...change,
  };
}

async function roomWith(...names: string[]): Promise<string> {
  const input = opening({ maxParticipants: 50 });
  await given.store.rooms.open(input);
  for (const name of names) await joinOne(given.store.members, input.roomId, name);
  return input.roomId;
}

describe('append', () => {
  it('gives consecutive seqs in the order of the batch, room by room', async () => {
    const [a, b] = [await roomWith('ann'), await roomWith('ann')];
    const outcomes = await given.store.messages.append([draft(a, 'ann'), draft(b, 'ann'), draft(a, 'ann')]);
    expect(outcomes).toMatchObject([
      { outcome: 'stored', seq: 3, chatNo: 1 },
      { outcome: 'stored', seq: 3, chatNo: 1 },
      { outcome: 'stored', seq: 4, chatNo: 2 },
    ]);
    const [room] = await Promise.all([given.store.rooms.find(a)]);
    expect(room).toMatchObject({ lastSeq: 4, lastChatNo: 2 });
  });

  it('answers a retry with the first place, within a batch, later, and after the sender has gone', async () => {
    const roomId = await roomWith('ann');
    const first = draft(roomId, 'ann');
    const [one, two] = await given.store.messages.append([first, { ...first, content: 'other' }]);
    expect(one).toMatchObject({ outcome: 'stored', seq: 3 });
    expect(two).toMatchObject({ outcome: 'duplicate', seq: 3 });
    await given.store.members.leave(roomId, 'ann', 'participant.left', null, { pauseS: 600, limited: true });
    const [three] = await given.store.messages.append([first]);
    expect(three).toEqual({ ...one, outcome: 'duplicate' });
    const rows = await given.store.messages.after(roomId, 2, 10);
    expect(rows.map((row) => row.content)).toEqual(['안녕하세요', 'ann left']);
  });

  it('stores what is right alike, whether or not something else in the batch is wrong', async () => {
    const rooms = [await roomWith('ann', 'bob'), await roomWith('ann', 'bob')];
    const stored = await given.store.messages.append([draft(rooms[0]!, 'bob'), draft(rooms[1]!, 'bob')]);
    const [retried] = [draft(rooms[0]!, 'ann')];
    const first = await given.store.messages.append([retried]);
    const batch = () => [
      draft(rooms[1]!, 'bob'),
      draft(rooms[0]!, 'ann', { replyTo: 4 }),
      draft(rooms[0]!, null, { kind: 'NOTIFICATION', data: { a: [1] }, signalType: 'x' }),
      draft(rooms[1]!, 'ann'),
      draft(rooms[0]!, 'bob'),
      draft(rooms[0]!, 'ann'),
    ];
    const wrong: [string, Draft, object][] = [
      ['nothing', draft(rooms[0]!, 'ann'), { outcome: 'stored' }],
      ['a stranger', draft(rooms[0]!, 'stranger'), { outcome: 'NOT_A_MEMBER' }],
      ['no room', draft('no such room', 'ann'), { outcome: 'NOT_FOUND' }],
      ['a notice by a guest', draft(rooms[1]!, 'ann', { kind: 'NOTIFICATION' }), { outcome: 'FORBIDDEN' }],
      ['an answer to nothing', draft(rooms[1]!, 'bob', { replyTo: 1_000 }), { outcome: 'REPLY_UNKNOWN' }],
      ['a retry', retried!, { ...first[0], outcome: 'duplicate' }],
    ];
    expect(stored).toMatchObject([{ outcome: 'stored' }, { outcome: 'stored' }]);
    for (const [what, culprit, outcome] of wrong) {
      const heads = await given.store.rooms.heads(rooms);
      const others = batch();
      const outcomes = await given.store.messages.append([...others, culprit]);
      expect(outcomes.at(-1), what).toMatchObject(outcome);
      const expected = new Map(rooms.map((roomId) => [roomId, heads.get(roomId)!.lastSeq]));
      for (const [i, { roomId }] of others.entries()) {
        const seq = expected.get(roomId)! + 1;
        expected.set(roomId, seq);
        expect(outcomes[i], what).toMatchObject({ outcome: 'stored', seq });
      }
      for (const roomId of rooms) {
        const rows = await given.store.messages.after(roomId, heads.get(roomId)!.lastSeq, 10);
        const written = [...others, culprit].filter((each, i) => each.roomId === roomId && 'seq' in outcomes[i]!);
        const fresh = written.filter((each) => each !== retried);
        expect(rows, what).toMatchObject(
          fresh.map(({ kind, clientMessageId, sender, replyTo, content }) => ({
            ...{ kind, clientMessageId, content, sender, replyTo: replyTo === null ? null : `${roomId}:${replyTo}` },
          })),
        );
        const marks = await given.store.members.find(roomId, ['ann', 'bob']);
        for (const { userId, lastReadSeq, lastReadChatNo } of marks) {
          const last = rows.findLast(({ sender }) => sender?.userId === userId);
          if (last)
            expect({ lastReadSeq, lastReadChatNo }, what).toEqual({
              lastReadSeq: last.seq,
              lastReadChatNo: last.chatNo,
            });
        }
      }
    }
  });

  it('answers a retry of a message without a sender likewise, and takes the same key from another for his own', async () => {
    const roomId = await roomWith('ann');
    const notice = draft(roomId, null, { kind: 'NOTIFICATION' });
    const [one] = await given.store.messages.append([notice]);
    expect(one).toMatchObject({ outcome: 'stored', seq: 3 });
    expect(await given.store.messages.append([notice])).toEqual([{ ...one, outcome: 'duplicate' }]);
    const own = draft(roomId, 'ann', { clientMessageId: notice.clientMessageId });
    expect(await given.store.messages.append([own])).toMatchObject([{ outcome: 'stored', seq: 4 }]);
  });

  it('judges each draft by itself', async () => {
    const roomId = await roomWith('ann');
    const closed = await roomWith('ann');
    await given.store.rooms.setStatus(closed, 'CANCELLED', null);
    const outcomes = await given.store.messages.append([
      draft(roomId, 'ann'),
      draft(roomId, 'stranger'),
      draft('no-such-room', 'ann'),
      draft(closed, 'ann'),
      draft(roomId, 'ann', { kind: 'NOTIFICATION' }),
      draft(roomId, 'seller', { kind: 'NOTIFICATION' }),
      draft(roomId, null, { kind: 'NOTIFICATION' }),
      draft(roomId, 'ann', { replyTo: 99 }),
      // The first of this batch: nobody has seen it yet.
      draft(roomId, 'ann', { replyTo: 3 }),
      draft(roomId, 'ann', { replyTo: 1, data: { any: ['json', null] } }),
    ]);
    expect(outcomes.map((outcome) => outcome.outcome)).toEqual([
      'stored',
      'NOT_A_MEMBER',
      'NOT_FOUND',
      'ROOM_READ_ONLY',
      'FORBIDDEN',
      'stored',
      'stored',
      'REPLY_UNKNOWN',
      'REPLY_UNKNOWN',
      'stored',
    ]);
    const rows = await given.store.messages.after(roomId, 2, 10);
    expect(rows.map((row) => row.seq)).toEqual([3, 4, 5, 6]);
    expect(rows.at(-1)).toMatchObject({ replyTo: `${roomId}:1`, data: { any: ['json', null] } });
  });

  it('stores the others when one draft has data that PostgreSQL refuses', async () => {
    const roomId = await roomWith('ann');
    const drafts = [
      draft(roomId, 'ann'),
      draft(roomId, 'ann', { sender: { ...person('ann'), tag: 'nul\u0000' } }),
      draft(roomId, 'ann'),
    ];
    const outcomes = await given.store.messages.append(drafts);
    expect(outcomes.map((outcome) => outcome.outcome)).toEqual(['stored', 'REFUSED_DATA', 'stored']);
  });

  it('stores the others when one room is locked by somebody else', async () => {
    const [free, locked] = [await roomWith('ann'), await roomWith('ann')];
    const client = new pg.Client({ connectionString: withSearchPath(given.url, 'chat') });
    await client.connect();
    try {
      await client.query('BEGIN');
      await client.query('SELECT 1 FROM rooms WHERE room_id = $1 FOR UPDATE', [locked]);
      const outcomes = await given.store.messages.append([draft(locked, 'ann'), draft(free, 'ann')]);
      expect(outcomes.map((outcome) => outcome.outcome)).toEqual(['BUSY', 'stored']);
    } finally {
      await client.end();
    }
  });

  it('waits twice for rooms that are locked, however many they are, and the others are stored before that', async () => {
    const free = await roomWith('ann');
    const locked = await Promise.all(Array.from({ length: 40 }, () => roomWith('ann')));
    const client = new pg.Client({ connectionString: withSearchPath(given.url, 'chat') });
    await client.connect();
    try {
      await client.query('BEGIN');
      await client.query('SELECT 1 FROM rooms WHERE room_id = ANY ($1) FOR UPDATE', [locked]);
      const began = performance.now();
      const drafts = [...locked.slice(0, 20), free, ...locked.slice(20)].map((roomId) => draft(roomId, 'ann'));
      const outcomes = await given.store.messages.append(drafts);
      // 500 ms each: one after the other they would take 20 s, and every room would wait for them.
      expect(performance.now() - began).toBeLessThan(5_000);
      expect(outcomes.map((outcome) => outcome.outcome)).toEqual(
        drafts.map(({ roomId }) => (roomId === free ? 'stored' : 'BUSY')),
      );
      const joins = await given.store.members.join(
        [...locked.slice(0, 20), free, ...locked.slice(20)].map((roomId) => joining(roomId, 'bob')),
        [],
      );
      expect(joins.map((outcome) => outcome.outcome)).toEqual(
        drafts.map(({ roomId }) => (roomId === free ? 'joined' : 'BUSY')),
      );
    } finally {
      await client.end();
    }
    const again = await given.store.messages.append(locked.map((roomId) => draft(roomId, 'ann')));
    expect(new Set(again.map((outcome) => outcome.outcome))).toEqual(new Set(['stored']));
  });

  it('marks as read what the sender has before him', async () => {
    const roomId = await roomWith('ann', 'bob');
    await given.store.messages.append([draft(roomId, 'bob'), draft(roomId, 'ann'), draft(roomId, 'bob')]);
    const [ann] = await given.store.members.find(roomId, ['ann']);
    expect(ann).toMatchObject({ lastReadSeq: 5, lastReadChatNo: 2 });
  });

  it('lets 20 instances write to one room at once without a gap or a double', async () => {
    const roomId = await roomWith('ann');
    const batches = Array.from({ length: 20 }, () => Array.from({ length: 10 }, () => draft(roomId, 'ann')));
    await Promise.all(batches.map((batch) => given.store.messages.append(batch)));
    const rows = await given.store.messages.after(roomId, 0, 1_000);
    expect(rows.map((row) => row.seq)).toEqual(Array.from({ length: 202 }, (_, i) => i + 1));
    expect(rows.map((row) => row.createdAt)).toEqual(rows.map((row) => row.createdAt).sort());
  });

  it('stores nothing after a CANCELLED that 200 senders race against', async () => {
    const roomId = await roomWith('ann');
    // A service has one batch under way at a time. These 200 wait for two connections.
    const sends = Array.from({ length: 200 }, () => given.store.messages.append([draft(roomId, 'ann')]));
    const [end] = await Promise.all([given.store.rooms.setStatus(roomId, 'CANCELLED', null), ...sends]);
    const rows = await given.store.messages.after(roomId, 0, 1_000);
    expect(rows.at(-1)).toMatchObject({ kind: 'SYSTEM', data: { event: 'room.cancelled' } });
    expect('room' in end && end.room.lastSeq).toBe(rows.length);
  });
});

describe('read marks', () => {
  it('move forward only, never past the newest message', async () => {
    const roomId = await roomWith('ann', 'bob');
    await given.store.messages.append([draft(roomId, 'bob'), draft(roomId, 'bob')]);
    const mark = (seq: number) => given.store.members.markRead([{ roomId, userId: 'ann', seq }]);
    expect(await mark(4)).toEqual([{ member: true, moved: true, seq: 4, chatNo: 1 }]);
    expect(await mark(2)).toEqual([{ member: true, moved: false, seq: 4, chatNo: 1 }]);
    expect(await mark(999)).toEqual([{ member: true, moved: true, seq: 5, chatNo: 2 }]);
    const [stranger] = await given.store.members.markRead([{ roomId, userId: 'stranger', seq: 1 }]);
    expect(stranger).toMatchObject({ member: false, moved: false });
  });
});

describe('tickets', () => {
  const user = { userId: 'ann', nickname: 'ann', tag: null, roles: [], anon: false, expiresAtMs: Date.now() + 60_000 };

  it('are good once', async () => {
    await given.store.tickets.issue('ticket-1', user, 30_000);
    const answers = await Promise.all([1, 2, 3].map(() => given.store.tickets.redeem('ticket-1')));
    expect(answers.filter((answer) => answer !== null)).toEqual([user]);
  });

  it('are worth nothing when too old or unknown', async () => {
    await given.store.tickets.issue('ticket-2', user, 0);
    expect(await given.store.tickets.redeem('ticket-2')).toBeNull();
    expect(await given.store.tickets.redeem('ticket-3')).toBeNull();
  });
});

describe('nickname tags', () => {
  it('are unique per nickname and run out after 10 000', async () => {
    const client = new pg.Client({ connectionString: withSearchPath(given.url, 'chat') });
    await client.connect();
    await client.query(
      `INSERT INTO nickname_tags (nickname, tag) SELECT 'full', lpad(n::text, 4, '0') FROM generate_series(0, 9997) n`,
    );
    await client.end();
    const tags = [
      await given.store.tags.claim('full', { userId: 'anon-1', visitor: false }),
      await given.store.tags.claim('full', { userId: 'anon-1', visitor: false }),
    ];
    expect(tags.sort()).toEqual(['9998', '9999']);
    expect(await given.store.tags.claim('full', { userId: 'anon-1', visitor: false })).toBeNull();
  });
});
