import { randomUUID } from 'node:crypto';
import { sealingKeysOf } from '@gongu/host';
import type { ChatMessage } from '@gongu/shared';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Draft } from '../../src/room/ports/message-store.ts';
import type { StoredMessage } from '../../src/room/ports/stored-message.ts';
import { createAppendBatch } from '../../src/store/append-batch.ts';
import type { Store } from '../../src/store/open-store.ts';
import { createRoomKeys } from '../../src/store/sealing/room-keys.ts';
import { createSealedTexts } from '../../src/store/sealing/sealed-texts.ts';
import { createUploadSeals } from '../../src/store/upload-seals.ts';
import { CONTENT_KEYS, OTHER_KEYS } from '../fixture/content-keys.ts';
import { joinOne, opening, person } from '../fixture/opening.ts';
import { openPatientStore, storeOfThisFile } from '../fixture/store.ts';

const given = storeOfThisFile();
/** Hears of what can not be opened. */
const heard: string[] = [];
let client: pg.Client;
/** Writes clear, and reads both. */
let off: Store;
/** Knows none of the keys. */
let foreign: Store;
/** Knows the key by its id, with other bytes. */
let wrong: Store;

beforeAll(async () => {
  client = new pg.Client({ connectionString: given.url });
  await client.connect();
  const content = {
    onUnopened: (reason: string, roomId: string) => void heard.push(`${reason} ${roomId}`),
    onAltered: (roomId: string, id: string) => void heard.push(`altered ${roomId} ${id}`),
  };
  const open = (keys: string, isOn: boolean) =>
    openPatientStore({ url: given.url, poolSize: 3, content: { ...content, keys: sealingKeysOf(keys), isOn } });
  off = open(CONTENT_KEYS, false);
  foreign = open(OTHER_KEYS, true);
  wrong = open(OTHER_KEYS.replace('other:', 'test:'), true);
});
afterAll(async () => {
  await Promise.all([off, foreign, wrong].map((store) => store?.close()));
  await client?.end();
});

async function room(): Promise<string> {
  const input = opening();
  await given.store.rooms.open(input);
  for (const name of ['ann', 'bob']) await joinOne(given.store.members, input.roomId, name);
  return input.roomId;
}

function draft(roomId: string, content: string, more: Partial<Draft> = {}): Draft {
  const clientMessageId = randomUUID();
  return { roomId, kind: 'CHAT', sender: person('ann'), clientMessageId, content, replyTo: null, ...more };
}

async function say(roomId: string, content: string, more: Partial<Draft> = {}, store = given.store): Promise<number> {
  const [outcome] = await store.messages.append([draft(roomId, content, more)]);
  expect(outcome).toMatchObject({ outcome: 'stored' });
  return (outcome as { seq: number }).seq;
}

async function texts(roomId: string, store = given.store): Promise<(string | undefined)[]> {
  const page = await store.messages.after(roomId, 0, 100);
  return page.filter(({ kind }) => kind !== 'SYSTEM').map((one) => ('unreadable' in one ? undefined : one.content));
}

/** All that the tables hold, as text. */
async function stored(): Promise<string> {
  const tables = await client.query("SELECT tablename FROM pg_tables WHERE schemaname = 'chat'");
  let all = '';
  for (const { tablename } of tables.rows) {
    const { rows } = await client.query(`SELECT t::text FROM chat.${tablename} t`);
    all += rows.map(({ t }) => t).join('\n');
  }
  return all;
}

const set = (roomId: string, seq: number, change: string, values: unknown[] = []) =>
  client.query(`UPDATE chat.messages SET ${change} WHERE room_id = $1 AND seq = $2`, [roomId, seq, ...values]);

