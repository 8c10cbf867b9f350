import { expect, test } from 'vitest';
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
