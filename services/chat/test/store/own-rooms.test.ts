import { Client } from 'pg';
import { afterEach, expect, it, vi } from 'vitest';
import { storeOfThisFile } from '../fixture/store.ts';

const given = storeOfThisFile();
const ROOMS = 20_000;
const MEMBERS = 100_000;
const OWN = 5;
const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

interface Node {
  'Node Type': string;
  'Actual Rows': number;
  'Actual Loops': number;
  'Rows Removed by Filter'?: number;
  Plans?: Node[];
}

/** Rows that were taken from tables and indexes, those that a filter threw away included. */
function read(node: Node): number {
  const own = node['Node Type'].includes('Scan') && !/CTE|Subquery|Function|Bitmap Heap/.test(node['Node Type']);
  const each = node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0);
  return (own ? each * node['Actual Loops'] : 0) + (node.Plans ?? []).reduce((sum, below) => sum + read(below), 0);
}

it('one’s own rooms are found by their index, among many members of others', async () => {
  const client = new Client({ connectionString: given.url });
  ends.push(() => client.end());
  await client.connect();
  await client.query(`INSERT INTO chat.rooms (room_id, title, max_participants, opening)
    SELECT 'r' || i, 'r', 1000, '{}' FROM generate_series(1, ${ROOMS}) i`);
  await client.query(`INSERT INTO chat.members (room_id, user_id, nickname, joined_seq)
    SELECT 'r' || (1 + i % ${ROOMS}), 'u' || i, 'n', i FROM generate_series(1, ${MEMBERS}) i`);
  await client.query(`INSERT INTO chat.members (room_id, user_id, nickname, joined_seq)
    SELECT 'r' || i, 'ann', 'n', 0 FROM generate_series(1, ${OWN}) i`);
  await client.query('ANALYZE chat.rooms, chat.members');

  const asked = vi.spyOn(Client.prototype, 'query');
  expect(await given.store.rooms.listFor('ann', { limit: 20, before: null })).toHaveLength(OWN);
  expect(await given.store.rooms.overviews(['ann'], 20)).toHaveLength(OWN);
  const queries = asked.mock.calls.map(([query, values]) => ({
    ...(typeof query === 'string' ? { text: query } : (query as unknown as { text: string; values?: unknown[] })),
    ...(Array.isArray(values) ? { values } : {}),
  }));
  asked.mockRestore();
  const ofMembers = queries.filter(({ text }) => text?.includes('chat.members'));
  expect(ofMembers).toHaveLength(2);
  for (const { text, values } of ofMembers as { text: string; values: unknown[] }[]) {
    const { rows } = await client.query(`EXPLAIN (ANALYZE, FORMAT JSON) ${text}`, values);
    // The member, his room, and its last message.
    expect(read(rows[0]['QUERY PLAN'][0].Plan), text).toBeLessThanOrEqual(3 * OWN);
  }
});
