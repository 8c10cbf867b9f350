import { probe } from '@gongu/testkit';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRetention } from '../../src/room/retention.ts';
import { createRetentionStore } from '../../src/store/retention-store.ts';
import { chatOfThisFile, type Instance } from '../fixture/chat.ts';
import { openStream } from '../fixture/event-stream.ts';
import { said } from '../fixture/log-lines.ts';
import { SERVICE, tokenOf } from '../fixture/tokens.ts';

const given = chatOfThisFile();
let chat: Instance;
let pool: pg.Pool;
beforeAll(async () => {
  chat = await given.start();
  pool = new pg.Pool({ connectionString: given.databaseUrl });
});
afterAll(() => pool?.end());

const retain = (messageDays = 30) =>
  createRetention({ retention: createRetentionStore({ pool }), messageDays, onRemoved: () => {} }).run();

/** A room that has ended, with so many messages of ann, each a day older than the next; the `seq` of the first one of hers. */
async function ended(days: number, more: { status?: string } = {}) {
  const roomId = await chat.room();
  const ann = await chat.connect('ann');
  const bob = await chat.connect('bob');
  await ann.join(roomId);
  await bob.join(roomId);
  const seqs: number[] = [];
  for (let day = 0; day < days; day++) seqs.push((await ann.say(roomId, said(`day ${day}`))).seq);
  const { epoch } = await ann.join(roomId);
  for (const userId of ['ann', 'bob']) {
    await chat.call('PUT', `/api/chat/rooms/${roomId}/participants/${userId}`, {
      as: SERVICE,
      body: { committed: true, nickname: userId },
    });
  }
  await chat.call('PATCH', `/api/chat/rooms/${roomId}`, { as: SERVICE, body: { status: more.status ?? 'CLOSED' } });
  return { roomId, epoch, first: seqs[0]!, seqs, lastSeq: await lastSeqOf(roomId) };
}

async function lastSeqOf(roomId: string): Promise<number> {
  const { rows } = await pool.query('SELECT last_seq::int FROM chat.rooms WHERE room_id = $1', [roomId]);
  return rows[0].last_seq;
}

/** The rows up to `seq` are a year old. */
async function age(roomId: string, upTo: number): Promise<void> {
  await pool.query(
    `UPDATE chat.messages SET created_at = created_at - interval '1 year' WHERE room_id = $1 AND seq <= $2`,
    [roomId, upTo],
  );
}

/** What one is told who comes back once the instance has read of it, with the heads of its rooms. */
async function rejoin(userId: string, roomId: string, after: number, epoch: string, firstSeq: number) {
  let joined: Awaited<ReturnType<typeof ask>> | undefined;
  const ask = async () => (await chat.connect(userId)).ask({ type: 'join', roomId, after, epoch }, 'joined');
  await expect
    .poll(async () => {
      joined = await ask();
      return joined.room.firstSeq;
    })
    .toBe(firstSeq);
  return joined!;
}

