import { withSearchPath } from '@gongu/host';
import pg from 'pg';
import { expect, it } from 'vitest';
import { joining, opening } from '../fixture/opening.ts';
import { storeOfThisFile } from '../fixture/store.ts';

const given = storeOfThisFile();

it('a room that somebody has locked keeps nobody out of the others', async () => {
  const [busy, free] = [opening(), opening()];
  for (const input of [busy, free]) await given.store.rooms.open(input);
  const client = new pg.Client({ connectionString: withSearchPath(given.url, 'chat') });
  await client.connect();
  try {
    await client.query('BEGIN');
    await client.query('SELECT 1 FROM rooms WHERE room_id = $1 FOR UPDATE', [busy.roomId]);
    const outcomes = await given.store.members.join([
      joining(busy.roomId, 'ann'),
      joining(free.roomId, 'ann'),
      joining('nowhere', 'ann'),
      joining(busy.roomId, 'bob'),
      joining(free.roomId, 'bob'),
    ]);
    expect(outcomes.map((one) => one.outcome)).toEqual(['BUSY', 'joined', 'NOT_FOUND', 'BUSY', 'joined']);
  } finally {
    await client.end();
  }
  expect((await given.store.members.join([joining(busy.roomId, 'ann')]))[0]!.outcome).toBe('joined');
});
