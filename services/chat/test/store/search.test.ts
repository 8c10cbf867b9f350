import { searchForm } from '@gongu/shared';
import { expect, it } from 'vitest';
import type { StoredMessage } from '../../src/room/ports/stored-message.ts';
import { joinOne, opening } from '../fixture/opening.ts';
import { storeOfThisFile } from '../fixture/store.ts';

const given = storeOfThisFile();

/** Parts of texts: Korean composed and not, full-width, jamo, capitals, joiners, and what is nearly each of them. */
const PARTS = [
  '감귤',
  '감귤'.normalize('NFD'),
  '감',
  '귤감',
  'ㄱㅏㅁ',
  'ＡＢＣ',
  'abc',
  'aBcd',
  'Straße',
  'STRASSE',
  '👨‍👩‍👧',
  '👩',
  '㎏',
  ' ',
  '12',
  '１２',
];
const WANTED = [
  '감귤',
  '귤감',
  '감 ',
  'abc',
  'bcd',
  'ss',
  '👩\u200d',
  '👨‍👩‍👧',
  'kg',
  '12',
  '감귤abc',
  'nothing at all',
];

/** Mulberry32. */
function randomOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

async function openRoom(): Promise<string> {
  const room = opening();
  await given.store.rooms.open(room);
  return room.roomId;
}

const ann = { userId: 'ann', nickname: 'ann', tag: null };

let drafts = 0;
async function say(roomId: string, texts: readonly string[], sender: typeof ann | null = null): Promise<number[]> {
  const outcomes = await given.store.messages.append(
    texts.map((content) => {
      const clientMessageId = `m-${++drafts}`;
      return { roomId, kind: sender ? 'CHAT' : 'NOTIFICATION', sender, clientMessageId, content, replyTo: null };
    }),
  );
  return outcomes.map((outcome) => ('seq' in outcome ? outcome.seq : -1));
}

async function indexAll(roomId: string): Promise<void> {
  while (await given.store.searchIndex.index(roomId));
}

async function naive(roomId: string, form: string): Promise<number[]> {
  const rows: StoredMessage[] = [];
  for (let after = 0; ; after = rows.at(-1)!.seq) {
    const more = await given.store.messages.after(roomId, after, 1_000);
    rows.push(...more);
    if (more.length < 1_000) break;
  }
  return rows
    .filter(({ kind, content }) => kind !== 'SYSTEM' && searchForm(content).includes(form))
    .map(({ seq }) => seq)
    .reverse();
}

/** All that a search finds, page by page. */
async function found(roomId: string, form: string, limit: number): Promise<number[]> {
  const seqs: number[] = [];
  for (let before: number | null = null; ; before = seqs.at(-1)!) {
    const page = await given.store.search.find(roomId, null, { form, before, limit });
    if (typeof page === 'string') throw new Error(page);
    seqs.push(...page.map(({ seq }) => seq));
    if (page.length < limit) return seqs;
  }
}

it('finds exactly the messages that a look at all of them finds, as they are now, whatever the index has', async () => {
  const { messages } = given.store;
  for (let seed = 1; seed <= 3; seed++) {
    const random = randomOf(seed);
    const roomId = await openRoom();
    await joinOne(given.store.members, roomId, 'ann');
    const text = () => Array.from({ length: 1 + random(4) }, () => PARTS[random(PARTS.length)]).join('');
    const seqs: number[] = [];
    for (let round = 0; round < 5; round++) {
      seqs.push(...(await say(roomId, Array.from({ length: 60 + random(400) }, text), ann)));
      for (let i = 0; i < 6; i++) {
        const target = { roomId, seq: seqs[random(seqs.length)]!, by: ann, isAdmin: false };
        const content = text();
        await messages.change({
          ...target,
          edit: random(2) === 0 ? null : { content, ifVersion: null, windowS: 3_600 },
        });
      }
      // Now and then all, else a part of it.
      if (random(3) === 0) await indexAll(roomId);
      else if (random(2) === 0) await given.store.searchIndex.index(roomId);
      for (const wanted of WANTED) {
        const form = searchForm(wanted);
        expect(await found(roomId, form, 25 + random(60)), `${wanted}, seed ${seed}`).toEqual(
          await naive(roomId, form),
        );
      }
    }
  }
}, 240_000);

it('a hit that is changed while it is being found takes no place of another, and hides no more pages', async () => {
  const roomId = await openRoom();
  const seqs = await say(
    roomId,
    Array.from({ length: 6 }, (_, i) => `감귤 ${i}`),
  );
  const { reads } = given.store.pools;
  const query = reads.query.bind(reads) as (...args: unknown[]) => unknown;
  let meanwhile = [seqs[5]!, seqs[4]!];
  reads.query = (async (...args: unknown[]) => {
    if ((args[0] as { name?: string }).name === 'search-load') {
      const edit = { content: '사과', ifVersion: null, windowS: 3_600 };
      for (const seq of meanwhile.splice(0)) {
        await given.store.messages.change({ roomId, seq, by: null, isAdmin: false, edit });
      }
    }
    return query(...args);
  }) as never;
  try {
    const find = (limit: number, before: number | null) =>
      given.store.search.find(roomId, null, { form: '감귤', limit, before });
    const page = (await find(3, null)) as StoredMessage[];
    expect(page.map(({ seq }) => seq)).toEqual([seqs[3], seqs[2], seqs[1]]);
    meanwhile = [seqs[0]!];
    expect(await find(3, seqs[1]!)).toEqual([]);
  } finally {
    reads.query = query as never;
  }
});

