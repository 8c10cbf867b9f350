import { type ChatService, startChatService, tcpProxy } from '@gongu/testkit';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { searchMessages } from '../src/search-messages.ts';
import { shopper } from './fixture/shopper.ts';
import { fastClock } from './fixture/time.ts';

let chat: ChatService;

beforeAll(async () => {
  // Limits high enough for the storms, low enough that the clients meet them.
  chat = await startChatService({
    RATE_MESSAGES_PER_SECOND: '70',
    RATE_FRAMES_PER_SECOND: '200',
    HEARTBEAT_MS: '1000',
    MAX_CONTENT_CHARS: '12000',
    CHANGES: 'on',
  });
});
afterAll(() => chat?.close());

async function throughProxy() {
  const proxy = await tcpProxy({ target: chat.url });
  onTestFinished(() => proxy.close());
  return proxy;
}

/** Times a socket was too slow for a room. */
async function resyncs(): Promise<number> {
  const text = await (await fetch(`${chat.url}/metrics`)).text();
  return Number(/^gongu_chat_resyncs_total(?:\{.*\})? (\d+)/m.exec(text)![1]);
}

/** One who looks on, over a network that is never broken. */
function witness(roomId: string) {
  return shopper({ url: chat.url, token: () => chat.token('witness'), roomId });
}

/** Everyone shows the same: all that was written, each once, every writer's in the order of writing. */
async function agree(
  people: readonly ReturnType<typeof shopper>[],
  written: Readonly<Record<string, readonly string[]>>,
) {
  const total = Object.values(written).reduce((sum, texts) => sum + texts.length, 0);
  for (const person of people) {
    await person.until(({ outgoing }) => outgoing.length === 0 && person.texts().length >= total, 40_000);
    const { messages } = person.snapshot();
    expect(messages.map(({ seq }) => seq)).toEqual(messages.map((_, i) => messages[0]!.seq + i));
    for (const [userId, texts] of Object.entries(written)) {
      const own = messages.filter(({ sender }) => sender?.userId === userId).map(({ content }) => content);
      expect(own).toEqual(texts);
    }
    expect(messages.map(({ messageId }) => messageId)).toEqual(
      people[0]!.snapshot().messages.map(({ messageId }) => messageId),
    );
  }
}

test('two people talk, read, write and come and go', async () => {
  const roomId = await chat.room();
  const ann = shopper({ url: chat.url, token: () => chat.token('ann'), roomId });
  await ann.until(({ status }) => status === 'live');
  const bob = shopper({ url: chat.url, token: () => chat.token('bob'), roomId });
  await ann.until(({ participants }) => participants.some(({ userId, online }) => userId === 'bob' && online));
  expect(ann.snapshot().room).toMatchObject({ participantCount: 2, status: 'ACTIVE' });

  ann.room.typing(true);
  await bob.until(({ typing }) => typing.some(({ userId }) => userId === 'ann'));
  ann.room.send({ content: '안녕하세요 🍊' });
  await bob.until(() => bob.texts().includes('안녕하세요 🍊'));
  await bob.until(({ typing, unread }) => typing.length === 0 && unread === 1);
  bob.room.read(bob.snapshot().lastSeq);
  expect(bob.snapshot().unread).toBe(0);
  await ann.until(({ participants, lastSeq }) =>
    participants.some((p) => p.userId === 'bob' && p.lastReadSeq === lastSeq),
  );

  const reply = bob.snapshot().messages.at(-1)!.messageId;
  bob.room.send({ content: '네', replyTo: reply });
  await ann.until(({ messages }) => messages.at(-1)?.replyTo === reply);

  const mine = await bob.client.myRooms();
  expect(mine).toMatchObject({ ok: true, value: { items: [{ roomId, unread: 0 }], nextCursor: null } });
  expect(await bob.room.leave()).toEqual({ ok: true, value: undefined });
  expect(bob.snapshot()).toMatchObject({ status: 'gone', gone: 'left' });
  await ann.until(({ participants }) => participants.every(({ userId }) => userId !== 'bob'));
  expect(ann.snapshot().room?.participantCount).toBe(1);
});

