import { randomUUID } from 'node:crypto';
import { sealingKeysOf } from '@gongu/host';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requireContentKeys } from '../../src/app/content-keys.ts';
import { createSealTexts } from '../../src/jobs/seal-texts.ts';
import type { Store } from '../../src/store/open-store.ts';
import { CONTENT_KEYS, OTHER_KEYS } from '../fixture/content-keys.ts';
import { joinOne, opening, person } from '../fixture/opening.ts';
import { openPatientStore, storeOfThisFile } from '../fixture/store.ts';

/** Seals. */
const given = storeOfThisFile();
/** Writes clear, as an instance does on which nothing is to be sealed. */
let off: Store;
/** By the next key, and knowing the one before. */
let rotated: Store;
let client: pg.Client;

beforeAll(async () => {
  client = new pg.Client({ connectionString: given.url });
  await client.connect();
  off = storeWith(null, false);
  rotated = storeWith(`${OTHER_KEYS},${CONTENT_KEYS}`);
});
afterAll(async () => {
  await Promise.all([off, rotated].map((store) => store?.close()));
  await client?.end();
});

function storeWith(keys: string | null, isOn = true): Store {
  const content = { keys: keys === null ? null : sealingKeysOf(keys), isOn };
  return openPatientStore({ url: given.url, poolSize: 4, content });
}

async function room(store = off): Promise<string> {
  const input = opening();
  await store.rooms.open(input);
  for (const name of ['ann', 'bob']) await joinOne(store.members, input.roomId, name);
  return input.roomId;
}

async function say(roomId: string, contents: readonly string[], store = off): Promise<number> {
  const drafts = contents.map((content, i) => ({
    ...{ roomId, kind: 'CHAT', sender: person('ann'), clientMessageId: randomUUID(), content, replyTo: null },
    ...(i % 2 ? { data: { deep: content } } : {}),
  })) as never[];
  let outcomes = await store.messages.append(drafts);
  // On a busy machine a room may be locked for longer than an append waits: then nothing was stored.
  while (outcomes.some(({ outcome }) => outcome === 'BUSY')) outcomes = await store.messages.append(drafts);
  expect(outcomes.map(({ outcome }) => outcome)).toEqual(contents.map(() => expect.stringMatching(/stored|duplicate/)));
  return (outcomes.at(-1) as { seq: number }).seq;
}

async function texts(roomId: string, store = given.store): Promise<string[]> {
  const page = await store.messages.after(roomId, 0, 5_000);
  return page.flatMap(({ kind, content }) => (kind === 'SYSTEM' ? [] : content));
}

async function sealAll(store: Store): Promise<number> {
  for (let portions = 1; ; portions++) if ((await store.content.sealPortion()).isDone) return portions;
}

async function stored(): Promise<string> {
  const tables = await client.query("SELECT tablename FROM pg_tables WHERE schemaname = 'chat'");
  let all = '';
  for (const { tablename } of tables.rows) {
    const { rows } = await client.query(`SELECT t::text FROM chat.${tablename} t`);
    all += rows.map(({ t }) => t).join('\n');
  }
  return all;
}

