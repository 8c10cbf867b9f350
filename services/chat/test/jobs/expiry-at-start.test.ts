import type { Room } from '@gongu/shared';
import pg from 'pg';
import { expect, it } from 'vitest';
import { chatOfThisFile } from '../fixture/chat.ts';

const given = chatOfThisFile();
/** Once a year: what ends a room here is not the clock. */
const env = { EXPIRE_CRON: '0 0 1 1 *' };

it('a room whose deadline passed while no instance ran is ended by one that starts', async () => {
  const before = await given.start(env);
  const [due, later] = [await before.room(), await before.room()];
  await before.call('POST', `/api/chat/rooms/${due}/participants`, { as: 'ann', body: {} });
  await before.stop();
  const sql = new pg.Client(given.databaseUrl);
  await sql.connect();
  await sql.query("UPDATE chat.rooms SET expires_at = clock_timestamp() - interval '1 minute' WHERE room_id = $1", [
    due,
  ]);
  await sql.end();

  const after = await given.start(env);
  const room = async (roomId: string) =>
    (await after.call<Room>('GET', `/api/chat/rooms/${roomId}`, { as: 'seller' })).body;
  await expect.poll(async () => (await room(due)).closedAt).not.toBeNull();
  expect((await room(due)).status).not.toBe('ACTIVE');
  expect((await room(later)).status).toBe('ACTIVE');
  const ends = () => given.logs.of().filter(({ event }) => /^room\.(?:closed|cancelled)$/.test(String(event)));
  await expect.poll(ends).toEqual([expect.objectContaining({ roomId: due })]);
  await after.stop();
});