describe('what is said', () => {
  it('is not opened for the index of searches where it is in memory as it is stored', async () => {
    const roomId = await room();
    const said = await say(roomId, 'known orange');
    const edited = await say(roomId, 'known orange');
    const inMemory = await given.store.messages.after(roomId, 0, 100);
    const edit = { content: 'known orange, mended', ifVersion: null, windowS: 86_400 };
    await given.store.messages.change({ roomId, seq: edited, by: person('ann'), isAdmin: false, edit });
    // Another text, of a single pair of characters, shows which of the two was taken.
    const other = inMemory.map((one) => (one.kind === 'SYSTEM' ? one : { ...one, content: 'xx' }));
    while (await given.store.searchIndex.index(roomId, other));
    const { rows } = await client.query(
      'SELECT seq::int, cardinality(grams) AS pairs FROM chat.search_grams WHERE room_id = $1 ORDER BY seq',
      [roomId],
    );
    expect(rows).toEqual([
      { seq: said, pairs: 1 },
      { seq: edited, pairs: new Set([...'known orange, mende'].map((one, i) => one + edit.content[i + 1])).size },
    ]);
  });

  it('stands in no table, and is read, edited, searched for and reported as before', async () => {
    const roomId = await room();
    const marker = `marker-${randomUUID()}`;
    const id = randomUUID();
    const first = draft(roomId, `${marker} one`, { data: { deep: [marker] }, signalType: `${marker} signal` });
    const many = [draft(roomId, `${marker} two`), draft(roomId, `${marker} three`, { sender: null })];
    expect(await given.store.messages.append([first])).toMatchObject([{ outcome: 'stored' }]);
    // Again, sealed with another nonce: it is the same message.
    expect(await given.store.messages.append([first])).toMatchObject([{ outcome: 'duplicate' }]);
    expect(await given.store.messages.append(many)).toMatchObject([{ outcome: 'stored' }, { outcome: 'stored' }]);
    const mentioning = draft(roomId, `${marker} four`, { mentions: ['bob'] });
    expect(await given.store.messages.append([mentioning, draft(roomId, 'x')])).toMatchObject([
      { outcome: 'stored', mentions: ['bob'] },
      { outcome: 'stored' },
    ]);

    const page = await given.store.messages.page(roomId, 'ann', { limit: 50 });
    expect(page).toContainEqual(
      expect.objectContaining({ content: `${marker} one`, data: { deep: [marker] }, signalType: `${marker} signal` }),
    );
    expect(await texts(roomId)).toEqual([`${marker} one`, `${marker} two`, `${marker} three`, `${marker} four`, 'x']);

    const seq = await say(roomId, `${marker} typo`, { clientMessageId: id });
    const edit = { content: `${marker} mended`, ifVersion: null, windowS: 86_400 };
    const change = { roomId, seq, by: person('ann'), isAdmin: false, edit };
    expect(await given.store.messages.change(change)).toMatchObject({
      outcome: 'changed',
      message: { content: `${marker} mended` },
    });
    expect(await given.store.messages.change(change)).toMatchObject({ outcome: 'same' });
    expect(await given.store.messages.change({ ...change, by: person('bob') })).toEqual({ outcome: 'FORBIDDEN' });

    while (await given.store.searchIndex.index(roomId));
    const wanted = { form: `${marker} mended`, limit: 5, before: null };
    expect(await given.store.search.find(roomId, 'bob', wanted)).toMatchObject([{ seq }]);
    // What is not in the index yet is read.
    await say(roomId, `${marker} mended later`);
    expect(await given.store.search.find(roomId, 'bob', wanted)).toHaveLength(2);

    const report = await given.store.reports.report(roomId, seq, 'bob', { reason: 'SPAM', note: `${marker} note` });
    expect(report).toMatchObject({ report: { note: `${marker} note`, message: { content: `${marker} mended` } } });
    const { reportId } = (report as { report: { reportId: string } }).report;
    const end = { status: 'RESOLVED', note: `${marker} end` } as const;
    expect(await given.store.reports.end(reportId, end, 'admin')).toMatchObject({ resolution: `${marker} end` });
    expect(await given.store.reports.end(reportId, end, 'admin')).toMatchObject({ resolution: `${marker} end` });

    const uploadId = randomUUID();
    const file = { uploadId, roomId, userId: 'ann', name: `${marker}.png`, type: 'image/png', bytes: 9 };
    await given.store.uploads.announce(file, 0);
    const attachment = { id: uploadId, name: `${marker}.png`, type: 'image/png', bytes: 9 };
    await given.store.uploads.ready({ roomId, userId: 'ann' }, attachment);
    expect(await given.store.uploads.find(roomId, 'ann', uploadId)).toMatchObject({
      name: `${marker}.png`,
      attachment,
    });
    expect(await given.store.messages.append([draft(roomId, '', { attachments: [uploadId] })])).toMatchObject([
      { outcome: 'stored', attachments: [attachment] },
    ]);
    expect(await given.store.uploads.attachments(roomId, 'bob', [uploadId])).toEqual([attachment]);
    expect((await given.store.messages.after(roomId, 0, 99)).at(-1)).toMatchObject({ attachments: [attachment] });
    expect((await given.store.rooms.listFor('ann', { limit: 9, before: null }))[0]).toMatchObject({
      lastMessage: { attachments: [attachment] },
    });
    const [loaded] = await given.store.rooms.load([roomId], { members: 9, messages: 99 });
    expect(loaded).toMatchObject({ messages: expect.arrayContaining([expect.objectContaining({ content: 'x' })]) });

    expect(await stored()).not.toContain(marker);
  });

  it('is edited as it is in memory, unless something else stands there', async () => {
    const roomId = await room();
    const signalType = `signal-${randomUUID()}`;
    const seq = await say(roomId, 'one', { signalType });
    const inMemory = async () => (await given.store.messages.after(roomId, seq - 1, 1))[0];
    const edit = (content: string, known: StoredMessage | undefined, store = given.store) =>
      store.messages.change({
        ...{ roomId, seq, known, by: person('ann'), isAdmin: false },
        edit: { content, ifVersion: null, windowS: 86_400 },
      });
    const one = await inMemory();
    expect(await edit('two', one)).toMatchObject({ outcome: 'changed', message: { content: 'two', signalType } });
    // Meanwhile it became what somebody else wants who has not heard of it.
    expect(await edit('two', one)).toMatchObject({ outcome: 'same', message: { content: 'two' } });
    expect(await edit('three', one)).toMatchObject({ outcome: 'changed', message: { content: 'three', signalType } });
    const three = (await inMemory()) as ChatMessage & StoredMessage;
    expect(await edit('four', { ...three, clientMessageId: 'of a room that is no more' })).toMatchObject({
      ...{ outcome: 'changed', message: { content: 'four', signalType } },
    });
    expect(await edit('five', await inMemory(), off)).toMatchObject({ outcome: 'changed', message: { signalType } });
    expect(await edit('six', await inMemory())).toMatchObject({ outcome: 'changed', message: { signalType } });
    // What stands is not read: it would be the same.
    const misread = { ...((await inMemory()) as ChatMessage & StoredMessage), content: 'misread' };
    expect(await edit('six', misread)).toMatchObject({ outcome: 'changed' });
    expect(await inMemory()).toMatchObject({ content: 'six', signalType });
    expect(await texts(roomId)).toEqual(['six']);
    expect(await stored()).not.toContain(signalType);
  });

  it('is read in both forms and written clear where nothing is to be sealed', async () => {
    const roomId = await room();
    await say(roomId, 'sealed');
    const seq = await say(roomId, 'clear', {}, off);
    expect(await texts(roomId, off)).toEqual(['sealed', 'clear']);
    expect(await texts(roomId)).toEqual(['sealed', 'clear']);
    // An edit leaves a message in the form of who edits.
    const edit = { content: 'edited', ifVersion: null, windowS: 86_400 };
    await given.store.messages.change({ roomId, seq, by: person('ann'), isAdmin: false, edit });
    const rows = await client.query(
      'SELECT key_no IS NULL AS clear FROM chat.messages WHERE room_id = $1 AND seq = $2',
      [roomId, seq],
    );
    expect(rows.rows).toEqual([{ clear: false }]);
    await off.messages.change({ roomId, seq, by: person('ann'), isAdmin: false, edit: { ...edit, content: 'clear' } });
    expect(await texts(roomId)).toEqual(['sealed', 'clear']);
    // From where on it is to be sealed is known.
    const [row] = (await client.query('SELECT clear_from FROM chat.rooms WHERE room_id = $1', [roomId])).rows;
    expect(Number(row.clear_from)).toBe(seq);
  });
});