test('history is paged to the beginning and back', async () => {
  const roomId = await chat.room();
  const ann = shopper({ url: chat.url, token: () => chat.token('pager'), roomId });
  await ann.until(({ status }) => status === 'live');
  ann.leave();
  await chat.fill(roomId, 'pager', 130, (n) => `${n}`);
  ann.room.subscribe(() => {});
  await ann.until(({ lastSeq }) => lastSeq === 132);
  const again = shopper({ url: chat.url, token: () => chat.token('pager'), roomId });
  await again.until(({ status, messages }) => status === 'live' && messages.length === 50);
  expect(await again.room.loadOlder()).toEqual({ ok: true, value: 50 });
  expect(await again.room.loadOlder()).toEqual({ ok: true, value: 32 });
  expect(again.snapshot().hasOlder).toBe(false);
  expect(again.texts()).toEqual(Array.from({ length: 130 }, (_, i) => `${i + 1}`));
  const other = shopper({ url: chat.url, token: () => chat.token('pager'), roomId });
  await other.until(({ status, messages }) => status === 'live' && messages.length === 50);
  expect(await other.room.jumpTo(20)).toMatchObject({ ok: true });
  expect(other.snapshot()).toMatchObject({ hasNewer: true, hasOlder: false });
  while (other.snapshot().hasNewer) expect(await other.room.loadNewer()).toMatchObject({ ok: true });
  expect(other.texts()).toEqual(again.texts());
});

test('what was missed in more than a frame may hold is there in the end, each once, and counted', async () => {
  const roomId = await chat.room();
  const ann = shopper({ url: chat.url, token: () => chat.token('away'), roomId });
  await ann.until(({ status }) => status === 'live');
  ann.client.disconnect();
  // 24 KB each as they are sent, 3 MB together.
  const texts = Array.from({ length: 130 }, (_, i) => `${i}${'\u0001'.repeat(3_990)}`);
  await chat.fill(roomId, 'bob', texts.length, (n) => texts[n - 1]!);
  ann.client.connect();
  await ann.until(({ status, lastSeq }) => status === 'live' && lastSeq === texts.length + 3);
  expect(ann.texts()).toEqual(texts);
  expect(ann.snapshot().unread).toBe(texts.length);
});

test('a token is renewed on the living connection, and a connection that outlived its token comes back with a new one', async () => {
  const roomId = await chat.room();
  const asked: boolean[] = [];
  const ann = shopper({
    url: chat.url,
    token: ({ refresh }) => {
      asked.push(refresh);
      return chat.token('renewing', { expiresInSeconds: asked.length === 1 ? 5 : asked.length === 2 ? 2 : 3_600 });
    },
    roomId,
  });
  await ann.until(({ status }) => status === 'live');
  // Of tokens that last less than 30 s it is told at once; the second ends before a third is asked for.
  await expect.poll(() => asked).toEqual([false, true, true]);
  await ann.until(({ status }) => status === 'live');
  ann.room.send({ content: 'still here' });
  await ann.until(({ messages }) => messages.at(-1)?.content === 'still here');
});

test('a token that is refused ends the connection, and a better one with connect() opens it', async () => {
  const roomId = await chat.room();
  let token = 'no token at all';
  const ann = shopper({ url: chat.url, token: () => token, roomId });
  const state = () => ann.client.connection.getSnapshot();
  await expect.poll(() => state().status).toBe('closed');
  expect(state().error?.code).toBe('UNAUTHENTICATED');
  token = chat.token('ann');
  ann.client.connect();
  await ann.until(({ status }) => status === 'live');
});

test('a full room refuses, and lets in when there is a place', async () => {
  const roomId = await chat.room({ maxParticipants: 1 });
  const ann = shopper({ url: chat.url, token: () => chat.token('ann'), roomId });
  await ann.until(({ status }) => status === 'live');
  const bob = shopper({ url: chat.url, token: () => chat.token('bob'), roomId });
  await bob.until(({ status, error }) => status === 'refused' && error?.code === 'ROOM_FULL');
  await ann.room.leave();
  bob.room.rejoin();
  await bob.until(({ status }) => status === 'live');
});

test('a removed participant learns it, a cancelled room can be read only, and a deleted one is gone', async () => {
  const roomId = await chat.room();
  const ann = shopper({ url: chat.url, token: () => chat.token('ann'), roomId });
  const bob = shopper({ url: chat.url, token: () => chat.token('bob'), roomId });
  await Promise.all([ann, bob].map((person) => person.until(({ status }) => status === 'live')));
  await chat.call('DELETE', `/api/chat/rooms/${roomId}/participants/bob`);
  await bob.until(({ status, gone }) => status === 'gone' && gone === 'removed');
  await chat.call('PATCH', `/api/chat/rooms/${roomId}`, { status: 'CANCELLED' });
  await ann.until(({ room }) => room?.status === 'CANCELLED');
  ann.room.send({ content: 'too late' });
  await ann.until(({ outgoing }) => outgoing[0]?.error?.code === 'ROOM_READ_ONLY');
  await chat.call('DELETE', `/api/chat/rooms/${roomId}`);
  await ann.until(({ status, error }) => status === 'gone' && error?.code === 'NOT_FOUND');
});

