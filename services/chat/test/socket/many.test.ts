import type { Room } from '@gongu/shared';
import { beforeAll, describe, expect, it } from 'vitest';
import { chatOfThisFile, type Instance } from '../fixture/chat.ts';
import { said } from '../fixture/log-lines.ts';

const given = chatOfThisFile();
let chat: Instance;
beforeAll(async () => {
  chat = await given.start({ HEARTBEAT_MS: '1500' });
});

describe('one socket', () => {
  it('serves many rooms side by side, each with its own order', async () => {
    const rooms = await Promise.all(Array.from({ length: 20 }, () => chat.room()));
    const [ann, bob] = [await chat.connect('ann'), await chat.connect('bob')];
    await Promise.all(rooms.map((roomId) => ann.join(roomId)));
    await Promise.all(rooms.map((roomId) => bob.join(roomId)));
    await Promise.all(rooms.flatMap((roomId) => [1, 2, 3].map(() => bob.say(roomId))));
    for (const roomId of rooms) {
      const got: number[] = [];
      for (let i = 0; i < 4; i++) got.push((await ann.event('message', (one) => one.roomId === roomId)).seq);
      expect(got).toEqual([3, 4, 5, 6]);
    }
  });

  it('may join the same room again and is still told everything once', async () => {
    const roomId = await chat.room();
    const ann = await chat.connect('ann');
    for (let i = 0; i < 3; i++) await ann.join(roomId);
    expect((await ann.join(roomId)).room).toMatchObject({ onlineCount: 1, participantCount: 1, lastSeq: 2 });
    await ann.say(roomId);
    await ann.event('message');
    await ann.none(50, (frame) => frame.type === 'message');
  });

  it('stops hearing a room it unsubscribes from and keeps the others', async () => {
    const [one, two] = [await chat.room(), await chat.room()];
    const [ann, bob] = [await chat.connect('ann'), await chat.connect('bob')];
    for (const client of [ann, bob]) for (const roomId of [one, two]) await client.join(roomId);
    await ann.ask({ type: 'unsubscribe', roomId: one }, 'ok');
    await bob.say(one);
    await bob.say(two);
    expect(await ann.event('message', (message) => message.kind === 'CHAT')).toMatchObject({ roomId: two });
    expect(await bob.event('presence', (event) => event.roomId === one && !event.online)).toMatchObject({
      userId: 'ann',
    });
    // Still a member: it may come back, and was not announced as gone.
    expect((await ann.join(one, 3)).messages.map((message) => message.kind)).toEqual(['CHAT']);
    await ann.ask({ type: 'unsubscribe', roomId: 'never-joined' }, 'ok');
  });

  it('hears the head of a room in which nothing happens', async () => {
    const roomId = await chat.room();
    const ann = await chat.connect('ann');
    await ann.join(roomId);
    const began = performance.now();
    expect(await ann.event('head')).toEqual({ type: 'head', roomId, seq: 2 });
    expect(performance.now() - began).toBeGreaterThan(1_000);
    await ann.event('head');
    expect(performance.now() - began).toBeGreaterThan(2_500);
  });
});

describe('several sockets of one user', () => {
  it('are one participant, one online, and all hear everything', async () => {
    const roomId = await chat.room();
    const all = await Promise.all([1, 2, 3, 4].map(() => chat.connect('ann')));
    const joins = await Promise.all(all.map((client) => client.join(roomId)));
    for (const joined of joins) expect(joined.room).toMatchObject({ participantCount: 1, onlineCount: 1 });
    const { seq } = await all[0]!.say(roomId);
    for (const client of all) await client.event('message', (message) => message.seq === seq);
    expect(seq).toBe(3);
  });
});

describe('unread', () => {
  it('counts CHAT and NOTIFICATION after one’s mark, and neither SYSTEM nor one’s own', async () => {
    const roomId = await chat.room();
    const [ann, bob, seller] = [await chat.connect('ann'), await chat.connect('bob'), await chat.connect('seller')];
    await ann.join(roomId);
    const mine = async () => {
      const { body } = await chat.call<{ items: (Room & { unread: number; lastReadSeq: number })[] }>(
        'GET',
        '/api/chat/rooms?limit=1',
        { as: 'ann' },
      );
      const joined = await ann.join(roomId);
      const { unread, lastReadSeq } = body.items[0]!;
      expect(joined.you).toMatchObject({ unread, lastReadSeq });
      return { unread, lastReadSeq };
    };
    await bob.join(roomId);
    await seller.join(roomId);
    expect(await mine()).toEqual({ unread: 0, lastReadSeq: 1 });
    await bob.say(roomId);
    await seller.say(roomId, said('공지'), { kind: 'NOTIFICATION' });
    const { seq } = await bob.say(roomId);
    expect(await mine()).toEqual({ unread: 3, lastReadSeq: 1 });
    ann.send({ type: 'read', roomId, seq: seq - 1 });
    await bob.event('read');
    expect(await mine()).toEqual({ unread: 1, lastReadSeq: seq - 1 });
    // Neither backwards nor beyond the end.
    ann.send({ type: 'read', roomId, seq: 1 });
    ann.send({ type: 'read', roomId, seq: 1_000_000 });
    expect(await bob.event('read')).toMatchObject({ userId: 'ann', seq });
    expect(await mine()).toEqual({ unread: 0, lastReadSeq: seq });
    await bob.say(roomId);
    const own = await ann.say(roomId);
    expect(await mine()).toEqual({ unread: 0, lastReadSeq: own.seq });
  });

  it('marks of one moment are told to the others once, as the furthest', async () => {
    const roomId = await chat.room();
    const [bob, ...anns] = await Promise.all(['bob', 'ann', 'ann', 'ann', 'ann'].map((name) => chat.connect(name)));
    for (const client of [bob!, ...anns]) await client.join(roomId);
    await Promise.all(Array.from({ length: 30 }, () => bob!.say(roomId)));
    for (let seq = 1; seq <= 33; seq++) for (const ann of anns) ann.send({ type: 'read', roomId, seq });
    await bob!.event('read', (read) => read.seq === 33);
    for (const ann of anns) await ann.ask({ type: 'history', roomId, limit: 1 }, 'page');
    const others = [...bob!.waiting('read').map((read) => read.seq), 33];
    expect(others, 'each told once, forward only').toEqual([...new Set(others)].sort((a, b) => a - b));
  });
});