describe('retention', () => {
  it('removes the oldest messages of a room that has ended, and who comes back finds where it begins, on every protocol', async () => {
    const { roomId, epoch, first, seqs, lastSeq } = await ended(6);
    await age(roomId, seqs[2]!);
    expect(await retain()).toEqual({ rooms: 1, messages: seqs[2]! });
    const firstSeq = seqs[2]! + 1;

    const joined = await rejoin('ann', roomId, first, epoch, firstSeq);
    expect(joined).toMatchObject({ recovered: false, hasMore: false, lastSeq, room: { firstSeq } });
    expect(joined.messages[0]!.seq).toBe(firstSeq);
    const near = await (await chat.connect('ann')).ask({ type: 'join', roomId, after: seqs[3], epoch }, 'joined');
    expect(near).toMatchObject({ recovered: true, hasMore: false });

    const page = await chat.call<{ messages: { seq: number }[]; hasMore: boolean }>(
      'GET',
      `/api/chat/rooms/${roomId}/messages?before=${seqs[4]}`,
      { as: 'ann' },
    );
    expect(page.body).toMatchObject({ hasMore: false });
    expect(page.body.messages[0]!.seq).toBe(firstSeq);
    const gone = await chat.call('GET', `/api/chat/rooms/${roomId}/messages/${first}`, { as: 'ann' });
    expect(gone.status).toBe(404);

    const stream = await openStream(`${chat.url}/api/chat/rooms/${roomId}/events`, {
      ...{ authorization: `Bearer ${tokenOf('ann')}`, 'last-event-id': `${first}.${epoch}` },
    });
    expect((await stream.next('joined')).data).toMatchObject({ recovered: false, room: { firstSeq } });
    expect((await stream.next('message')).data.seq).toBe(firstSeq);
    stream.close();

    const stomp = await probe(chat.socketUrl, { protocols: 'v12.stomp' });
    stomp.send(`CONNECT\naccept-version:1.2\npasscode:${tokenOf('ann')}\n\n\0`);
    const shown = async (id: string, after: number) => {
      stomp.send(`SUBSCRIBE\nid:${id}\ndestination:/topic/chat/${roomId}\nafter:${after}\nepoch:${epoch}\n\n\0`);
      const frame: string = await stomp.next(
        (one) => one.startsWith('MESSAGE') && one.includes(`subscription:${id}\n`),
      );
      return [/^seq:(\d+)$/m.exec(frame)?.[1], /^recovered:(\w+)$/m.exec(frame)?.[1]];
    };
    expect(await shown('behind', first)).toEqual([`${firstSeq}`, 'false']);
    expect(await shown('near', seqs[3]!)).toEqual([`${seqs[4]}`, 'true']);
    stomp.close();

    // The older URLs, which are told nothing of recoveries.
    for (const path of [`/ws/chat?sessionId=${roomId}&`, `/chat/${roomId}?`, `/room?roomId=${roomId}&`]) {
      const shownFrom = async (after: number) => {
        const older = await probe(`${chat.url.replace('http', 'ws')}${path}after=${after}&token=${tokenOf('ann')}`);
        const { seq } = await older.next((frame) => typeof frame.seq === 'number');
        older.close();
        return seq;
      };
      expect([path, await shownFrom(first), await shownFrom(seqs[3]!)]).toEqual([path, firstSeq, seqs[4]]);
    }

    // SockJS without a WebSocket.
    const post = async (to: string, body?: string) => {
      const url = `${chat.url}/ws/chat/000/retained/${to}?token=${tokenOf('ann')}`;
      return (await fetch(url, { method: 'POST', ...(body === undefined ? {} : { body }) })).text();
    };
    expect(await post('xhr')).toBe('o\n');
    await post('xhr_send', JSON.stringify([JSON.stringify({ type: 'join', roomId, after: first, epoch })]));
    let polled: { type: string; messages?: { seq: number }[] } | undefined;
    while (polled?.type !== 'joined') {
      const frames: string[] = JSON.parse((await post('xhr')).replace(/^[ah]/, '') || '[]');
      polled = frames.map((frame) => JSON.parse(frame)).find(({ type }) => type === 'joined');
    }
    expect(polled).toMatchObject({ recovered: false, hasMore: false, room: { firstSeq } });
    expect(polled.messages![0]!.seq).toBe(firstSeq);

    // Again there is nothing to do.
    expect(await retain()).toEqual({ rooms: 0, messages: 0 });
  });

  it('leaves an empty room with its lastSeq, nothing unread, no pins, no search and no mentions', async () => {
    const { roomId, epoch, lastSeq, first } = await ended(3);
    await chat.call('PUT', `/api/chat/rooms/${roomId}/pins/${first}`, { as: SERVICE });
    const head = await lastSeqOf(roomId);
    await age(roomId, head);
    expect((await retain()).messages).toBe(head);
    const joined = await rejoin('bob', roomId, first, epoch, head + 1);
    expect(joined).toMatchObject({
      ...{ recovered: false, hasMore: false, messages: [], lastSeq: head },
      room: { firstSeq: head + 1, lastSeq: head, pinnedMessageIds: [] },
      you: { unread: 0, unreadMentions: 0 },
    });
    expect(head).toBeGreaterThanOrEqual(lastSeq);
    const list = await chat.call<{ items: { roomId: string }[] }>('GET', '/api/chat/rooms', { as: 'bob' });
    expect(list.body.items.find((room) => room.roomId === roomId)).toMatchObject({ unread: 0, lastMessage: null });
    for (const table of ['messages', 'search_grams', 'mentions', 'reactions']) {
      const { rows } = await pool.query(`SELECT count(*)::int AS left FROM chat.${table} WHERE room_id = $1`, [roomId]);
      expect(rows, table).toEqual([{ left: 0 }]);
    }
    const found = await chat.call<{ messages: unknown[] }>('GET', `/api/chat/rooms/${roomId}/search?q=day`, {
      as: 'bob',
    });
    expect(found.body.messages).toEqual([]);
  });

  it('is heard of by an instance that has the room in memory, and by its listeners when they come again', async () => {
    const { roomId, epoch, seqs } = await ended(4);
    const bob = await chat.connect('bob');
    await bob.join(roomId);
    await age(roomId, seqs[1]!);
    await retain();
    const again = await rejoin('bob', roomId, 1, epoch, seqs[1]! + 1);
    expect(again).toMatchObject({ recovered: false, hasMore: false, room: { firstSeq: seqs[1]! + 1 } });
    expect(again.messages[0]!.seq).toBe(seqs[1]! + 1);
  });

  it('takes nothing of rooms that are ACTIVE, of rooms that are held, and none from the first message of a user who is held', async () => {
    const active = await chat.room();
    await age(active, 1_000);
    const [room, user] = [await ended(2), await ended(4)];
    for (const { roomId } of [room, user]) await age(roomId, 1_000);
    await pool.query(`SELECT chat.hold('ROOM', $1, true, NULL, NULL), chat.hold('USER', 'ann', true, NULL, NULL)`, [
      room.roomId,
    ]);
    expect(await retain()).toEqual({ rooms: 1, messages: user.first - 1 });
    expect(await createRetentionStore({ pool }).count(30)).toEqual({ rooms: 0, messages: 0 });
    await pool.query(`SELECT chat.hold('ROOM', $1, false, NULL, NULL), chat.hold('USER', 'ann', false, NULL, NULL)`, [
      room.roomId,
    ]);
    const { messages } = await createRetentionStore({ pool }).count(30);
    expect(await retain()).toEqual({ rooms: 2, messages });
    expect(messages).toBe(room.lastSeq + user.lastSeq - user.first + 1);
    expect(await retain(0)).toEqual({ rooms: 0, messages: 0 });
  });

  it('goes in portions, and the bytes of files go too', async () => {
    const { roomId } = await ended(1);
    await pool.query(
      `INSERT INTO chat.messages (room_id, seq, chat_no, kind, content, created_at)
       SELECT $1, r.last_seq + n, r.last_chat_no + n, 'CHAT', 'x', clock_timestamp() FROM chat.rooms r, generate_series(1, 1200) n
       WHERE r.room_id = $1`,
      [roomId],
    );
    await pool.query(
      'UPDATE chat.rooms SET last_seq = last_seq + 1200, last_chat_no = last_chat_no + 1200 WHERE room_id = $1',
      [roomId],
    );
    const head = await lastSeqOf(roomId);
    await pool.query(
      `INSERT INTO chat.uploads (upload_id, room_id, user_id, state, name, type, bytes, seq) VALUES ('file-of-old', $1, 'ann', 'TAKEN', 'a.png', 'image/png', 1, $2)`,
      [roomId, head],
    );
    await age(roomId, head);
    const portions: number[] = [];
    await createRetention({
      ...{ retention: createRetentionStore({ pool }), messageDays: 30 },
      onRemoved: (count) => void portions.push(count),
    }).run();
    expect(portions.slice(0, 2)).toEqual([500, 500]);
    expect(portions.reduce((sum, count) => sum + count)).toBe(head);
    const { rows } = await pool.query(`SELECT state, name FROM chat.uploads WHERE upload_id = 'file-of-old'`);
    expect(rows).toEqual([{ state: 'GONE', name: '' }]);
  });
});

