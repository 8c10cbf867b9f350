import { withSearchPath } from '@gongu/host';
import { tcpProxy } from '@gongu/testkit';
import pg from 'pg';
import { expect, it } from 'vitest';
import { openStore } from '../../src/store/open-store.ts';
import { opening, person } from '../fixture/opening.ts';
import { storeOfThisFile } from '../fixture/store.ts';

const given = storeOfThisFile();

// The event that a broken connection emits beside failing its query used to end the process.
it('a connection that is reset while an append is under way costs nothing: the batch is stored once, by another one', async () => {
  const proxy = await tcpProxy({ target: given.url });
  const store = openStore({ url: proxy.through(given.url), poolSize: 4 });
  const input = opening();
  await given.store.rooms.open(input);
  const draft = (id: string) => ({
    ...{ roomId: input.roomId, sender: person('seller'), clientMessageId: id, content: id, replyTo: null },
    kind: 'CHAT' as const,
  });
  await store.messages.append([draft('warm')]);
  const locker = new pg.Client({ connectionString: withSearchPath(given.url, 'chat') });
  await locker.connect();
  for (let i = 0; i < 3; i++) {
    await locker.query('BEGIN');
    await locker.query('SELECT 1 FROM rooms WHERE room_id = $1 FOR UPDATE', [input.roomId]);
    const appending = store.messages.append([draft(`a-${i}`), draft(`b-${i}`)]);
    await expect.poll(() => waiting(locker)).toBe(1);
    proxy.cut();
    await locker.query('COMMIT');
    // PostgreSQL may have done the first one before it noticed that nobody was there any more.
    const [one, two] = (await appending).map(({ outcome }) => outcome);
    expect(['stored', 'duplicate']).toContain(one);
    expect(two).toBe(one);
  }
  await locker.end();
  const rows = await given.store.messages.after(input.roomId, 1, 100);
  expect(rows.map((row) => row.clientMessageId)).toEqual(['warm', 'a-0', 'b-0', 'a-1', 'b-1', 'a-2', 'b-2']);
  await store.close();
  await proxy.close();
});

/** Sessions of this database that wait for a lock. */
async function waiting(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ count: number }>(
    `SELECT count(*)::int FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
  );
  return rows[0]!.count;
}
