import { expect, test } from 'vitest';
import { createMemoryStorage } from '../src/outbox/outbox-storage.ts';
import { ack, answerJoin, chatting, inRoom, joined, messageFrame, ownMessage, ROOM } from './fixture/chatting.ts';

const me = { userId: 'me', nickname: 'me', tag: null };
const system = (seq: number, data: object) => messageFrame(seq, { kind: 'SYSTEM', sender: null, data });

test('a mute is known from the join and from the rows, and so is its end; one of somebody else is not mine', async () => {
  const { client, clock, carrier } = chatting();
  const room = client.room(ROOM);
  room.subscribe(() => {});
  await clock.advance(0);
  const channel = carrier.last();
  channel.ready();
  const until = '2030-01-01T00:00:00.000Z';
  answerJoin(channel, 3, { you: { ...joined().you!, muted: { until } } });
  expect(room.getSnapshot()).toMatchObject({ muted: { until } });
  expect(room.getSnapshot().you).not.toHaveProperty('muted');
  channel.says(system(4, { event: 'participant.unmuted', user: me, until }));
  expect(room.getSnapshot().muted).toBeNull();
  channel.says(system(5, { event: 'participant.muted', user: { ...me, userId: 'ann' }, until: null }));
  expect(room.getSnapshot().muted).toBeNull();
  channel.says(system(6, { event: 'participant.muted', user: me, until: null }));
  expect(room.getSnapshot().muted).toEqual({ until: null });
});

test('a ban of one who looks ends it as a removal, with its reason', async () => {
  const { channel, snapshot } = await inRoom();
  channel.says({ type: 'unwatched', roomId: ROOM, reason: 'BANNED' });
  expect(snapshot()).toMatchObject({ status: 'gone', gone: 'removed', goneReason: 'BANNED' });
});

test('in slow mode the own message is followed by a time in which nothing is queued', async () => {
  const { clock, channel, room, snapshot } = await inRoom();
  channel.says(system(4, { event: 'room.updated', room: { ...joined().room, slowModeSeconds: 30 } }));
  expect(room.send({ content: 'one' }).ok).toBe(true);
  // Before the first is stored, too.
  expect(room.send({ content: 'two' })).toMatchObject({
    ok: false,
    error: { code: 'SLOW_MODE', retryAfterMs: 30_000 },
  });
  const [send] = channel.of('send');
  ack(channel, send!, 5);
  channel.says(ownMessage(5, send!));
  expect(snapshot().slowUntilMs).toBe(clock.now() + 30_000);
  await clock.advance(10_000);
  expect(room.send({ content: 'two' })).toMatchObject({
    ok: false,
    error: { code: 'SLOW_MODE', retryAfterMs: 20_000 },
  });
  expect(snapshot().outgoing).toEqual([]);
  await clock.advance(20_000);
  expect(snapshot().slowUntilMs).toBeNull();
  expect(room.send({ content: 'two' }).ok).toBe(true);
  expect(channel.of('send').map(({ content }) => content)).toEqual(['one', 'two']);
});

test('what the server refuses for slow mode is shown as failed, with the time that it named', async () => {
  const { clock, channel, room, snapshot } = await inRoom();
  room.send({ content: 'one' });
  const [send] = channel.of('send');
  channel.says({
    ...{ type: 'error', ref: send!.ref!, code: 'SLOW_MODE', message: 'slow', roomId: ROOM, errors: [] },
    retryAfterMs: 5_000,
  });
  expect(snapshot().outgoing).toMatchObject([{ status: 'failed', error: { code: 'SLOW_MODE' } }]);
  expect(snapshot().slowUntilMs).toBe(clock.now() + 5_000);
  await clock.advance(60_000);
  expect(channel.of('send')).toHaveLength(1);
  expect(snapshot().slowUntilMs).toBeNull();
});

