import { expect, it } from 'vitest';
import { opening } from '../fixture/opening.ts';
import { storeOfThisFile } from '../fixture/store.ts';

const given = storeOfThisFile();

/** Rows of a room by their kinds, `c` for what was said; its `seq` that counts, and how many rows were read for it. */
async function lastSaid(kinds: string): Promise<number | null> {
  const { roomId } = opening();
  const pool = given.store.pools.reads;
  await pool.query(
    `INSERT INTO chat.messages (room_id, seq, chat_no, kind, content, data, created_at)
    SELECT $1, n, sum((k = 'c')::int) OVER (ORDER BY n), CASE k WHEN 'c' THEN 'CHAT' ELSE 'SYSTEM' END, '', NULL, now()
    FROM unnest(string_to_array($2, NULL)) WITH ORDINALITY t (k, n)`,
    [roomId, kinds],
  );
  const said = [...kinds].filter((kind) => kind === 'c').length;
  const { rows } = await pool.query('SELECT seq::int FROM chat.last_said($1, $2, $3) WHERE seq IS NOT NULL', [
    ...[roomId, kinds.length, said],
  ]);
  return rows[0]?.seq ?? null;
}

it('the newest that was said is found, wherever it stands', async () => {
  for (let length = 1; length <= 10; length++) {
    for (let pattern = 0; pattern < 2 ** length; pattern++) {
      const kinds = pattern.toString(2).padStart(length, '0').replaceAll('0', 's').replaceAll('1', 'c');
      const last = kinds.lastIndexOf('c') + 1;
      expect(await lastSaid(kinds), kinds).toBe(last === 0 ? null : last);
    }
  }
});

it('of thousands of rows of the service after it, a few are read', async () => {
  const at = async (kinds: string) => {
    const client = await given.store.pools.reads.connect();
    try {
      return await lastSaid(kinds);
    } finally {
      client.release();
    }
  };
  expect(await at(`sc${'s'.repeat(5_000)}`)).toBe(2);
  expect(await at(`${'s'.repeat(3_000)}c${'s'.repeat(3_000)}`)).toBe(3_001);
  // With the older ones removed for their age.
  const { roomId } = opening();
  const pool = given.store.pools.reads;
  await pool.query(
    `INSERT INTO chat.messages (room_id, seq, chat_no, kind, content, created_at)
    SELECT $1, n, least(n, 700), CASE WHEN n <= 700 THEN 'CHAT' ELSE 'SYSTEM' END, '', now()
    FROM generate_series(600, 5000) n`,
    [roomId],
  );
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    const reads = async () =>
      Number(
        (await client.query("SELECT idx_tup_fetch AS n FROM pg_stat_xact_user_tables WHERE relname = 'messages'"))
          .rows[0]?.n ?? 0,
      );
    const before = await reads();
    const { rows } = await client.query('SELECT seq::int FROM chat.last_said($1, 5000, 700)', [roomId]);
    expect(rows).toEqual([{ seq: 700 }]);
    expect((await reads()) - before).toBeLessThan(40);
    await client.query('COMMIT');
  } finally {
    client.release();
  }
});