it('what was deleted leaves the index with its text, and what is edited is known by its new one alone', async () => {
  const roomId = await openRoom();
  const [kept, gone] = await say(roomId, ['첫 번째 감귤', '두 번째 감귤']);
  await indexAll(roomId);
  const indexed = async () => {
    const { rows } = await given.store.pools.reads.query<{ seq: string; grams: number[] }>(
      'SELECT seq, grams FROM chat.search_grams WHERE room_id = $1 ORDER BY seq',
      [roomId],
    );
    return rows;
  };
  const before = await indexed();
  expect(before.map(({ seq }) => Number(seq))).toEqual([kept, gone]);
  await given.store.messages.change({ roomId, seq: gone!, by: null, isAdmin: false, edit: null });
  expect((await indexed()).map(({ seq }) => Number(seq))).toEqual([kept]);
  await indexAll(roomId);
  expect(await indexed()).toEqual(before.slice(0, 1));
});

it('the index of a room is done once, however many do it, and goes with the room', async () => {
  const roomId = await openRoom();
  await say(
    roomId,
    Array.from({ length: 1_200 }, (_, i) => `number ${i}`),
  );
  await Promise.all(Array.from({ length: 4 }, () => indexAll(roomId)));
  await indexAll(roomId);
  const count = async (table: string) =>
    Number(
      (await given.store.pools.reads.query(`SELECT count(*) FROM chat.${table} WHERE room_id = $1`, [roomId])).rows[0]
        .count,
    );
  expect(await count('search_grams')).toBe(1_200);
  expect(await given.store.searchIndex.behind(1, 1_000, '')).not.toContain(roomId);
  await given.store.rooms.remove(roomId);
  expect([await count('search_grams'), await count('search_rooms')]).toEqual([0, 0]);
  expect(await given.store.searchIndex.index(roomId)).toBe(false);
});

it('what is deleted while it is put into the index is not in it', async () => {
  const roomId = await openRoom();
  await joinOne(given.store.members, roomId, 'ann');
  const [seq] = await say(roomId, ['to be deleted'], ann);
  const indexing = await given.store.pools.reads.connect();
  try {
    await indexing.query('SELECT chat.open_search_room($1, $2)', [roomId, Buffer.alloc(16)]);
    await indexing.query('BEGIN');
    await indexing.query(
      'SELECT chat.index_grams($1, 0, $2, ARRAY[$2::bigint], ARRAY[$2::bigint], ARRAY[1, 2], ARRAY[2], 0)',
      [roomId, seq],
    );
    const change = { roomId, seq: seq!, by: ann, isAdmin: false, edit: null };
    let isOver = false;
    const deleting = given.store.messages.change(change).finally(() => {
      isOver = true;
    });
    const waiting = "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    await expect.poll(async () => isOver || (await indexing.query(waiting)).rowCount! > 0).toBe(true);
    await indexing.query('COMMIT');
    expect(await deleting).toMatchObject({ outcome: 'changed' });
    expect((await indexing.query('SELECT FROM chat.search_grams WHERE room_id = $1', [roomId])).rowCount).toBe(0);
  } finally {
    indexing.release();
  }
});

it('rooms that are behind are told in pages', async () => {
  const rooms = await Promise.all([openRoom(), openRoom(), openRoom()]);
  for (const roomId of rooms) await say(roomId, ['one', 'two', 'three']);
  const seen: string[] = [];
  for (let after: string | undefined = ''; after !== undefined; ) {
    const page: readonly string[] = await given.store.searchIndex.behind(4, 2, after);
    seen.push(...page);
    after = page.length === 2 ? page.at(-1) : undefined;
  }
  expect(seen).toEqual(expect.arrayContaining(rooms));
  expect(new Set(seen).size).toBe(seen.length);
});

it('a room is behind from as many rows on as are asked for', async () => {
  const roomId = await openRoom();
  await say(roomId, ['one', 'two', 'three']);
  expect(await given.store.searchIndex.behind(4, 10_000, '')).toContain(roomId);
  expect(await given.store.searchIndex.behind(5, 10_000, '')).not.toContain(roomId);
});

it('all rooms of somebody are searched together, newest first, and those of others are not', async () => {
  const rooms = await Promise.all([openRoom(), openRoom(), openRoom()]);
  const [one, two, other] = rooms as [string, string, string];
  for (const roomId of [one, two]) await joinOne(given.store.members, roomId, 'ben');
  const said: string[] = [];
  for (let i = 0; i < 40; i++) {
    const roomId = rooms[i % 3]!;
    const [seq] = await say(roomId, [`감귤 ${i}`]);
    if (roomId !== other) said.unshift(`${roomId}:${seq}`);
  }
  const seen: string[] = [];
  for (let before = null as { createdAt: string; roomId: string; seq: number; epoch: string } | null; ; ) {
    const { messages: page, epochs } = await given.store.search.findInRooms('ben', { form: '감귤', limit: 7, before });
    seen.push(...page.map(({ messageId }) => messageId));
    if (page.length < 7) break;
    const { createdAt, roomId, seq } = page.at(-1)!;
    before = { createdAt, roomId, seq, epoch: epochs.get(roomId)! };
  }
  // Of the same millisecond they stand by room.
  expect([...seen].sort()).toEqual([...said].sort());
  const { messages: times } = await given.store.search.findInRooms('ben', { form: '감귤', limit: 100, before: null });
  expect(times.map(({ createdAt }) => createdAt)).toEqual(
    times
      .map(({ createdAt }) => createdAt)
      .sort()
      .reverse(),
  );
  expect(await given.store.search.find(other, 'ann', { form: '감귤', limit: 5, before: null })).toBe('NOT_A_MEMBER');
  expect(await given.store.search.find('nowhere', 'ann', { form: '감귤', limit: 5, before: null })).toBe('NOT_FOUND');
});