describe('a row that was altered', () => {
  const alterations: [what: string, change: (roomId: string, seq: number, other: number) => Promise<unknown>][] = [
    ['has another sender', (roomId, seq) => set(roomId, seq, "sender_id = 'bob'")],
    ['has the id of another message', (roomId, seq) => set(roomId, seq, "client_message_id = 'other'")],
    [
      'has the text of another',
      (roomId, seq, other) =>
        set(roomId, seq, 'content = (SELECT o.content FROM chat.messages o WHERE o.room_id = $1 AND o.seq = $3)', [
          other,
        ]),
    ],
    ['has a text that is none', (roomId, seq) => set(roomId, seq, "content = 'not sealed'")],
    [
      'has the key of another room',
      async (roomId, seq) => {
        const elsewhere = await room();
        await say(elsewhere, 'elsewhere');
        return set(roomId, seq, 'key_no = (SELECT key_no FROM chat.rooms WHERE room_id = $3)', [elsewhere]);
      },
    ],
    ['has a key that is not there', (roomId, seq) => set(roomId, seq, 'key_no = 999999')],
  ];
  it.each(alterations)('and %s is unreadable and told, and the others of its page are shown', async (_, change) => {
    const roomId = await room();
    const [seq, other] = [await say(roomId, 'one'), await say(roomId, 'two')];
    await change(roomId, seq, other);
    heard.length = 0;
    expect(await texts(roomId, off)).toEqual([undefined, 'two']);
    expect(heard).toEqual([expect.stringContaining(`altered ${roomId}`)]);
    expect(await off.search.find(roomId, null, { form: 'on', limit: 5, before: null })).toEqual([]);
    // Its sender may say it anew.
    const by = person(
      (await client.query('SELECT sender_id FROM chat.messages WHERE room_id = $1 AND seq = $2', [roomId, seq])).rows[0]
        .sender_id,
    );
    const edit = { content: 'again', ifVersion: null, windowS: 86_400 };
    expect(await given.store.messages.change({ roomId, seq, by, isAdmin: false, edit })).toMatchObject({
      outcome: 'changed',
    });
    expect(await texts(roomId)).toEqual(['again', 'two']);
  });
});

