import { describe, expect, it } from 'vitest';
import type { RoomSnapshot } from '../../src/room/ports/room-store.ts';
import { eventOf } from '../fixture/messages.ts';
import { joinOne, opening } from '../fixture/opening.ts';
import { storeOfThisFile } from '../fixture/store.ts';

const given = storeOfThisFile();

async function history(roomId: string) {
  return given.store.messages.after(roomId, 0, 1_000);
}

describe('opening a room', () => {
  it('makes the host a member and is the first message of the sequence', async () => {
    const input = opening();
    const change = await given.store.rooms.open(input);
    expect(change.outcome).toBe('created');
    expect(change.room).toMatchObject({ status: 'ACTIVE', participantCount: 0, lastSeq: 1, hostId: 'seller' });
    expect(change.messages).toHaveLength(1);
    expect(change.messages[0]).toMatchObject({
      seq: 1,
      messageId: `${input.roomId}:1`,
      kind: 'SYSTEM',
      sender: null,
      data: { event: 'room.opened', room: { title: '제주 감귤 10kg' }, participant: { role: 'HOST' } },
    });
    expect(await given.store.members.list(input.roomId, { limit: 10, afterSeq: null })).toMatchObject([
      { userId: 'seller', host: true },
    ]);
  });

  it('finds the room again for the same payload and is a conflict for another', async () => {
    const input = opening();
    await given.store.rooms.open(input);
    expect((await given.store.rooms.open({ ...input })).outcome).toBe('same');
    expect((await given.store.rooms.open({ ...input, title: 'other' })).outcome).toBe('conflict');
    expect(await history(input.roomId)).toHaveLength(1);
  });

  it('creates one room when ten instances open it at once', async () => {
    const input = opening();
    const outcomes = await Promise.all(Array.from({ length: 10 }, () => given.store.rooms.open(input)));
    expect(outcomes.filter((change) => change.outcome === 'created')).toHaveLength(1);
    expect(outcomes.filter((change) => change.outcome === 'same')).toHaveLength(9);
  });
});

describe('the cap', () => {
  it('gives exactly maxParticipants places to 200 who join at once', async () => {
    const input = opening({ maxParticipants: 20 });
    await given.store.rooms.open(input);
    const outcomes = await Promise.all(
      Array.from({ length: 200 }, (_, i) => joinOne(given.store.members, input.roomId, `u${i}`)),
    );
    expect(outcomes.filter((change) => change.outcome === 'joined')).toHaveLength(20);
    expect(outcomes.filter((change) => change.outcome === 'ROOM_FULL')).toHaveLength(180);
    const room = await given.store.rooms.find(input.roomId);
    expect(room?.participantCount).toBe(20);
    const seqs = (await history(input.roomId)).map((message) => message.seq);
    expect(seqs).toEqual(Array.from({ length: 21 }, (_, i) => i + 1));
  });

  it('makes the newest guest give way to a buyer', async () => {
    const input = opening({ maxParticipants: 2 });
    await given.store.rooms.open(input);
    await joinOne(given.store.members, input.roomId, 'ann');
    await joinOne(given.store.members, input.roomId, 'bob');
    const change = await given.store.members.commit(input.roomId, 'cho', true, 'cho', []);
    expect(change).toMatchObject({ outcome: 'committed', room: { participantCount: 2, committedCount: 1 } });
    expect('messages' in change && change.messages.map(eventOf)).toEqual([
      'participant.removed',
      'participant.joined',
      'participant.committed',
    ]);
    const members = await given.store.members.list(input.roomId, { limit: 10, afterSeq: null });
    expect(members.map((member) => member.userId)).toEqual(['seller', 'ann', 'cho']);
  });

  it('refuses a buyer only when buyers hold every place', async () => {
    const input = opening({ maxParticipants: 1 });
    await given.store.rooms.open(input);
    await given.store.members.commit(input.roomId, 'ann', true, 'ann', []);
    expect((await given.store.members.commit(input.roomId, 'bob', true, 'bob', [])).outcome).toBe('ROOM_FULL');
  });

  it('lets a buyer who left come back into a full room', async () => {
    const input = opening({ maxParticipants: 2 });
    await given.store.rooms.open(input);
    await given.store.members.commit(input.roomId, 'ann', true, 'ann', []);
    await given.store.members.leave(input.roomId, 'ann', 'participant.left', null, { pauseS: 600, limited: true });
    await joinOne(given.store.members, input.roomId, 'bob');
    await joinOne(given.store.members, input.roomId, 'cho');
    const back = await joinOne(given.store.members, input.roomId, 'ann');
    expect(back).toMatchObject({ outcome: 'joined', room: { participantCount: 2, committedCount: 1 } });
  });

  it('can be lowered to the number of buyers and no further; guests give way', async () => {
    const input = opening({ maxParticipants: 5 });
    await given.store.rooms.open(input);
    for (const name of ['a', 'b', 'c']) await joinOne(given.store.members, input.roomId, name);
    await given.store.members.commit(input.roomId, 'a', true, 'a', []);
    await given.store.members.commit(input.roomId, 'd', true, 'd', []);
    expect(await given.store.rooms.patch(input.roomId, { maxParticipants: 1 }, [])).toEqual({
      outcome: 'BELOW_BUYERS',
    });
    expect(await given.store.rooms.patch(input.roomId, { maxParticipants: 2 }, [])).toMatchObject({
      outcome: 'changed',
      room: { maxParticipants: 2, participantCount: 2 },
    });
  });
});