describe('what stands clear', () => {
  it('is sealed in portions, by several at once, while people talk, edit and delete; nothing is lost, and nothing stays', async () => {
    const marker = `marker-${randomUUID()}`;
    const [large, small] = [await room(), await room()];
    const said = Array.from({ length: 1_200 }, (_, i) => `${marker} ${i}`);
    for (let i = 0; i < said.length; i += 300) await say(large, said.slice(i, i + 300));
    await say(small, [`${marker} small`]);
    while (await off.searchIndex.index(large));
    const seq = await say(large, [`${marker} reported`]);
    const made = await off.reports.report(large, seq, 'bob', { reason: 'SPAM', note: `${marker} note` });
    const { reportId } = (made as { report: { reportId: string } }).report;
    const uploadId = randomUUID();
    const file = { uploadId, roomId: large, userId: 'ann', name: `${marker}.png`, type: 'image/png', bytes: 9 };
    await off.uploads.announce(file, 0);
    const attachment = { id: uploadId, name: `${marker}.png`, type: 'image/png', bytes: 9 };
    await off.uploads.ready({ roomId: large, userId: 'ann' }, attachment);
    const [sent] = await off.messages.append([
      {
        ...{ roomId: large, kind: 'CHAT', sender: person('ann'), clientMessageId: 'file', content: '', replyTo: null },
        attachments: [uploadId],
      },
    ]);
    expect(sent).toMatchObject({ outcome: 'stored' });
    const gone = await room();
    const lost = await say(gone, [`${marker} gone`]);
    await off.reports.report(gone, lost, 'bob', { reason: 'SPAM', note: `${marker} gone` });
    await off.rooms.remove(gone);
    expect(await given.store.content.clear()).toMatchObject({ rooms: 2 });

    const others = [storeWith(CONTENT_KEYS), storeWith(CONTENT_KEYS)];
    try {
      const [, , , deleted] = await Promise.all([
        ...others.map(sealAll),
        sealAll(given.store),
        given.store.messages.change({ roomId: large, seq: 10, by: null, isAdmin: true, edit: null }),
        // As an instance on which nothing is sealed: it is found again.
        off.messages.change({
          ...{ roomId: large, seq: 20, by: person('ann'), isAdmin: false },
          edit: { content: `${marker} edited`, ifVersion: null, windowS: 900 },
        }),
        say(large, [`${marker} meanwhile`]),
        say(large, ['sealed'], given.store),
      ]);
      expect(deleted).toMatchObject({ outcome: 'changed' });
      // A room that another one had claimed waits for that claim's end.
      await client.query('UPDATE chat.rooms SET sealing_until = NULL');
      await sealAll(given.store);
    } finally {
      await Promise.all(others.map((store) => store.close()));
    }
    expect(await given.store.content.clear()).toEqual({ rooms: 0, messages: 0 });
    const found = await texts(large);
    expect(found).toHaveLength(said.length + 4);
    expect(found).toEqual(
      expect.arrayContaining([`${marker} edited`, `${marker} meanwhile`, 'sealed', `${marker} 1199`]),
    );
    expect(await texts(small)).toEqual([`${marker} small`]);
    expect(await given.store.reports.find(reportId)).toMatchObject({
      note: `${marker} note`,
      message: { content: `${marker} reported` },
    });
    expect(await given.store.uploads.attachments(large, null, [uploadId])).toEqual([attachment]);

    // The index knew a key that stood clear.
    expect(await given.store.searchIndex.behind(1_000_000, 10, '')).toEqual([large]);
    while (await given.store.searchIndex.index(large));
    expect(await given.store.searchIndex.behind(1_000_000, 10, '')).toEqual([]);
    const wanted = { form: `${marker} 777`, limit: 5, before: null };
    expect(await given.store.search.find(large, null, wanted)).toHaveLength(1);
    expect((await client.query("SELECT FROM chat.search_rooms WHERE key <> ''")).rowCount).toBe(0);
    expect(await stored()).not.toContain(marker);
  });

  it('is gone on with by the next portion, and three eighths of the time nothing is done', async () => {
    let at = 0;
    let portions = 3;
    const content = {
      clear: async () => ({ rooms: 1, messages: 7 }),
      async sealPortion() {
        at += 40;
        return { rows: 500, isDone: --portions === 0 };
      },
    };
    const job = createSealTexts({ content, now: () => at });
    await job.tick();
    expect(job.intervalMs()).toBe(24);
    expect(job.left()).toEqual({ rooms: 1, messages: 7 });
    await job.tick();
    await job.tick();
    expect(job.intervalMs()).toBe(10_000);
  });
});