describe('a room whose key can not be opened', () => {
  it.each([
    ['is not there', () => foreign, 'key_unknown'],
    ['has other bytes', () => wrong, 'key_wrong'],
  ])(
    'since the content key %s: the room is UNAVAILABLE, others are not, and nothing is overwritten',
    async (_, store, reason) => {
      const [shut, open] = [await room(), await room()];
      await say(shut, 'sealed');
      const before = (await client.query('SELECT * FROM chat.room_keys ORDER BY key_no')).rows;
      await say(open, 'sealed, too', {}, foreign);
      heard.length = 0;
      const unavailable = { code: 'UNAVAILABLE' };
      await expect(store().messages.page(shut, null, { limit: 9 })).rejects.toMatchObject(unavailable);
      await expect(store().messages.append([draft(shut, 'more')])).rejects.toMatchObject(unavailable);
      const report = store().reports.report(shut, 4, 'bob', { reason: 'SPAM', note: 'note' });
      await expect(report).rejects.toMatchObject(unavailable);
      expect(heard).toContain(`${reason} ${shut}`);
      if (store() === foreign) {
        const sent = await foreign.messages.append([draft(shut, 'no'), draft(open, 'yes')]);
        expect(sent).toMatchObject([{ outcome: 'FAILED', error: unavailable }, { outcome: 'stored' }]);
        const [one, two] = await foreign.rooms.load([shut, open], { members: 9, messages: 9 });
        expect(one).toMatchObject({ outcome: 'FAILED', error: unavailable });
        expect(two).toMatchObject({ room: { roomId: open } });
        const listed = await foreign.rooms.listFor('ann', { limit: 2, before: null });
        expect(listed.map(({ lastMessage }) => lastMessage?.content ?? null)).toEqual(['yes', null]);
        const wanted = { form: 'yes', limit: 5, before: null };
        expect((await foreign.search.findInRooms('ann', wanted)).messages).toMatchObject([
          { roomId: open, content: 'yes' },
        ]);
        // The index goes on with the others.
        expect(await foreign.searchIndex.index(shut)).toBe(false);
      }
      const after = (await client.query('SELECT * FROM chat.room_keys ORDER BY key_no')).rows;
      expect(after.slice(0, before.length)).toEqual(before);
      expect(await texts(shut)).toEqual(['sealed']);
    },
  );
});

