import type { ChatMessage } from '@gongu/shared';
import { type ChatService, startChatService } from '@gongu/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { hasReacted } from '../src/index.ts';
import { httpGateway } from './fixture/http-gateway.ts';
import { shopper } from './fixture/shopper.ts';
import { fastClock } from './fixture/time.ts';

let chat: ChatService;

beforeAll(async () => {
  chat = await startChatService({ REJOIN_PAUSE_S: '0', CHANGES: 'on' });
});
afterAll(() => chat?.close());

/** A client behind a gateway that blocks WebSockets. Waits are a tenth of what they are. */
function behind(url: string, userId: string, roomId: string) {
  return shopper({ url, token: () => chat.token(userId), roomId, client: { clock: fastClock(10) } });
}

const carrier = ({ client }: ReturnType<typeof shopper>) => client.connection.getSnapshot().transport;

test('where WebSockets are blocked two people talk by event streams, and with one who has a WebSocket', async () => {
  const gateway = await httpGateway(chat.url);
  const roomId = await chat.room();
  const ann = behind(gateway.url, 'ann', roomId);
  const bob = behind(gateway.url, 'bob', roomId);
  const cho = shopper({ url: chat.url, token: () => chat.token('cho'), roomId });
  for (const each of [ann, bob, cho]) await each.until(({ status }) => status === 'live');
  expect([ann, bob, cho].map(carrier)).toEqual(['sse', 'sse', 'websocket']);
  expect(ann.client.connection.getSnapshot().user).toEqual({ userId: 'ann', nickname: 'ann', tag: null });

  ann.room.send({ content: 'from ann' });
  await bob.until(() => bob.texts().includes('from ann'));
  cho.room.typing(true);
  await ann.until(({ typing }) => typing.length === 1);
  cho.room.send({ content: 'from cho' });
  bob.room.send({ content: 'from bob' });
  for (const each of [ann, bob, cho]) {
    await each.until(({ outgoing }) => outgoing.length === 0 && each.texts().length === 3);
  }
  expect(new Set([ann, bob, cho].map((each) => JSON.stringify(each.texts()))).size).toBe(1);
  expect(
    ann
      .snapshot()
      .participants.map(({ userId }) => userId)
      .sort(),
  ).toEqual(['ann', 'bob', 'cho', 'seller']);

  ann.room.read(ann.snapshot().lastSeq);
  await cho.until(({ participants, lastSeq }) =>
    participants.some((p) => p.userId === 'ann' && p.lastReadSeq === lastSeq),
  );
  expect(await ann.room.leave()).toMatchObject({ ok: true });
  await bob.until(({ participants }) => participants.every(({ userId }) => userId !== 'ann'));
});

test('streams that break again and again lose, double and reorder nothing', async () => {
  const gateway = await httpGateway(chat.url);
  const roomId = await chat.room();
  const ann = behind(gateway.url, 'ann', roomId);
  const bob = behind(gateway.url, 'bob', roomId);
  for (const each of [ann, bob]) await each.until(({ status }) => status === 'live');
  const texts = { ann: [] as string[], bob: [] as string[] };
  for (let n = 0; n < 40; n++) {
    ann.room.send({ content: `ann ${n}` });
    bob.room.send({ content: `bob ${n}` });
    texts.ann.push(`ann ${n}`);
    texts.bob.push(`bob ${n}`);
    if (n % 6 === 5) gateway.cut();
    await new Promise((resolve) => setTimeout(resolve, 40));
  }
  for (const each of [ann, bob]) {
    await each.until(({ outgoing }) => outgoing.length === 0 && each.texts().length >= 80);
    expect(each.texts().filter((text) => text.startsWith('ann'))).toEqual(texts.ann);
    expect(each.texts().filter((text) => text.startsWith('bob'))).toEqual(texts.bob);
    const { messages } = each.snapshot();
    expect(messages.map(({ seq }) => seq)).toEqual(messages.map((_, i) => messages[0]!.seq + i));
  }
  expect(gateway.opened).toBeGreaterThan(4);
});

test('where there is no stream either, it asks every 3 s', async () => {
  const gateway = await httpGateway(chat.url);
  gateway.withoutStreams();
  const roomId = await chat.room();
  const ann = behind(gateway.url, 'ann', roomId);
  const bob = shopper({ url: chat.url, token: () => chat.token('bob'), roomId });
  for (const each of [ann, bob]) await each.until(({ status }) => status === 'live');
  for (const content of ['one', 'two', 'three']) {
    bob.room.send({ content });
    await ann.until(() => ann.texts().includes(content));
  }
  ann.room.send({ content: 'four' });
  await bob.until(() => bob.texts().includes('four'));
  expect(carrier(ann)).toBe('sse');
});

