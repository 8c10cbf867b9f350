import { type ChatService, startChatService, tcpProxy } from '@gongu/testkit';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import type { Clock } from '../src/clock.ts';
import { createMemoryStorage } from '../src/outbox/outbox-storage.ts';
import { shopper } from './fixture/shopper.ts';
import { fastClock } from './fixture/time.ts';

const DAY_MS = 86_400_000;
let chat: ChatService;
beforeAll(async () => {
  chat = await startChatService({ HEARTBEAT_MS: '1000' });
});
afterAll(() => chat?.close());

async function throughProxy() {
  const proxy = await tcpProxy({ target: chat.url });
  onTestFinished(() => proxy.close());
  return Object.assign(proxy, {
    url: `http://127.0.0.1:${proxy.port}`,
    async away() {
      await proxy.refuse();
      proxy.cut();
    },
  });
}

/** The real time, which may be set ahead: a machine that slept. */
function movableClock(): Clock & { aheadMs: number } {
  const clock: Clock & { aheadMs: number } = { ...fastClock(4), aheadMs: 0, now: () => Date.now() + clock.aheadMs };
  return clock;
}

/** The messages of a room that has ended, up to a number, are as old as is kept no more, and go. */
async function retain(roomId: string, upTo: number) {
  await chat.query(
    `UPDATE chat.messages SET created_at = created_at - interval '1 year' WHERE room_id = $1 AND seq <= $2`,
    ...[roomId, upTo],
  );
  await chat.query('SELECT chat.retain_messages($1, 30, 500)', roomId);
}

test('what was removed for its age is unread no more: for who comes back, and in a list that was open all along', async () => {
  const roomId = await chat.room();
  const reader = shopper({ url: chat.url, token: () => chat.token('reader'), roomId });
  await reader.until(({ status }) => status === 'live');
  reader.room.send({ content: 'so far I have read' });
  const { lastSeq: read } = await reader.until(() => reader.texts().length === 1);
  const stop = reader.client.rooms().subscribe(() => {});
  onTestFinished(stop);
  const listed = () =>
    reader.client
      .rooms()
      .getSnapshot()
      .rooms.find((room) => room.roomId === roomId);
  reader.leave();
  await chat.fill(roomId, 'writer', 20);
  await expect.poll(() => listed()?.unread).toBe(20);
  const room = () => chat.call<{ lastSeq: number; firstSeq: number }>('GET', `/api/chat/rooms/${roomId}`);
  const { lastSeq } = await room();
  // Who buys stays.
  await chat.call('PUT', `/api/chat/rooms/${roomId}/participants/reader`, { committed: true, nickname: 'reader' });
  await chat.call('PATCH', `/api/chat/rooms/${roomId}`, { status: 'CLOSED' });
  await retain(roomId, lastSeq - 5);
  expect((await room()).firstSeq).toBeGreaterThan(read + 1);
  await expect.poll(() => listed()?.unread).toBe(5);

  // An instance that has the room in memory hears of what was removed when it looks for that.
  const comesBack = async () => {
    const back = shopper({ url: chat.url, token: () => chat.token('reader'), roomId });
    const { unread, readSeq } = await back.until(({ status }) => status === 'live');
    back.leave();
    return [unread, readSeq];
  };
  await expect.poll(comesBack).toEqual([5, read]);
  // All of it: nothing is left to be read, in a room that nobody has looked at.
  await retain(roomId, lastSeq + 10);
  await expect.poll(() => listed()?.unread).toBe(0);
  await expect.poll(comesBack).toEqual([0, read]);
});

test('of what was written before a machine slept for two days nothing is sent without asking; what is younger is', async () => {
  const [old, young] = [await chat.room(), await chat.room()];
  const proxy = await throughProxy();
  const clock = movableClock();
  const ann = shopper({ url: proxy.url, token: () => chat.token('ann'), roomId: old, client: { clock } });
  const other = ann.client.room(young);
  onTestFinished(other.subscribe(() => {}));
  await ann.until(({ status }) => status === 'live');
  await expect.poll(() => other.getSnapshot().status).toBe('live');
  await proxy.away();
  await ann.until(({ status }) => status !== 'live');
  for (const content of ['two days ago', 'and one more']) ann.room.send({ content });
  clock.aheadMs = 2 * DAY_MS;
  other.send({ content: 'just now' });
  await proxy.pass();
  ann.signals.tell('online');
  const { outgoing } = await ann.until(({ outgoing: all }) => all.every(({ status }) => status === 'failed'));
  expect(outgoing.map(({ error }) => error?.code)).toEqual(['OUTDATED', 'OUTDATED']);
  await expect.poll(() => other.getSnapshot().outgoing).toEqual([]);
  expect(other.getSnapshot().messages.at(-1)).toMatchObject({ content: 'just now' });
  // Asked for, it is sent.
  ann.room.retry(outgoing[0]!.clientMessageId);
  await ann.until(() => ann.texts().at(-1) === 'two days ago');
  expect(ann.snapshot().outgoing).toMatchObject([{ content: 'and one more', status: 'failed' }]);
});