describe('while a portion is being sealed', () => {
  it('nobody waits who talks, reads or edits elsewhere in the room; who edits in the portion waits for its one statement', async () => {
    const roomId = await room();
    await say(roomId, ['one', 'two', 'three', 'four']);
    const first = (await off.messages.before(roomId, 1_000, 100)).find(({ content }) => content === 'one')!.seq;
    // The key is made ahead of it, by what is said.
    await say(roomId, ['sealed'], given.store);
    const { rows } = await client.query('SELECT key_no FROM chat.rooms WHERE room_id = $1', [roomId]);
    const portion = new pg.Client({ connectionString: given.url });
    await portion.connect();
    try {
      await portion.query('BEGIN');
      const { rows: pids } = await portion.query('SELECT pg_backend_pid() AS pid');
      await portion.query(
        "SELECT chat.seal_messages($1, $2, ARRAY[$3, $3 + 1], ARRAY[$3, $3 + 1], '{s,s}', NULL, NULL, NULL)",
        [...[roomId, rows[0].key_no, first]],
      );
      const locks = await client.query(
        `SELECT c.relname AS name, l.mode FROM pg_locks l JOIN pg_class c ON c.oid = l.relation
         WHERE l.pid = $1 AND c.relnamespace = 'chat'::regnamespace AND c.relkind = 'r' AND l.mode <> 'AccessShareLock'`,
        [pids[0].pid],
      );
      // Rows of messages, and nothing of the room: that is what all who write wait for.
      expect(locks.rows).toEqual([{ name: 'messages', mode: 'RowExclusiveLock' }]);
      const theRoom = 'SELECT FROM chat.rooms WHERE room_id = $1 FOR UPDATE NOWAIT';
      expect((await client.query(theRoom, [roomId])).rowCount).toBe(1);
      await say(roomId, ['meanwhile']);
      const edit = (seq: number) =>
        off.messages.change({
          ...{ roomId, seq, by: person('ann'), isAdmin: false },
          edit: { content: 'edited', ifVersion: null, windowS: 900 },
        });
      expect(await edit(first + 2)).toMatchObject({ outcome: 'changed' });
      expect(await texts(roomId)).toEqual(['one', 'two', 'edited', 'four', 'sealed', 'meanwhile']);
      const waiting = edit(first);
      const isWaiting = async () =>
        (
          await client.query('SELECT FROM pg_locks WHERE NOT granted AND $1 = ANY (pg_blocking_pids(pid))', [
            pids[0].pid,
          ])
        ).rowCount;
      await expect.poll(isWaiting).toBe(1);
      await portion.query('ROLLBACK');
      expect(await waiting).toMatchObject({ outcome: 'changed' });
    } finally {
      await portion.end();
    }
    // What notes how far it is waits half a second for the room at most, and who looks for a room passes those by that are locked.
    const { rows: settings } = await client.query(
      "SELECT proconfig FROM pg_proc WHERE oid = 'chat.note_sealed'::regproc",
    );
    expect(settings[0].proconfig).toContain('lock_timeout=500ms');
    await client.query('BEGIN');
    await client.query('SELECT FROM chat.rooms FOR UPDATE');
    expect(await given.store.content.sealPortion()).toBeDefined();
    await client.query('ROLLBACK');
    await sealAll(given.store);
    expect(await texts(roomId)).toEqual(['edited', 'two', 'edited', 'four', 'sealed', 'meanwhile']);
  });

  it('the version before may write beside it, by its own statements: what it wrote is sealed like all else', async () => {
    const roomId = await room();
    const marker = `older-${randomUUID()}`;
    await say(roomId, ['newer'], given.store);
    const one = (content: string) => [
      ...[[roomId], ['ann'], ['ann'], [null], [randomUUID()], ['CHAT'], [content], [null], ['{"deep":"x"}'], [null]],
    ];
    const types = ['text', 'text', 'text', 'text', 'text', 'text', 'text', 'bigint', 'text', 'text'];
    const list = types.map((type, i) => `$${i + 1}::${type}[]`).join();
    const seqs: number[] = [];
    const older = async () => {
      for (let n = 0; n < 20; n++) {
        const { rows } = await client.query(`SELECT seq FROM chat.append_messages(${list})`, one(`${marker} ${n}`));
        seqs.push(Number(rows[0].seq));
        const { rows: changes } = await client.query(
          `SELECT chat.change_message($1, $2::bigint, 'edited', 'ann', 'ann', NULL, false, $3, NULL, 900, NULL, NULL, NULL) ->> 'outcome' AS outcome`,
          [roomId, seqs.at(-1), `${marker} edited`],
        );
        // Sealed by then, it is not its to edit.
        expect(changes[0].outcome).toMatch(/^(HAS_DATA|changed|UNAVAILABLE)$/);
      }
      await client.query(`SELECT chat.report_message($1, $2::bigint, 'bob', 'SPAM', $3)`, [
        roomId,
        seqs[0],
        `${marker} why`,
      ]);
      await client.query(`SELECT chat.announce_upload($1, 'ann', $2, $3, 'image/png', 9::bigint, 0)`, [
        ...[roomId, randomUUID(), `${marker}.png`],
      ]);
    };
    let isOver = false;
    await Promise.all([
      older().finally(() => {
        isOver = true;
      }),
      (async () => {
        while (!isOver) await given.store.content.sealPortion();
      })(),
    ]);
    await client.query('UPDATE chat.rooms SET sealing_until = NULL WHERE room_id = $1', [roomId]);
    await sealAll(given.store);
    await sealAll(given.store);
    expect(await stored()).not.toContain(marker);
    const said = (await texts(roomId)).filter((text) => text.startsWith(marker));
    expect(said).toHaveLength(20);
  });

  it('a room that was sealed to its end is sealed to its end once more after the version before, or an instance that seals nothing, wrote there', async () => {
    const roomId = await room();
    const clearFrom = async () =>
      (await client.query('SELECT clear_from::int AS from FROM chat.rooms WHERE room_id = $1', [roomId])).rows[0].from;
    const again = async () => {
      await client.query('UPDATE chat.rooms SET sealing_until = NULL WHERE room_id = $1', [roomId]);
      await sealAll(given.store);
      expect(await clearFrom()).toBeNull();
    };
    const first = await say(roomId, ['one'], given.store);
    await again();
    // An instance that is not told yet to seal, and one of before that knows of no seals: it appends, edits what is its own, and reports.
    const second = await say(roomId, ['two']);
    expect(await clearFrom()).toBe(second);
    const columns = [[roomId], ['ann'], ['ann'], [null], [randomUUID()], ['CHAT'], ['three'], [null], [null], [null]];
    const types = ['text', 'text', 'text', 'text', 'text', 'text', 'text', 'bigint', 'text', 'text'];
    await client.query(
      `SELECT chat.append_messages(${types.map((type, i) => `$${i + 1}::${type}[]`).join()})`,
      columns,
    );
    // Both forms are read by who seals, at each moment, and by who does not.
    const knowing = storeWith(CONTENT_KEYS, false);
    try {
      for (const store of [given.store, knowing]) expect(await texts(roomId, store)).toEqual(['one', 'two', 'three']);
      await again();
      for (const store of [given.store, knowing]) expect(await texts(roomId, store)).toEqual(['one', 'two', 'three']);
      // What is sealed it does not edit in part; what it has just written it does.
      const edit = async (seq: number, content: string) =>
        (
          await client.query(
            `SELECT chat.change_message($1, $2::bigint, 'edited', 'ann', 'ann', NULL, false, $3, NULL, 900, NULL, NULL, NULL) ->> 'outcome' AS outcome`,
            [roomId, seq, content],
          )
        ).rows[0].outcome;
      expect(await edit(first, 'uno')).toBe('changed');
      expect(await clearFrom()).toBe(first);
      expect(await texts(roomId)).toEqual(['uno', 'two', 'three']);
      await again();
      expect(await texts(roomId, knowing)).toEqual(['uno', 'two', 'three']);
    } finally {
      await knowing.close();
    }
  });
});