describe('what is stored although a key is lost', () => {
  const lostKey = async () => {
    const lost = await room();
    await say(lost, 'sealed by others', {}, foreign);
    const { rows } = await client.query('SELECT key_no FROM chat.room_keys WHERE room_id = $1', [lost]);
    return { lost, keyNo: rows[0].key_no as number };
  };

  it('a message with a file whose name can not be opened is stored, and told so', async () => {
    const { keyNo } = await lostKey();
    const roomId = await room();
    await say(roomId, 'sealed');
    const file = { id: randomUUID(), name: 'sealed', type: 'application/pdf', bytes: 1, keyNo };
    await client.query(
      `INSERT INTO chat.uploads (upload_id, room_id, user_id, name, type, bytes, state, attachment, key_no)
        VALUES ($1, $2, 'ann', 'sealed', 'application/pdf', 1, 'READY', $3, $4)`,
      [file.id, roomId, JSON.stringify(file), keyNo],
    );
    const { keyNo: _, ...shown } = file;
    expect(
      await given.store.messages.append([draft(roomId, '', { attachments: [file.id] }), draft(roomId, 'next')]),
    ).toMatchObject([{ outcome: 'stored', attachments: [{ ...shown, name: '' }] }, { outcome: 'stored' }]);
  });

  it('a report is listed without its texts beside the others, and ended', async () => {
    const { lost } = await lostKey();
    const open = await room();
    const ids: string[] = [];
    for (const [roomId, store] of [
      [lost, foreign],
      [open, given.store],
    ] as const) {
      const seq = await say(roomId, 'reported', {}, store);
      const made = await store.reports.report(roomId, seq, 'bob', { reason: 'SPAM', note: 'note' });
      ids.push((made as { report: { reportId: string } }).report.reportId);
    }
    const [one, two] = (await given.store.reports.list({ status: 'OPEN', beforeId: null, limit: 2 })).toReversed();
    expect(one).toMatchObject({ reportId: ids[0], note: null, message: { content: '', unreadable: true } });
    expect(two).toMatchObject({ reportId: ids[1], note: 'note', message: { content: 'reported' } });
    expect(await given.store.reports.end(ids[0]!, { status: 'RESOLVED' }, null)).toMatchObject({ status: 'RESOLVED' });
  });
});

it('an edit by an instance that seals nothing leaves no part of a message sealed without its key', async () => {
  const roomId = await room();
  const seqs = [await say(roomId, 'one', { signalType: 'offer' }), await say(roomId, 'two')];
  // As release 0.1 calls it: of two messages, that which has more than a text waits for an instance that can.
  const outcomes = await Promise.all(
    seqs.map(async (seq) => {
      const by = (
        await client.query('SELECT sender_id FROM chat.messages WHERE room_id = $1 AND seq = $2', [roomId, seq])
      ).rows[0].sender_id;
      const { rows } = await client.query(
        "SELECT chat.change_message($1, $2, 'edited', $3, 'ann', NULL, false, 'clear', NULL, 3600) AS change",
        [roomId, seq, by],
      );
      return rows[0].change.outcome;
    }),
  );
  expect(outcomes).toEqual(['UNAVAILABLE', 'changed']);
  expect(await texts(roomId)).toEqual(['one', 'clear']);
});