test.each([
  ['turned off', 0, 0],
  ['made shorter', 15, 5_000],
  ['made longer', 60, 50_000],
])('slow mode that is %s meanwhile counts as it is, from the last own message on', async (_, seconds, leftMs) => {
  const { clock, channel, room, snapshot } = await inRoom();
  const slow = (seq: number, slowModeSeconds: number) =>
    channel.says(system(seq, { event: 'room.updated', room: { ...joined().room, slowModeSeconds } }));
  slow(4, 30);
  room.send({ content: 'one' });
  const [send] = channel.of('send');
  ack(channel, send!, 5);
  channel.says(ownMessage(5, send!));
  await clock.advance(10_000);
  // Over HTTP the own message comes twice.
  channel.says(ownMessage(5, send!));
  expect(snapshot().slowUntilMs).toBe(clock.now() + 20_000);
  slow(6, seconds);
  expect(snapshot().slowUntilMs).toBe(leftMs === 0 ? null : clock.now() + leftMs);
  expect(room.send({ content: 'two' }).ok).toBe(leftMs === 0);
  await clock.advance(leftMs);
  expect(snapshot().slowUntilMs).toBeNull();
  if (leftMs > 0) expect(room.send({ content: 'two' }).ok).toBe(true);
});

test('the host waits for nothing', async () => {
  const { clock, channel, room, carrier } = await inRoom();
  channel.ends(1006);
  await clock.advance(1_000);
  carrier.last().ready();
  answerJoin(carrier.last(), 3, {
    room: { ...joined().room, slowModeSeconds: 30 },
    you: { ...joined().you!, role: 'HOST' },
  });
  for (const content of ['one', 'two']) expect(room.send({ content }).ok).toBe(true);
});

const pinRow = (seq: number, on: boolean, pinnedMessageIds: string[]) =>
  system(seq, { event: 'message.changed', change: on ? 'pinned' : 'unpinned', by: me, seq: 3, pinnedMessageIds });

test('a pin shows at once and until its row has come; refused, it is undone and says why', async () => {
  const { room, channel, snapshot } = await inRoom();
  const shown = () => snapshot().pinned.map(({ seq }) => seq);
  expect(room.pin(3, true)).toEqual({ ok: true, value: 'c-1' });
  expect(shown()).toEqual([3]);
  expect(snapshot().room?.pinnedMessageIds).toEqual([`${ROOM}:3`]);
  channel.says({ type: 'ok', ref: channel.of('pin')[0]!.ref! });
  expect(shown()).toEqual([3]);
  channel.says(pinRow(4, true, [`${ROOM}:3`]));
  expect(snapshot().changing).toEqual([]);
  expect(shown()).toEqual([3]);
  room.pin(3, false);
  expect(shown()).toEqual([]);
  channel.says({ type: 'error', ref: channel.of('pin')[1]!.ref!, code: 'FORBIDDEN', message: 'no', errors: [] });
  expect(shown()).toEqual([3]);
  expect(snapshot().changing).toMatchObject([{ status: 'failed', error: { code: 'FORBIDDEN' } }]);
});

test('a pin that was stored gives way to what a new join says, whatever has become of it since', async () => {
  const { room, channel, snapshot, carrier, clock } = await inRoom();
  room.pin(3, true);
  channel.says({ type: 'ok', ref: channel.of('pin')[0]!.ref! });
  channel.ends(1006);
  await clock.advance(1_000);
  carrier.last().ready();
  answerJoin(carrier.last(), 3);
  expect(snapshot()).toMatchObject({ pinned: [], changing: [] });
});

const path = `http://chat.test/api/chat/rooms/${ROOM}`;
type OpenRoom = Awaited<ReturnType<typeof inRoom>>['room'];
const orders: readonly [string, (room: OpenRoom) => unknown, readonly unknown[], object][] = [
  [
    'slow mode',
    (room) => room.setSlowMode(30),
    ['PATCH', path, { slowModeSeconds: 30 }],
    { room: { slowModeSeconds: 30 } },
  ],
  [
    'a removal',
    (room) => room.remove('ann'),
    ['DELETE', `${path}/participants/ann`],
    { participants: [{ userId: 'me' }] },
  ],
  [
    'a ban',
    (room) => room.restrict('ann', { kind: 'BAN' }),
    ['PUT', `${path}/restrictions/ann`, { kind: 'BAN' }],
    { participants: [{ userId: 'me' }] },
  ],
  [
    // From when it is done, by the server's clock.
    'a mute',
    (room) => room.restrict('ann', { kind: 'MUTE', forMs: 600_000 }),
    ['PUT', `${path}/restrictions/ann`, { kind: 'MUTE', until: expect.any(String) }],
    {},
  ],
  ['its end', (room) => room.restrict('ann', null), ['DELETE', `${path}/restrictions/ann`], {}],
  [
    'a report',
    (room) => room.report(3, { reason: 'FRAUD', note: 'asks for money' }),
    ['POST', `${path}/messages/3/reports`, { reason: 'FRAUD', note: 'asks for money' }],
    {},
  ],
];