test('whose rooms have changed while he was away learns of each message what became of it, with a token that had ended', async () => {
  const fates = {
    active: async () => {},
    bought: async (id: string) => {
      await chat.call('PUT', `/api/chat/rooms/${id}/participants/ann`, { committed: true, nickname: 'ann' });
      await chat.call('PATCH', `/api/chat/rooms/${id}`, { status: 'CLOSED' });
    },
    closed: (id: string) => chat.call('PATCH', `/api/chat/rooms/${id}`, { status: 'CLOSED' }),
    cancelled: (id: string) => chat.call('PATCH', `/api/chat/rooms/${id}`, { status: 'CANCELLED' }),
    removed: (id: string) => chat.call('DELETE', `/api/chat/rooms/${id}`),
    retired: async (id: string) => {
      await chat.call('PATCH', `/api/chat/rooms/${id}`, { status: 'CANCELLED' });
      await chat.query(`UPDATE chat.rooms SET closed_at = closed_at - interval '1 year' WHERE room_id = $1`, id);
      await chat.query('SELECT chat.retire_room($1, 30, 500)', id);
      await chat.query('SELECT chat.retire_room($1, 30, 500)', id);
    },
    banned: (id: string) => chat.call('PUT', `/api/chat/rooms/${id}/restrictions/ann`, { kind: 'BAN' }),
    muted: (id: string) => chat.call('PUT', `/api/chat/rooms/${id}/restrictions/ann`, { kind: 'MUTE' }),
    kicked: (id: string) => chat.call('DELETE', `/api/chat/rooms/${id}/participants/ann`),
  };
  const proxy = await throughProxy();
  const storage = createMemoryStorage();
  let seconds = 3;
  const token = () => chat.token('ann', { expiresInSeconds: seconds });
  const roomIds = await Promise.all(Object.keys(fates).map(() => chat.room()));
  const ann = shopper({ url: proxy.url, token, roomId: roomIds[0]!, client: { storage, clock: fastClock(4) } });
  const rooms = roomIds.map((id) => ann.client.room(id));
  for (const room of rooms) onTestFinished(room.subscribe(() => {}));
  for (const room of rooms) await expect.poll(() => room.getSnapshot().status).toBe('live');
  await proxy.away();
  await ann.until(({ status }) => status !== 'live');
  rooms.forEach((room) => void room.send({ content: 'said while away' }));
  await Promise.all(Object.values(fates).map((fate, i) => fate(roomIds[i]!)));
  seconds = 3_600;
  await proxy.pass();
  const isSettled = (room: (typeof rooms)[0]) => room.getSnapshot().outgoing.every(({ status }) => status === 'failed');
  await expect.poll(() => rooms.every(isSettled)).toBe(true);
  const became = rooms.map((room) => room.getSnapshot().outgoing.map(({ error }) => error?.code)[0] ?? 'stored');
  expect(Object.fromEntries(Object.keys(fates).map((fate, i) => [fate, became[i]]))).toEqual({
    active: 'stored',
    bought: 'stored',
    closed: 'NOT_A_MEMBER',
    cancelled: 'ROOM_READ_ONLY',
    removed: 'NOT_FOUND',
    retired: 'NOT_FOUND',
    banned: 'BANNED',
    muted: 'MUTED',
    kicked: 'NOT_A_MEMBER',
  });
  // What failed stays, as it can be copied, until it is given up.
  expect(await storage.load('ann')).toHaveLength(7);
  for (const room of rooms)
    for (const { clientMessageId } of room.getSnapshot().outgoing) room.discard(clientMessageId);
  await expect.poll(() => storage.load('ann')).toEqual([]);
});

test('what somebody wrote who was erased meanwhile is not sent, and not lost, until he signs in anew', async () => {
  const roomId = await chat.room();
  const proxy = await throughProxy();
  const storage = createMemoryStorage();
  const old = chat.token('eve', { claims: { iat: Math.floor(Date.now() / 1_000) - 60 } });
  let token = old;
  const eve = shopper({ url: proxy.url, token: () => token, roomId, client: { storage, clock: fastClock(4) } });
  await eve.until(({ status }) => status === 'live');
  await proxy.away();
  await eve.until(({ status }) => status !== 'live');
  eve.room.send({ content: 'said while away' });
  const { id } = await chat.call<{ id: string }>('DELETE', '/api/chat/users/eve');
  const asked = async () =>
    (await fetch(`${chat.url}/api/chat/rooms`, { headers: { authorization: `Bearer ${old}` } })).status;
  await expect.poll(asked).toBe(401);
  await proxy.pass();
  const state = () => eve.client.connection.getSnapshot();
  await expect.poll(() => state().status).toBe('closed');
  expect(state().error?.code).toBe('TOKEN_REVOKED');
  expect(eve.snapshot().outgoing).toMatchObject([{ content: 'said while away', error: null }]);
  expect(await storage.load('eve')).toHaveLength(1);
  // What is his until it has ended is erased along.
  const erasure = () => chat.call<{ status: string }>('GET', `/api/chat/erasures/${id}`);
  await expect.poll(async () => (await erasure()).status).toBe('DONE');
  token = chat.token('eve', { claims: { iat: Math.floor(Date.now() / 1_000) + 20 } });
  eve.client.connect();
  await eve.until(() => eve.texts().includes('said while away'));
  expect(eve.snapshot().outgoing).toEqual([]);
});