/** Appends as an instance that seals; `meanwhile` is done after it has looked for keys of rooms for the first time. */
function appendWith(meanwhile: () => Promise<unknown>) {
  const pool = given.store.pools.append;
  const keys = createRoomKeys({ pool, keys: sealingKeysOf(CONTENT_KEYS), isOn: true });
  let looks = 0;
  const texts = createSealedTexts({
    keys: {
      ...keys,
      async forWriting(roomIds) {
        const found = await keys.forWriting(roomIds);
        if (looks++ === 0) await meanwhile();
        return found;
      },
    },
  });
  return createAppendBatch({ pool, texts, uploads: createUploadSeals({ pool, texts }) });
}

describe('the key of a room', () => {
  it('leaves the memory of all instances once the room is removed by one, and stays where it is needed for reports', async () => {
    const [gone, reported, kept] = [await room(), await room(), await room()];
    const keys = createRoomKeys({ pool: given.store.pools.reads, keys: sealingKeysOf(CONTENT_KEYS), isOn: true });
    expect([...(await keys.forWriting([gone, reported, kept])).keys()].sort()).toEqual([gone, reported, kept].sort());
    await client.query(
      `INSERT INTO chat.reports (room_id, seq, reporter_id, reason, message) VALUES ($1, 1, 'bob', 'SPAM', '{"content": ""}')`,
      [reported],
    );
    for (const roomId of [gone, reported]) await client.query('SELECT chat.delete_room($1)', [roomId]);
    expect(keys.size()).toBe(3);
    await keys.forgetGone();
    expect(keys.size()).toBe(2);
  });

  it('is destroyed with the room, and a new room by the same id has another one, also for who has the old one in memory', async () => {
    const roomId = await room();
    await say(roomId, 'old');
    const other = openPatientStore({
      url: given.url,
      poolSize: 3,
      content: { keys: sealingKeysOf(CONTENT_KEYS), isOn: true },
    });
    try {
      await say(roomId, 'by another', {}, other);
      await given.store.rooms.remove(roomId);
      const keys = () => client.query('SELECT FROM chat.room_keys WHERE room_id = $1', [roomId]);
      expect((await keys()).rowCount).toBe(0);
      await given.store.rooms.open({ ...opening(), roomId, productId: roomId });
      await joinOne(given.store.members, roomId, 'ann');
      const two = [draft(roomId, 'new'), draft(roomId, 'newer')];
      expect(await other.messages.append(two)).toMatchObject([{ outcome: 'stored' }, { outcome: 'stored' }]);
      await say(roomId, 'newest');
      expect(await texts(roomId)).toEqual(['new', 'newer', 'newest']);
      expect((await keys()).rowCount).toBe(1);
    } finally {
      await other.close();
    }
  });

  it('that was removed with its room seals nothing any more: no upload under way, no name and no text that stands clear', async () => {
    const other = openPatientStore({
      url: given.url,
      poolSize: 3,
      content: { keys: sealingKeysOf(CONTENT_KEYS), isOn: true },
    });
    const reopened = async (roomId: string) => {
      await say(roomId, 'the old key is in memory', {}, other);
      await given.store.rooms.remove(roomId);
      await given.store.rooms.open({ ...opening(), roomId, productId: roomId });
      await joinOne(given.store.members, roomId, 'ann');
    };
    const announce = async (roomId: string, store: Store) => {
      const upload = {
        uploadId: randomUUID(),
        roomId,
        userId: 'ann',
        name: 'name.pdf',
        type: 'application/pdf',
        bytes: 3,
      };
      expect(await store.uploads.announce(upload, 0)).toMatchObject({ outcome: 'announced' });
      return upload;
    };
    const complete = ({ uploadId: id, name, type, bytes, ...owner }: Awaited<ReturnType<typeof announce>>, by: Store) =>
      by.uploads.ready(owner, { id, name, type, bytes });
    const found = async ({ roomId, uploadId }: Awaited<ReturnType<typeof announce>>) =>
      (await given.store.uploads.find(roomId, 'ann', uploadId))?.attachment?.name;
    try {
      const [sealed, clear, talked] = [await room(), await room(), await room()];
      for (const roomId of [sealed, clear, talked]) await reopened(roomId);
      const underWay = await announce(sealed, given.store);
      expect(await complete(underWay, other)).toBe(true);
      expect(await found(underWay)).toBe('name.pdf');

      const unsealed = await announce(clear, off);
      await complete(unsealed, off);
      await say(talked, 'clear', {}, off);
      await say(talked, 'sealed');
      while (!(await other.content.sealPortion()).isDone);
      expect(await found(unsealed)).toBe('name.pdf');
      expect(await texts(talked)).toEqual(['clear', 'sealed']);
      expect(await stored()).not.toContain('name.pdf');
    } finally {
      await other.close();
    }
  });

  it('that nobody here can open fails its own messages alone, also where it took the place of one that was known', async () => {
    const [roomId, renewed] = [await room(), await room()];
    const other = openPatientStore({
      url: given.url,
      poolSize: 3,
      content: { keys: sealingKeysOf(CONTENT_KEYS), isOn: true },
    });
    try {
      await say(renewed, 'old', {}, other);
      await given.store.rooms.remove(renewed);
      await foreign.rooms.open({ ...opening(), roomId: renewed, productId: renewed });
      await joinOne(foreign.members, renewed, 'ann');
      await say(renewed, 'new', {}, foreign);
      const sent = await other.messages.append([draft(roomId, 'stored'), draft(renewed, 'not stored')]);
      expect(sent).toMatchObject([{ outcome: 'stored' }, { outcome: 'FAILED', error: { code: 'UNAVAILABLE' } }]);
      expect(await texts(roomId)).toEqual(['stored']);
      expect(await texts(renewed, foreign)).toEqual(['new']);
    } finally {
      await other.close();
    }
  });

  it('is one, however many ask for the first one of a room at once', async () => {
    const roomId = await room();
    const [one, two] = [new pg.Client({ connectionString: given.url }), new pg.Client({ connectionString: given.url })];
    await Promise.all([one.connect(), two.connect()]);
    const ask = async (asker: pg.Client): Promise<number> => {
      const text = "SELECT key_no FROM chat.open_room_key($1, 'test', $2)";
      try {
        return (await asker.query<{ key_no: number }>(text, [roomId, Buffer.alloc(60)])).rows[0]!.key_no;
      } catch (error) {
        // On a busy machine it waits for the lock longer than it does.
        if ((error as pg.DatabaseError).code === '55P03') return ask(asker);
        throw error;
      }
    };
    try {
      const { pid } = (await two.query('SELECT pg_backend_pid() AS pid')).rows[0];
      await one.query('BEGIN');
      const first = await ask(one);
      const second = ask(two);
      const waits = 'SELECT FROM pg_locks WHERE NOT granted AND pid = $1';
      await expect.poll(async () => (await client.query(waits, [pid])).rowCount, { interval: 5 }).toBe(1);
      await one.query('COMMIT');
      expect(await second).toBe(first);
      expect((await client.query('SELECT FROM chat.room_keys WHERE room_id = $1', [roomId])).rowCount).toBe(1);
    } finally {
      await Promise.all([one.end(), two.end()]);
    }
  });

  it('seals also what is said as its room is opened', async () => {
    const roomId = opening().roomId;
    const early = appendWith(async () => {
      await given.store.rooms.open({ ...opening(), roomId, productId: roomId });
      await joinOne(given.store.members, roomId, 'ann');
    });
    expect(await early([draft(roomId, 'early')])).toMatchObject([{ outcome: 'stored' }]);
    const { rows } = await client.query(
      "SELECT content, key_no FROM chat.messages WHERE room_id = $1 AND kind = 'CHAT'",
      [roomId],
    );
    expect(rows).toEqual([{ content: expect.not.stringContaining('early'), key_no: expect.any(Number) }]);
    expect(await texts(roomId)).toEqual(['early']);
  });

  it('stays as long as there are reports of a room that was removed', async () => {
    const roomId = await room();
    const seq = await say(roomId, 'reported');
    const made = await given.store.reports.report(roomId, seq, 'bob', { reason: 'SPAM' });
    const { reportId } = (made as { report: { reportId: string } }).report;
    await given.store.rooms.remove(roomId);
    expect(await given.store.reports.find(reportId)).toMatchObject({ message: { content: 'reported' } });
    await given.store.reports.end(reportId, { status: 'RESOLVED', note: 'gone' }, null);
    await client.query("UPDATE chat.reports SET ended_at = now() - interval '2 days' WHERE report_id = $1", [reportId]);
    expect(await given.store.reports.forget(1, 10)).toBe(1);
    expect((await client.query('SELECT FROM chat.room_keys WHERE room_id = $1', [roomId])).rowCount).toBe(0);
  });

  it('goes as well where the last report of a removed room went by an erasure', async () => {
    const [removed, kept] = [await room(), await room()];
    for (const roomId of [removed, kept]) await say(roomId, 'reported');
    await given.store.reports.report(removed, await say(removed, 'reported, too'), 'bob', { reason: 'SPAM' });
    await given.store.rooms.remove(removed);
    await client.query('DELETE FROM chat.reports WHERE room_id = $1', [removed]);
    await given.store.reports.forget(1, 10);
    const { rows } = await client.query('SELECT room_id FROM chat.room_keys WHERE room_id = ANY ($1)', [
      [removed, kept],
    ]);
    expect(rows).toEqual([{ room_id: kept }]);
  });

  it('a report of a room, of a sender or by a reporter that is held outlives its time', async () => {
    const reported = async (sender: string, reporter: string) => {
      const roomId = await room();
      for (const name of [sender, reporter]) await joinOne(given.store.members, roomId, name);
      const seq = await say(roomId, 'reported', { sender: person(sender) });
      const made = await given.store.reports.report(roomId, seq, reporter, { reason: 'SPAM' });
      const { reportId } = (made as { report: { reportId: string } }).report;
      await given.store.reports.end(reportId, { status: 'DISMISSED' }, null);
      return { roomId, reportId };
    };
    const held = [await reported('ann', 'bob'), await reported('held', 'bob'), await reported('ann', 'held')];
    const free = await reported('ann', 'bob');
    const ids = [...held, free].map(({ reportId }) => reportId);
    await client.query("UPDATE chat.reports SET ended_at = now() - interval '2 days' WHERE report_id = ANY ($1)", [
      ids,
    ]);
    await client.query("INSERT INTO chat.holds (kind, id) VALUES ('ROOM', $1), ('USER', 'held')", [held[0]!.roomId]);
    await given.store.reports.forget(1, 10);
    const left = await client.query('SELECT report_id FROM chat.reports WHERE report_id = ANY ($1) ORDER BY 1', [ids]);
    expect(left.rows.map(({ report_id: id }) => `${id}`)).toEqual(held.map(({ reportId }) => reportId));
    await client.query('DELETE FROM chat.holds');
    expect(await given.store.reports.forget(1, 10)).toBe(3);
  });

  it('is not used for a note that an erasure took away meanwhile', async () => {
    const roomId = await room();
    const made = await off.reports.report(roomId, await say(roomId, 'x', {}, off), 'bob', {
      reason: 'SPAM',
      note: 'n',
    });
    const { reportId } = (made as { report: { reportId: string } }).report;
    await client.query("UPDATE chat.reports SET reporter_id = 'gone', note = NULL WHERE report_id = $1", [reportId]);
    await client.query(
      "SELECT chat.seal_reports(ARRAY[$1::bigint], ARRAY[NULL], ARRAY[1], ARRAY['sealed'], ARRAY[NULL], ARRAY['{}'])",
      [reportId],
    );
    expect((await client.query('SELECT note FROM chat.reports WHERE report_id = $1', [reportId])).rows).toEqual([
      { note: null },
    ]);
  });
});