describe('rooms', () => {
  it('go ROOM_DAYS after their end, in portions, with their keys; not those that are younger, go on, or are held, or have in them who is', async () => {
    const retention = createRetentionStore({ pool });
    const outcomes: string[] = [];
    const removed: string[] = [];
    const remove = (roomDays = 30) =>
      createRetention({
        ...{ messageDays: 0, roomDays, onRemoved: () => {} },
        retention: {
          ...retention,
          async retireRoom(roomId, ...more) {
            const outcome = await retention.retireRoom(roomId, ...more);
            if (roomId === old.roomId) outcomes.push(outcome);
            return outcome;
          },
        },
        onRoomRemoved: (roomId) => void removed.push(roomId),
      }).removeRooms();
    const [old, young, reported, held] = [await ended(2), await ended(1), await ended(1), await ended(1)];
    const active = await chat.room();
    await pool.query(
      `INSERT INTO chat.messages (room_id, seq, chat_no, kind, content, created_at)
       SELECT $1, r.last_seq + n, r.last_chat_no + n, 'CHAT', 'x', clock_timestamp() FROM chat.rooms r, generate_series(1, 900) n
       WHERE r.room_id = $1`,
      [old.roomId],
    );
    await pool.query('UPDATE chat.rooms SET last_seq = last_seq + 900 WHERE room_id = $1', [old.roomId]);
    await pool.query(`UPDATE chat.rooms SET closed_at = closed_at - interval '1 year' WHERE room_id = ANY ($1)`, [
      [old.roomId, reported.roomId, held.roomId, active],
    ]);
    const report = await chat.call('POST', `/api/chat/rooms/${reported.roomId}/messages/${reported.first}/reports`, {
      ...{ as: 'bob', body: { reason: 'SPAM' } },
    });
    expect(report.status).toBe(201);
    const keys = async () => {
      const { rows } = await pool.query<{ room_id: string }>(
        'SELECT room_id FROM chat.room_keys WHERE room_id = ANY ($1)',
        [[old.roomId, reported.roomId]],
      );
      return rows.map((row) => row.room_id);
    };
    expect((await keys()).sort()).toEqual([old.roomId, reported.roomId].sort());

    expect(await remove(0)).toBe(0);
    await pool.query(`SELECT chat.hold('USER', 'ann', true, NULL, NULL)`);
    expect(await remove()).toBe(0);
    await pool.query(`SELECT chat.hold('USER', 'ann', false, NULL, NULL), chat.hold('ROOM', $1, true, NULL, NULL)`, [
      held.roomId,
    ]);
    expect(await remove()).toBe(2);
    expect(removed.sort()).toEqual([old.roomId, reported.roomId].sort());
    expect(outcomes).toEqual(['more', 'more', 'removed']);
    // A report is kept by its own days, and can be read as long.
    expect(await keys()).toEqual([reported.roomId]);
    for (const { roomId, status } of [
      { ...old, status: 404 },
      { ...young, status: 200 },
      { ...held, status: 200 },
    ]) {
      expect((await chat.call('GET', `/api/chat/rooms/${roomId}`, { as: SERVICE })).status, roomId).toBe(status);
    }
    for (const table of ['messages', 'members', 'authors', 'search_rooms', 'moderations']) {
      const { rows } = await pool.query(`SELECT count(*)::int AS left FROM chat.${table} WHERE room_id = $1`, [
        old.roomId,
      ]);
      expect(rows[0].left, table).toBe(0);
    }
    // Also an instance that has the room in memory, as it reads the heads of its rooms.
    const joining = async () => {
      const bob = await chat.connect('bob');
      return bob.ask({ type: 'join', roomId: old.roomId }, 'error').then(
        ({ code }) => code,
        () => 'joined',
      );
    };
    await expect.poll(joining).toBe('NOT_FOUND');
    await pool.query(`SELECT chat.hold('ROOM', $1, false, NULL, NULL)`, [held.roomId]);
    expect(await remove()).toBe(1);
    expect(await remove()).toBe(0);
  });
});