describe('a content key', () => {
  it('is rotated while people talk, 10,000 rooms in a few seconds, and the one before can be left out then', async () => {
    const roomId = await room(given.store);
    await say(roomId, ['before'], given.store);
    // As many rooms by copies of its key would open nothing: each is bound to its room.
    await client.query(
      `INSERT INTO chat.rooms (room_id, title, max_participants, opening)
       SELECT 'many-' || n, 'many', 1, '{}' FROM generate_series(1, 10000) n`,
    );
    const ids = Array.from({ length: 10_000 }, (_, i) => `many-${i + 1}`);
    const many = ids.map((id) => ({
      ...{ roomId: id, kind: 'NOTIFICATION', sender: null, clientMessageId: id, content: id, replyTo: null },
    }));
    for (let i = 0; i < many.length; i += 400) await given.store.messages.append(many.slice(i, i + 400) as never[]);
    const missing = storeWith(OTHER_KEYS);
    try {
      const others = (await rotated.content.keys()).find(({ keyId }) => keyId === 'test')!;
      expect(others).toMatchObject({ isFirst: false, state: 'here' });
      expect(others.rooms).toBeGreaterThan(10_000);
      await expect(requireContentKeys(missing.content)).rejects.toThrow(
        new RegExp(`"test" is not there, and the keys of ${others.rooms} rooms \\(.+, …\\) are sealed by it`),
      );
      const backup = (await client.query('SELECT * FROM chat.room_keys LIMIT 10')).rows;

      const began = performance.now();
      let done = 0;
      for (let after: number | null = 0; after !== null; ) {
        const portion = await rotated.content.rotatePortion(after, 500);
        done += portion.rotated;
        after = portion.last;
        if (done === 500) await say(roomId, ['meanwhile'], given.store);
      }
      expect(performance.now() - began).toBeLessThan(10_000);
      expect(done).toBe(others.rooms);
      expect(await rotated.content.rotatePortion(0, 500)).toEqual({ rotated: 0, unopened: [], last: null });
      expect(await rotated.content.keys()).toEqual([
        { keyId: 'other', rooms: others.rooms, isFirst: true, state: 'here' },
        { keyId: 'test', rooms: 0, isFirst: false, state: 'here' },
      ]);
      await requireContentKeys(missing.content);
      expect(await texts(roomId, missing)).toEqual(['before', 'meanwhile']);
      await say(roomId, ['after'], missing);
      expect(await texts(roomId, rotated)).toEqual(['before', 'meanwhile', 'after']);

      // A backup from before, with newer keys: both kinds are read, and it is brought up to date.
      for (const { key_no, key_id, sealed } of backup) {
        await client.query('UPDATE chat.room_keys SET key_id = $2, sealed = $3 WHERE key_no = $1', [
          key_no,
          key_id,
          sealed,
        ]);
      }
      const restored = storeWith(`${OTHER_KEYS},${CONTENT_KEYS}`);
      await requireContentKeys(restored.content);
      expect(await texts(roomId, restored)).toEqual(['before', 'meanwhile', 'after']);
      expect(await restored.content.rotatePortion(0, 500)).toMatchObject({ rotated: 10, unopened: [] });
      await restored.close();
    } finally {
      await missing.close();
    }
  });

  it('that has sealed nothing yet stands for its id from the first start on, whichever of two instances is first', async () => {
    const known = `${CONTENT_KEYS},${OTHER_KEYS}`;
    const [first, second] = [1, 2].map((byte) =>
      storeWith(`fresh:${Buffer.alloc(32, byte).toString('base64')},${known}`),
    ) as [Store, Store];
    try {
      const starts = await Promise.allSettled([first, second].map(({ content }) => requireContentKeys(content)));
      const [refused, ...more] = starts.filter(({ status }) => status === 'rejected');
      expect([refused, more]).toMatchObject([
        { reason: { message: expect.stringContaining('"fresh" is another key than the one that had this id before') } },
        [],
      ]);
    } finally {
      await Promise.all([first, second].map((store) => store.close()));
    }
  });

  it('that is lost, or is another one by its id, is named at start, and nothing is overwritten', async () => {
    const all = async () =>
      (await client.query('SELECT md5(string_agg(k::text, $1 ORDER BY key_no)) FROM chat.room_keys k', ['\n'])).rows;
    const before = await all();
    const [some] = (await client.query('SELECT room_id FROM chat.room_keys ORDER BY key_no LIMIT 1')).rows;
    const wrong = storeWith(OTHER_KEYS.replace(/:.*/, `:${Buffer.alloc(32, 1).toString('base64')}`));
    const lost = storeWith(`${CONTENT_KEYS},other:lost`);
    const none = storeWith(null, false);
    try {
      await expect(requireContentKeys(wrong.content)).rejects.toThrow(
        /"other" is another key than the one by which the keys of \d+ rooms/,
      );
      await expect(requireContentKeys(none.content)).rejects.toThrow(/"other" is not there/);
      // Spelled out: the service starts, and those rooms are UNAVAILABLE.
      await requireContentKeys(lost.content);
      await expect(texts(some.room_id, lost)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
      expect(await lost.content.keys()).toContainEqual(expect.objectContaining({ keyId: 'other', state: 'lost' }));
      const shut = (why: string) => Array.from({ length: 100 }, () => expect.objectContaining({ keyId: 'other', why }));
      const unopened = { rotated: 0, unopened: shut('lost'), last: expect.any(Number) };
      expect(await lost.content.rotatePortion(0, 100)).toEqual(unopened);
      expect(await wrong.content.rotatePortion(0, 100)).toMatchObject({ rotated: 0 });
      expect(await wrong.content.strangers()).toEqual({ others: ['other'], unseen: [] });
      expect(await wrong.content.keys()).toContainEqual(expect.objectContaining({ keyId: 'other', state: 'wrong' }));
    } finally {
      await Promise.all([wrong, lost, none].map((store) => store.close()));
    }
    expect(await all()).toEqual(before);
  });
});

it('of rooms that stand clear one comes first that nobody has tried, so that those whose key is lost keep none from it', async () => {
  const tried = await Promise.all([room(), room()]);
  const fresh = await room();
  for (const roomId of [...tried, fresh]) await say(roomId, ['clear']);
  const claim = async () => (await client.query('SELECT room_id FROM chat.claim_clear_room(NULL, 30)')).rows[0].room_id;
  await client.query(
    `UPDATE chat.rooms SET sealing_until = CASE WHEN room_id = ANY ($1) THEN now() - interval '1 hour' ELSE sealing_until END
     WHERE clear_from IS NOT NULL`,
    [tried],
  );
  const { rows } = await client.query(
    'SELECT count(*)::int AS untried FROM chat.rooms WHERE clear_from IS NOT NULL AND sealing_until IS NULL',
  );
  const claimed: string[] = [];
  for (let i = 0; i < rows[0].untried; i++) claimed.push(await claim());
  expect(claimed).toContain(fresh);
  expect(tried.some((roomId) => claimed.includes(roomId))).toBe(false);
});

it('rooms whose key can not be opened keep nothing else clear: no other room, file or report', async () => {
  const shut = await Promise.all(Array.from({ length: 4 }, () => room(rotated)));
  for (const roomId of shut) {
    await say(roomId, ['by a key that the other has not'], rotated);
    await say(roomId, ['stays clear']);
  }
  const fine = await room();
  await say(fine, ['clear-of-a-room']);
  const reported = await off.reports.report(fine, 4, 'bob', { reason: 'SPAM', note: 'clear-of-a-report' });
  expect(reported).toMatchObject({ outcome: 'created' });
  await client.query('UPDATE chat.rooms SET sealing_until = NULL WHERE room_id = ANY ($1)', [shut]);
  // However often their claims end, as on a machine that is slow.
  for (let portions = 0; ; portions++) {
    expect(portions).toBeLessThan(200);
    const { isDone } = await given.store.content.sealPortion().catch(() => ({ isDone: false }));
    if (isDone) break;
    await client.query(
      "UPDATE chat.rooms SET sealing_until = now() - interval '1 second' WHERE sealing_until < now() + interval '1 minute'",
    );
  }
  expect(await stored()).not.toMatch(/clear-of-a-(room|report)/);
});

it.each([
  ['k1', /must be id:base64|must be 32 bytes/],
  ['k1:short', /"k1" must be 32 bytes as base64/],
  [`a b:${'A'.repeat(43)}`, /an id is/],
  [`${CONTENT_KEYS},${CONTENT_KEYS}`, /"test" is there twice/],
  [`k1:lost,${CONTENT_KEYS}`, /the first key, "k1"/],
])('CONTENT_KEYS of %j are refused, and no key is quoted', (keys, message) => {
  expect(() => sealingKeysOf(keys)).toThrow(message);
  expect(() => sealingKeysOf(keys)).not.toThrow(/AAAA|CQkJ/);
});
