import { describe, expect, it } from 'vitest';
import type { Draft } from '../../src/room/ports/message-store.ts';
import { joinOne, opening, person } from '../fixture/opening.ts';
import { storeOfThisFile } from '../fixture/store.ts';

const given = storeOfThisFile();
let made = 0;

function draft(roomId: string, sender: string, change: Partial<Draft> = {}): Draft {
  const clientMessageId = `c-${++made}`;
  return { roomId, kind: 'CHAT', sender: person(sender), clientMessageId, content: '안녕', replyTo: null, ...change };
}

async function crowd(size: number): Promise<{ roomId: string; names: string[] }> {
  const input = opening({ maxParticipants: size });
  await given.store.rooms.open(input);
  const names = Array.from({ length: size }, (_, i) => `user-${i}`);
  // In another order than that of the names.
  for (const name of [...names].sort((a, b) => Number(b.slice(5)) - Number(a.slice(5)))) {
    await joinOne(given.store.members, input.roomId, name);
  }
  return { roomId: input.roomId, names };
}

describe('two drafts with one clientMessageId in one batch', () => {
  it('are the one that may be stored, when the first is refused', async () => {
    const { roomId } = await crowd(1);
    const notice = draft(roomId, 'user-0', { kind: 'NOTIFICATION' });
    const badReply = { ...notice, kind: 'CHAT', replyTo: 99 } as const;
    const good = { ...notice, kind: 'CHAT', content: 'stored' } as const;
    const outcomes = await given.store.messages.append([notice, badReply, good, { ...good, content: 'again' }]);
    expect(outcomes).toMatchObject([
      { outcome: 'FORBIDDEN' },
      { outcome: 'REPLY_UNKNOWN' },
      { outcome: 'stored', seq: 3 },
      { outcome: 'duplicate', seq: 3 },
    ]);
    expect((await given.store.messages.after(roomId, 2, 10)).map((row) => row.content)).toEqual(['stored']);
  });
});

describe('batches of many senders', () => {
  it('never stand in each other’s way with read marks of the same members', async () => {
    const { roomId, names } = await crowd(40);
    const shuffled = () => [...names].sort(() => Math.random() - 0.5);
    let running = true;
    const until = async (task: () => Promise<unknown>) => {
      while (running) await task();
    };
    const appended: string[] = [];
    const marking = [1, 2].map(() =>
      until(() =>
        given.store.members.markRead(shuffled().map((userId) => ({ roomId, userId, seq: Number.MAX_SAFE_INTEGER }))),
      ),
    );
    for (let i = 0; i < 60; i++) {
      const outcomes = await given.store.messages.append(shuffled().map((name) => draft(roomId, name)));
      appended.push(...outcomes.map((outcome) => outcome.outcome));
    }
    running = false;
    await Promise.all(marking);
    expect(appended.filter((outcome) => outcome !== 'stored')).toEqual([]);
  });

  it('and read marks survive a close that removes the guests', async () => {
    for (let round = 0; round < 10; round++) {
      const { roomId, names } = await crowd(30);
      const marks = names.map((userId) => ({ roomId, userId, seq: 31 }));
      const [marked, ended] = await Promise.all([
        Promise.all([given.store.members.markRead(marks), given.store.members.markRead(marks.toReversed())]),
        given.store.rooms.setStatus(roomId, 'CLOSED', 'FULL'),
      ]);
      expect(marked.flat()).toHaveLength(60);
      expect(ended).toMatchObject({ outcome: 'changed', room: { participantCount: 0 } });
    }
  });
});

describe('read marks', () => {
  it('take any position that JSON has, and one of them never spoils the others', async () => {
    const { roomId } = await crowd(2);
    const marks = await given.store.members.markRead([
      { roomId, userId: 'user-0', seq: Number.MAX_SAFE_INTEGER },
      { roomId, userId: 'user-1', seq: 0 },
      { roomId: 'no-such-room', userId: 'user-1', seq: 2 ** 31 },
    ]);
    expect(marks).toMatchObject([
      { member: true, moved: true, seq: 3 },
      { member: true, moved: false },
      { member: false, moved: false },
    ]);
  });
});
