import { expect, it } from 'vitest';
import { opening } from '../fixture/opening.ts';
import { storeOfThisFile } from '../fixture/store.ts';

const given = storeOfThisFile();

it('an instance that was just started looks for unread messages as old as they must be, and a day more', async () => {
  const { pools, rooms, messages, absences } = given.store;
  await pools.reads.query(
    "INSERT INTO chat.webhooks (id, url, events, secret, description) VALUES ('hook', '', '{}', '', '')",
  );
  const hours = [10, 60, 80];
  const ids: string[] = [];
  for (const old of hours) {
    const room = opening();
    await rooms.open(room);
    const said = { kind: 'NOTIFICATION', sender: null, clientMessageId: 'one', content: 'x', replyTo: null } as const;
    await messages.append([{ roomId: room.roomId, ...said }]);
    await pools.reads.query(
      "UPDATE chat.messages SET created_at = clock_timestamp() - $2 * interval '1 hour' WHERE room_id = $1",
      [room.roomId, old],
    );
    ids.push(room.roomId);
  }
  const found = async (afterS: number) => {
    const all = await absences.recentRooms('', 100, afterS);
    return ids.map((id) => all.includes(id));
  };
  expect(await found(60)).toEqual([true, false, false]);
  expect(await found(2 * 86_400)).toEqual([true, true, false]);
});