test('two tabs with one queue: what both send is stored once', async () => {
  const roomId = await chat.room();
  const tab = () =>
    shopper({ url: chat.url, token: () => chat.token('tabs'), roomId, client: { newId: () => 'the-same' } });
  const [one, other] = [tab(), tab()];
  await Promise.all([one, other].map((each) => each.until(({ status }) => status === 'live')));
  one.room.send({ content: 'once' });
  other.room.send({ content: 'once' });
  for (const each of [one, other]) {
    await each.until(({ outgoing }) => outgoing.length === 0 && each.texts().length === 1);
  }
});

test('connections that are cut again and again while three people talk lose, double and reorder nothing', async () => {
  const roomId = await chat.room();
  const seen = witness(roomId);
  const written: Record<string, string[]> = {};
  const people = await Promise.all(
    ['ann', 'bob', 'cho'].map(async (userId) => {
      const proxy = await throughProxy();
      const person = shopper({
        url: `http://127.0.0.1:${proxy.port}`,
        token: () => chat.token(userId),
        roomId,
        client: { clock: fastClock(10) },
      });
      await person.until(({ status }) => status === 'live');
      written[userId] = [];
      return { userId, proxy, person };
    }),
  );
  for (let n = 0; n < 60; n++) {
    for (const { userId, person, proxy } of people) {
      const text = `${userId} ${n}`;
      expect(person.room.send({ content: text })).toMatchObject({ ok: true });
      written[userId]!.push(text);
      if (Math.random() < 0.15) proxy.cut();
    }
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
  await agree([seen, ...people.map(({ person }) => person)], written);
});

test('a network that swallows everything is noticed by itself, and what was written meanwhile arrives', async () => {
  const roomId = await chat.room();
  const proxy = await throughProxy();
  const ann = shopper({ url: `http://127.0.0.1:${proxy.port}`, token: () => chat.token('ann'), roomId });
  await ann.until(({ status }) => status === 'live');
  const seen = witness(roomId);
  await seen.until(({ status }) => status === 'live');
  await ann.until(({ participants }) => participants.length === 3);
  proxy.blackHole();
  ann.room.send({ content: 'into the hole' });
  seen.room.send({ content: 'not heard' });
  await ann.until(({ status }) => status === 'stale', 15_000);
  expect(ann.snapshot().outgoing).toMatchObject([{ status: 'not-confirmed' }]);
  ann.room.send({ content: 'after it' });
  await proxy.pass();
  proxy.cut();
  await agree([seen, ann], { ann: ['into the hole', 'after it'], witness: ['not heard'] });
});

test('a slow network only takes longer', async () => {
  const roomId = await chat.room();
  const proxy = await throughProxy();
  proxy.delay(400);
  const ann = shopper({ url: `http://127.0.0.1:${proxy.port}`, token: () => chat.token('ann'), roomId });
  const seen = witness(roomId);
  await ann.until(({ status }) => status === 'live');
  const texts = ['one', 'two', 'three'];
  for (const content of texts) ann.room.send({ content });
  await agree([seen, ann], { ann: texts });
});

test('a reader who takes next to nothing for a while is resynchronised and misses nothing', async () => {
  const roomId = await chat.room();
  const proxy = await throughProxy();
  const slow = shopper({ url: `http://127.0.0.1:${proxy.port}`, token: () => chat.token('slow'), roomId });
  await slow.until(({ status }) => status === 'live');
  const before = await resyncs();
  proxy.throttle(100_000);
  const written: string[] = [];
  // What the kernel's buffers take is megabytes, and not the same everywhere. It must be filled before the reader gives the
  // connection up, also on a busy machine: few messages, and long ones.
  do {
    const notices = Array.from({ length: 40 }, (_, n) => `${written.length + n} ${'가'.repeat(11_900)}`);
    written.push(...notices);
    await Promise.all(
      notices.map((content) =>
        chat.call('POST', `/api/chat/rooms/${roomId}/messages`, {
          content,
          kind: 'NOTIFICATION',
          clientMessageId: content.slice(0, 9).trim(),
        }),
      ),
    );
  } while ((await resyncs()) === before);
  await proxy.pass();
  // Far behind, it goes on with the newest page, and says that there is more before it.
  const lastSeq = written.length + 2;
  await slow.until((room) => room.messages.at(-1)?.seq === lastSeq, 60_000);
  while (slow.snapshot().hasOlder) await slow.room.loadOlder();
  const { messages } = slow.snapshot();
  expect(messages.map(({ seq }) => seq)).toEqual(messages.map((_, i) => messages[0]!.seq + i));
  expect(new Set(messages.filter(({ kind }) => kind === 'NOTIFICATION').map(({ content }) => content))).toEqual(
    new Set(written),
  );
});

test('a server that drains and one that is killed both cost nothing but a moment', async () => {
  const roomId = await chat.room();
  const people = ['ann', 'bob', 'cho'].map((userId) => ({
    userId,
    ...shopper({ url: chat.url, token: () => chat.token(userId), roomId, client: { clock: fastClock(3) } }),
  }));
  await Promise.all(people.map(({ until }) => until(({ status }) => status === 'live')));
  const written: Record<string, string[]> = { ann: [], bob: [], cho: [] };
  const talk = async (rounds: number) => {
    for (let round = 0; round < rounds; round++) {
      for (const { userId, room } of people) {
        const content = `${userId} ${written[userId]!.length}`;
        room.send({ content });
        written[userId]!.push(content);
      }
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
  };
  for (const signal of ['SIGKILL', 'SIGTERM', 'SIGKILL'] as const) {
    await talk(10);
    await Promise.all([chat.end(signal), talk(20)]);
    await chat.start();
    await Promise.all(people.map(({ until }) => until(({ status }) => status === 'live')));
  }
  await agree(people, written);
});

test('who comes back from before what was removed for its age begins where the room does, and asks for nothing older', async () => {
  const roomId = await chat.room();
  await chat.fill(roomId, 'ann', 60);
  const proxy = await throughProxy();
  const away = shopper({ url: `http://127.0.0.1:${proxy.port}`, token: () => chat.token('away'), roomId });
  const stays = shopper({ url: chat.url, token: () => chat.token('stays'), roomId });
  for (const one of [away, stays]) await one.until(({ status, hasOlder }) => status === 'live' && hasOlder);
  const oldest = stays.snapshot().messages[0]!.seq;
  away.room.send({ content: 'my own' });
  const own = (await away.until(() => away.texts().includes('my own'))).messages.at(-1)!;
  await chat.call('PUT', `/api/chat/rooms/${roomId}/pins/${own.seq}`);
  await away.until(({ pinned }) => pinned.length === 1);
  away.room.read(own.seq);
  await proxy.refuse();
  proxy.cut();
  await away.until(({ status }) => status !== 'live');
  // Of what will be gone when they are asked.
  away.room.edit(own.seq, 'too late');
  away.room.react(oldest, '👍', true);
  away.room.send({ content: 'an answer to it', replyTo: own.messageId });

  for (const userId of ['ann', 'away', 'stays']) {
    const body = { committed: true, nickname: userId };
    await chat.call('PUT', `/api/chat/rooms/${roomId}/participants/${userId}`, body);
  }
  await chat.call('PATCH', `/api/chat/rooms/${roomId}`, { status: 'CLOSED' });
  const { lastSeq } = await chat.call<{ lastSeq: number }>('GET', `/api/chat/rooms/${roomId}`);
  await chat.fill(roomId, 'ann', 3, (n) => `later ${n}`);
  await chat.query(
    `UPDATE chat.messages SET created_at = created_at - interval '1 year' WHERE room_id = $1 AND seq <= $2`,
    ...[roomId, lastSeq],
  );
  await chat.query('SELECT chat.retain_messages($1, 30, 500)', roomId);
  // An instance that has the room in memory learns of it later; a new one knows.
  await chat.end();
  await chat.start();
  await proxy.pass();

  const { messages, room } = await away.until(
    ({ status, room: now }) => status === 'live' && now?.firstSeq === lastSeq + 1,
  );
  expect([messages[0]!.seq, away.snapshot().hasOlder]).toEqual([room!.firstSeq, false]);
  expect(away.texts().slice(0, 3)).toEqual(['later 1', 'later 2', 'later 3']);
  const asked = await away.until(
    ({ outgoing, changing }) => outgoing.length === 0 && changing.every(({ status }) => status === 'failed'),
  );
  expect(asked.changing.map(({ change, error }) => [change.kind, error?.code])).toEqual([
    ['edit', 'NOT_FOUND'],
    ['react', 'NOT_FOUND'],
  ]);
  expect([asked.pinned, asked.room!.pinnedMessageIds]).toEqual([[], []]);
  // What it answered is shown as one that was deleted, and nobody asks for it.
  expect(asked.messages.at(-1)).toMatchObject({ content: 'an answer to it', replyTo: own.messageId });
  away.room.lookUp(own.seq);
  expect(away.snapshot().quoted).toMatchObject([{ seq: own.seq, content: '', sender: null, deletedAt: '' }]);
  expect(await searchMessages(away.client, 'message', { roomId })).toMatchObject({ value: { messages: [] } });
  // Who had it all along keeps what it shows, and finds nothing before it.
  await stays.until(({ status, room: now }) => status === 'live' && now?.firstSeq === lastSeq + 1);
  await stays.room.loadOlder();
  await stays.until(({ hasOlder }) => !hasOlder);
  expect(stays.snapshot().messages[0]!.seq).toBe(oldest);
  expect(stays.texts().slice(-4)).toEqual(['later 1', 'later 2', 'later 3', 'an answer to it']);
});
