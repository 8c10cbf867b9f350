import { startChatService } from '@gongu/testkit';
import { expect, onTestFinished, test } from 'vitest';
import { shopper } from './fixture/shopper.ts';

test('forty rooms that a new user opens at once are all joined at the rate that the service allows, and none shows an error', async () => {
  // The rate that a service has where nobody says anything.
  const chat = await startChatService({ RATE_CHANGES_PER_SECOND: '5', RATE_FRAMES_PER_SECOND: '100' });
  onTestFinished(() => chat.close());
  const roomIds = await Promise.all(Array.from({ length: 40 }, () => chat.room()));
  const token = () => chat.token('ann');
  const { client } = shopper({ url: chat.url, token, roomId: roomIds[0]! });
  const refused: string[] = [];
  const rooms = roomIds.map((roomId) => client.room(roomId));
  for (const room of rooms) {
    const leave = room.subscribe(() => {
      const { status, error } = room.getSnapshot();
      if (status === 'refused' || status === 'gone') refused.push(`${status} ${error?.code}`);
    });
    onTestFinished(leave);
  }
  const live = () => rooms.filter((room) => room.getSnapshot().status === 'live').length;
  await expect.poll(live, { timeout: 60_000 }).toBe(40);
  expect(refused).toEqual([]);
  expect(rooms.map((room) => room.getSnapshot().error)).toEqual(rooms.map(() => null));
  const { items } = await chat.call<{ items: object[] }>('GET', '/api/chat/rooms?limit=100', undefined, token());
  expect(items).toHaveLength(40);
}, 120_000);