test.each([
  [503, 'UNAVAILABLE'],
  [503, 'UNKNOWN_OUTCOME'],
  [500, 'INTERNAL'],
  [429, 'RATE_LIMITED'],
])('a look that is answered with %s %s is not the last one', async (status, code) => {
  const gateway = await httpGateway(chat.url);
  gateway.withoutStreams();
  const roomId = await chat.room();
  const ann = behind(gateway.url, 'ann', roomId);
  const bob = shopper({ url: chat.url, token: () => chat.token('bob'), roomId });
  for (const each of [ann, bob]) await each.until(({ status: now }) => now === 'live');
  gateway.refuse(2, status, code);
  await expect.poll(() => gateway.refused).toBe(2);
  bob.room.send({ content: 'afterwards' });
  await ann.until(() => ann.texts().includes('afterwards'));
  expect(ann.snapshot().status).toBe('live');
});

test.each(['removed', 'deleted'])('who asks after a room learns that he was %s', async (how) => {
  const gateway = await httpGateway(chat.url);
  gateway.withoutStreams();
  const roomId = await chat.room();
  const ann = behind(gateway.url, 'ann', roomId);
  await ann.until(({ status }) => status === 'live');
  await chat.call('DELETE', `/api/chat/rooms/${roomId}${how === 'removed' ? '/participants/ann' : ''}`);
  const { gone, error } = await ann.until(({ status }) => status === 'gone');
  if (how === 'removed') expect(gone).toBe('removed');
  else expect(error).toMatchObject({ code: 'NOT_FOUND' });
  expect(ann.client.connection.getSnapshot().status).toBe('ready');
});

test('who was removed while his stream was away learns it when that is back', async () => {
  const gateway = await httpGateway(chat.url);
  const roomId = await chat.room();
  const ann = behind(gateway.url, 'ann', roomId);
  await ann.until(({ status }) => status === 'live');
  await expect.poll(() => gateway.streaming).toBe(1);
  gateway.fill(3);
  gateway.cut();
  await chat.call('DELETE', `/api/chat/rooms/${roomId}/participants/ann`);
  expect((await ann.until(({ status }) => status === 'gone')).gone).toBe('removed');
  ann.room.rejoin();
  await ann.until(({ status }) => status === 'live');
  await expect.poll(() => gateway.streaming).toBe(1);
});

test('a server that is full is asked for the stream again when it said, and for the messages meanwhile', async () => {
  const gateway = await httpGateway(chat.url);
  gateway.fill(2);
  const roomId = await chat.room();
  const ann = behind(gateway.url, 'ann', roomId);
  const bob = shopper({ url: chat.url, token: () => chat.token('bob'), roomId });
  for (const each of [ann, bob]) await each.until(({ status }) => status === 'live');
  expect(gateway.opened).toBe(0);
  bob.room.send({ content: 'while full' });
  await ann.until(() => ann.texts().includes('while full'));
  await expect.poll(() => gateway.opened).toBe(1);
  bob.room.send({ content: 'by stream' });
  await ann.until(() => ann.texts().includes('by stream'));
});

test('more rooms than a browser has connections: three are streamed, the others asked for', async () => {
  const gateway = await httpGateway(chat.url);
  const rooms = await Promise.all(Array.from({ length: 5 }, () => chat.room()));
  const ann = behind(gateway.url, 'ann', rooms[0]!);
  const others = rooms.slice(1).map((roomId) => ann.client.room(roomId));
  for (const room of others) room.subscribe(() => {});
  const bobs = rooms.map((roomId) => shopper({ url: chat.url, token: () => chat.token('bob'), roomId }));
  for (const bob of bobs) {
    await bob.until(({ status }) => status === 'live');
    bob.room.send({ content: `to ${bob.room.roomId}` });
  }
  for (const room of [ann.room, ...others]) {
    await expect.poll(() => room.getSnapshot().messages.map(({ content }) => content)).toContain(`to ${room.roomId}`);
  }
  // A message may come by a request before its room's stream is open.
  await expect.poll(() => gateway.streaming).toBe(3);
});