test.each(orders)(
  '%s shows at once, waits without a connection and over a reload, is asked until it is answered, and undone where it is refused',
  async (_, act, asked, shown) => {
    const storage = createMemoryStorage();
    const first = await inRoom({ storage });
    first.channel.ends(1006);
    expect(act(first.room)).toEqual({ ok: true, value: 'c-1' });
    expect(first.snapshot()).toMatchObject(shown);
    first.client.disconnect();

    const requests: unknown[][] = [];
    const answers: (() => Response | Promise<Response>)[] = [
      () => Promise.reject(new Error('broken')),
      () => Response.json({ code: 'FORBIDDEN', detail: 'no' }, { status: 403 }),
    ];
    const fetch = async (url: string | URL | Request, init?: RequestInit) => {
      requests.push([init?.method, url, ...(init?.body ? [JSON.parse(String(init.body))] : [])]);
      return answers[requests.length - 1]?.() ?? new Response(null, { status: 204 });
    };
    const { clock, snapshot, room } = await inRoom({ storage, fetch: fetch as typeof globalThis.fetch });
    await clock.advance(0);
    expect(requests).toEqual([asked]);
    expect(snapshot()).toMatchObject({ ...shown, changing: [{ status: 'not-confirmed' }] });
    await clock.advance(1_000);
    expect(requests).toEqual([asked, asked]);
    expect(snapshot()).toMatchObject({
      ...{ room: { slowModeSeconds: 0 }, participants: [{ userId: 'me' }, { userId: 'ann' }] },
      changing: [{ status: 'failed', error: { code: 'FORBIDDEN' } }],
    });
    room.retry('c-1');
    await clock.advance(0);
    expect(requests).toEqual([asked, asked, asked]);
    expect(snapshot().changing.filter(({ status }) => status !== 'sent')).toEqual([]);
  },
);

test('a mute lasts from when it is done, by the server’s clock, however long it has waited', async () => {
  const bodies: { until?: string }[] = [];
  const fetch = async (_: unknown, init?: RequestInit) => {
    bodies.push(JSON.parse(String(init?.body)) as object);
    return new Response(null, { status: 204 });
  };
  const { clock, channel, room, carrier } = await inRoom({ fetch: fetch as typeof globalThis.fetch });
  channel.ends(1006);
  room.restrict('ann', { kind: 'MUTE', forMs: 600_000 });
  await clock.advance(1_000);
  const serverMs = clock.now() + 3_600_000;
  carrier.last().ready({ serverTime: new Date(serverMs).toISOString() });
  answerJoin(carrier.last(), 3);
  await clock.advance(0);
  expect(bodies.map(({ until }) => until)).toEqual([new Date(serverMs + 600_000).toISOString()]);
});

test('a deletion ends what waits for its message, but for a report of it, and others wait for each of their own', async () => {
  const { room, channel, snapshot } = await inRoom();
  channel.ends(1006);
  room.pin(3, true);
  room.pin(2, true);
  room.pin(2, false);
  room.report(3, { reason: 'SPAM' });
  room.restrict('ann', { kind: 'MUTE' });
  room.restrict('bob', { kind: 'BAN' });
  room.restrict('ann', null);
  room.delete(3);
  const asked = snapshot().changing.map(({ change }) => [change.kind, change.userId ?? change.seq]);
  expect(asked).toEqual([
    ['pin', 2],
    ['report', 3],
    ['restrict', 'bob'],
    ['restrict', 'ann'],
    ['delete', 3],
  ]);
});