describe('the end of a room', () => {
  it('removes guests from a CLOSED room, each with a message, and takes no new member', async () => {
    const input = opening({ maxParticipants: 5 });
    await given.store.rooms.open(input);
    await joinOne(given.store.members, input.roomId, 'guest-1');
    await joinOne(given.store.members, input.roomId, 'guest-2');
    await given.store.members.commit(input.roomId, 'buyer', true, 'buyer', []);
    const change = await given.store.rooms.setStatus(input.roomId, 'CLOSED', 'FULL');
    expect(change).toMatchObject({
      outcome: 'changed',
      room: { status: 'CLOSED', reason: 'FULL', participantCount: 1, committedCount: 1, lastSeq: 8 },
    });
    const rows = await history(input.roomId);
    expect(rows.map((message) => message.seq)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(rows.slice(5).map(eventOf)).toEqual(['room.closed', 'participant.removed', 'participant.removed']);
    expect((await joinOne(given.store.members, input.roomId, 'late')).outcome).toBe('ROOM_NOT_ACTIVE');
    expect((await given.store.members.commit(input.roomId, 'late', true, 'late', [])).outcome).toBe('ROOM_NOT_ACTIVE');
  });

  it('keeps an end state that the service gave', async () => {
    const input = opening();
    await given.store.rooms.open(input);
    await given.store.rooms.setStatus(input.roomId, 'CLOSED', 'FULL');
    expect((await given.store.rooms.setStatus(input.roomId, 'CLOSED', null)).outcome).toBe('same');
    expect((await given.store.rooms.setStatus(input.roomId, 'CANCELLED', null)).outcome).toBe('illegal');
    expect((await given.store.rooms.setStatus(input.roomId, 'ACTIVE', null)).outcome).toBe('illegal');
  });

  it('expires to CLOSED with enough buyers and to CANCELLED without, once among ten instances', async () => {
    const expiresAt = new Date(Date.now() - 1_000).toISOString();
    const enough = opening({ minParticipants: 1, expiresAt });
    const short = opening({ minParticipants: 2, expiresAt });
    for (const input of [enough, short]) {
      await given.store.rooms.open(input);
      await given.store.members.commit(input.roomId, 'ann', true, 'ann', []);
    }
    const runs = await Promise.all(Array.from({ length: 10 }, () => given.store.rooms.expire(100)));
    const ended = runs.flat().filter((change) => [enough.roomId, short.roomId].includes(change.room.roomId));
    expect(ended).toHaveLength(2);
    expect(await given.store.rooms.find(enough.roomId)).toMatchObject({ status: 'CLOSED', reason: 'EXPIRED' });
    expect(await given.store.rooms.find(short.roomId)).toMatchObject({ status: 'CANCELLED', reason: 'EXPIRED' });
  });

  it('lets trade set the other end state after an expiry, and re-admit a buyer who was removed as a guest', async () => {
    const input = opening({ minParticipants: null, expiresAt: new Date(Date.now() + 60).toISOString() });
    await given.store.rooms.open(input);
    await joinOne(given.store.members, input.roomId, 'late-buyer');
    await expect
      .poll(async () => {
        await given.store.rooms.expire(100);
        return (await given.store.rooms.find(input.roomId))?.status;
      })
      .toBe('CLOSED');
    expect(await given.store.members.find(input.roomId, ['late-buyer'])).toEqual([]);
    expect((await given.store.members.commit(input.roomId, 'late-buyer', true, 'late-buyer', [])).outcome).toBe(
      'committed',
    );
    expect(await given.store.members.find(input.roomId, ['late-buyer'])).toMatchObject([{ committed: true }]);
    expect((await given.store.rooms.setStatus(input.roomId, 'CANCELLED', 'UNDERFILLED')).outcome).toBe('changed');
    expect((await given.store.rooms.setStatus(input.roomId, 'CLOSED', null)).outcome).toBe('illegal');
  });

  it('reopens an expired room when a deadline that was moved in time arrives late', async () => {
    const input = opening({ expiresAt: new Date(Date.now() - 1_000).toISOString(), minParticipants: 2 });
    await given.store.rooms.open(input);
    await given.store.rooms.expire(100);
    const expiresAt = new Date(Date.now() + 60_000).toISOString();
    expect(await given.store.rooms.patch(input.roomId, { expiresAt }, [])).toMatchObject({
      outcome: 'changed',
      room: { status: 'ACTIVE', closedAt: null, reason: null },
    });
  });

  it('is entered by nobody after the deadline, even before the expiry has run', async () => {
    const input = opening({ expiresAt: new Date(Date.now() - 1).toISOString() });
    await given.store.rooms.open(input);
    expect((await joinOne(given.store.members, input.roomId, 'late')).outcome).toBe('ROOM_NOT_ACTIVE');
  });

  it('removes the room with all it holds', async () => {
    const input = opening();
    await given.store.rooms.open(input);
    expect(await given.store.rooms.remove(input.roomId)).toBe(true);
    expect(await given.store.rooms.remove(input.roomId)).toBe(false);
    expect(await history(input.roomId)).toEqual([]);
    expect(await given.store.members.list(input.roomId, { limit: 1, afterSeq: null })).toEqual([]);
  });
});

describe('reading rooms for the memory', () => {
  it('answers in the order of the question, each with its own members and messages, null for none', async () => {
    const [one, two] = [opening(), opening()];
    for (const room of [one, two]) await given.store.rooms.open(room);
    for (const name of ['ann', 'bob']) await joinOne(given.store.members, two.roomId, name);
    const loaded = await given.store.rooms.load([two.roomId, 'nowhere', one.roomId], { members: 2, messages: 300 });
    const found = loaded as readonly (RoomSnapshot | null)[];
    expect(found.map((snapshot) => snapshot?.room.roomId ?? null)).toEqual([two.roomId, null, one.roomId]);
    expect(found[0]).toMatchObject({ complete: false, room: { lastSeq: 3 } });
    expect(found[0]!.members.map(({ userId }) => userId)).toEqual(['seller', 'ann']);
    expect(found[0]!.messages.map(({ seq }) => seq)).toEqual([1, 2, 3]);
    expect(found[2]).toMatchObject({ complete: true, room: { lastSeq: 1 }, members: [{ userId: 'seller' }] });
  });
});