test('history, a jump and all participants come by requests too', async () => {
  const gateway = await httpGateway(chat.url);
  const roomId = await chat.room();
  const ann = behind(gateway.url, 'ann', roomId);
  await ann.until(({ status }) => status === 'live');
  await chat.fill(roomId, 'ann', 70, (n) => `${n}`);
  await ann.until(({ lastSeq }) => lastSeq === 72);
  const again = behind(gateway.url, 'ann', roomId);
  await again.until(({ messages }) => messages.length === 50);
  expect(again.snapshot()).toMatchObject({ hasOlder: true });
  expect(await again.room.loadOlder()).toEqual({ ok: true, value: 22 });
  expect(again.texts()).toEqual(ann.texts());
  expect(await again.room.loadParticipants()).toEqual({ ok: true, value: 2 });
});

test('when WebSockets go through again it changes over, and nothing is lost in between', async () => {
  const gateway = await httpGateway(chat.url);
  const roomId = await chat.room();
  const ann = behind(gateway.url, 'ann', roomId);
  const bob = shopper({ url: chat.url, token: () => chat.token('bob'), roomId });
  for (const each of [ann, bob]) await each.until(({ status }) => status === 'live');
  expect(carrier(ann)).toBe('sse');
  gateway.allowSockets();
  const texts: string[] = [];
  for (let n = 0; carrier(ann) === 'sse' && n < 200; n++) {
    const [one, other] = [`bob ${n}`, `ann ${n}`];
    bob.room.send({ content: one });
    ann.room.send({ content: other });
    texts.push(one, other);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  expect(carrier(ann)).toBe('websocket');
  for (const each of [ann, bob]) {
    await each.until(({ outgoing }) => outgoing.length === 0 && each.texts().length >= texts.length);
    expect([...each.texts()].sort()).toEqual([...texts].sort());
  }
  await expect.poll(() => gateway.streaming).toBe(0);
});

test('a token that ends is renewed by the request that is refused for it', async () => {
  const gateway = await httpGateway(chat.url);
  const roomId = await chat.room();
  const asked: boolean[] = [];
  const ann = shopper({
    url: gateway.url,
    token: ({ refresh }) => {
      asked.push(refresh);
      // 30 s of grace are the server's.
      return chat.token('ann', { expiresInSeconds: refresh ? 3_600 : -28 });
    },
    roomId,
    client: { clock: fastClock(10) },
  });
  await ann.until(({ status }) => status === 'live');
  await new Promise((resolve) => setTimeout(resolve, 2_500));
  ann.room.send({ content: 'still here' });
  await ann.until(() => ann.texts().includes('still here'));
  expect(asked).toContain(true);
});

test('a refused token ends the connection here too', async () => {
  const gateway = await httpGateway(chat.url);
  const roomId = await chat.room();
  const ann = shopper({ url: gateway.url, token: () => 'nonsense', roomId, client: { clock: fastClock(10) } });
  const state = () => ann.client.connection.getSnapshot();
  await expect.poll(() => state().status).toBe('closed');
  expect(state().error?.code).toBe('UNAUTHENTICATED');
});

test('where WebSockets are blocked, too, looking takes no place, and what one says makes one a member', async () => {
  const gateway = await httpGateway(chat.url);
  const roomId = await chat.room();
  const looks = { url: gateway.url, roomId, watch: true, client: { clock: fastClock(10) } };
  const ann = shopper({ ...looks, token: () => chat.token('ann') });
  const cho = shopper({ url: chat.url, token: () => chat.token('cho'), roomId });
  await cho.until(({ status }) => status === 'live');
  await ann.until(({ status }) => status === 'live');
  expect([carrier(ann), ann.snapshot().you]).toEqual(['sse', null]);
  cho.room.send({ content: 'from cho' });
  await ann.until(() => ann.texts().includes('from cho'));
  expect(cho.snapshot().participants.map(({ userId }) => userId)).toEqual(['seller', 'cho']);
  ann.room.send({ content: 'from ann' });
  await cho.until(() => cho.texts().includes('from ann'));
  await ann.until(({ you, outgoing }) => you?.userId === 'ann' && outgoing.length === 0);
  expect(await ann.room.leave()).toMatchObject({ ok: true });
});

test('an edit and a deletion are the same to who has event streams and who has a WebSocket', async () => {
  const gateway = await httpGateway(chat.url);
  const roomId = await chat.room();
  const ann = behind(gateway.url, 'ann', roomId);
  const bob = shopper({ url: chat.url, token: () => chat.token('bob'), roomId });
  for (const each of [ann, bob]) await each.until(({ status }) => status === 'live');
  ann.room.send({ content: 'from ann' });
  bob.room.send({ content: 'from bob' });
  for (const each of [ann, bob]) await each.until(() => each.texts().length === 2);
  const seqOf = (text: string) => ann.snapshot().messages.find(({ content }) => content === text)!.seq;
  const [ofAnn, ofBob] = [seqOf('from ann'), seqOf('from bob')];
  ann.room.edit(ofAnn, 'ann edited');
  bob.room.delete(ofBob);
  for (const each of [ann, bob]) {
    await each.until(() => each.texts().includes('ann edited') && !each.texts().includes('from bob'));
  }
  // What was shown at once has given way to what was stored.
  for (const each of [ann, bob]) await each.until(({ changing }) => changing.length === 0);
  const said = ({ snapshot }: typeof ann) => snapshot().messages.filter(({ kind }) => kind !== 'SYSTEM');
  expect(said(ann)).toEqual(said(bob));
  ann.room.pin(ofAnn, true);
  await ann.until(({ changing }) => changing[0]?.error?.code === 'FORBIDDEN');
  ann.room.discard(ann.snapshot().changing[0]!.clientMessageId);
  expect(ann.room.react(ofAnn, '❤', true)).toMatchObject({ ok: true });
  for (const each of [ann, bob]) {
    await each.until(({ messages }) => messages.some((one) => 'reactions' in one && one.reactions?.[0]?.emoji === '❤️'));
  }
  await ann.until(({ changing }) => changing.length === 0);
  ann.room.react(ofAnn, 'x', true);
  await ann.until(({ changing }) => changing[0]?.error?.code === 'VALIDATION_FAILED');
  ann.room.discard(ann.snapshot().changing[0]!.clientMessageId);
  ann.room.react(ofAnn, '❤️', false);
  for (const each of [ann, bob]) {
    await each.until(({ messages }) => !messages.some((one) => 'reactions' in one && one.reactions));
  }
  const seller = behind(gateway.url, 'seller', roomId);
  await seller.until(({ status }) => status === 'live');
  seller.room.pin(ofAnn, true);
  for (const each of [ann, bob, seller]) await each.until(({ pinned }) => pinned[0]?.content === 'ann edited');
  await seller.until(({ changing }) => changing.length === 0);
  seller.room.pin(ofAnn, false);
  for (const each of [ann, bob, seller]) await each.until(({ pinned }) => pinned.length === 0);
  // The same again is as good; what is somebody else's is not one's own to change.
  ann.room.edit(ofAnn, 'ann edited');
  await ann.until(({ changing }) => changing.length === 0);
  ann.room.edit(ofBob, 'x');
  await ann.until(({ changing }) => changing[0]?.error?.code === 'FORBIDDEN');
  bob.room.edit(ofBob, 'x');
  await bob.until(({ changing }) => changing[0]?.error?.code === 'MESSAGE_DELETED');
});

test('who has event streams is told on coming by what of many reactions he is there', async () => {
  const gateway = await httpGateway(chat.url);
  const roomId = await chat.room();
  const people = ['ann', 'bob', 'cho', 'dan'].map((name) =>
    shopper({ url: chat.url, token: () => chat.token(name), roomId }),
  );
  for (const each of people) await each.until(({ status }) => status === 'live');
  people[0]!.room.send({ content: 'words' });
  for (const each of people) await each.until(() => each.texts().includes('words'));
  const { seq } = people[0]!.snapshot().messages.find(({ content }) => content === 'words')!;
  for (const [i, each] of people.entries()) {
    each.room.react(seq, '👍', true);
    const isThere = (one: object) => 'reactions' in one && (one as ChatMessage).reactions?.[0]?.count === i + 1;
    await each.until(({ messages, changing }) => changing.length === 0 && messages.some(isThere));
  }
  for (const [name, isThere] of [
    ['dan', true],
    ['eve', false],
  ] as const) {
    const { until, snapshot } = behind(gateway.url, name, roomId);
    await until(({ status }) => status === 'live');
    const target = snapshot().messages.find((one) => one.seq === seq);
    expect(target).toMatchObject({ reactions: [{ count: 4, users: [{}, {}, {}] }] });
    expect(hasReacted(snapshot(), target as ChatMessage, '👍')).toBe(isThere);
  }
});
