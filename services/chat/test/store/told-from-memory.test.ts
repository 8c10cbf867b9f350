import { randomUUID } from 'node:crypto';
import { sealingKeysOf } from '@gongu/host';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Change, Draft } from '../../src/room/ports/message-store.ts';
import type { StoredMessage } from '../../src/room/ports/stored-message.ts';
import type { Store } from '../../src/store/open-store.ts';
import { CONTENT_KEYS } from '../fixture/content-keys.ts';
import { joinOne, opening, person } from '../fixture/opening.ts';
import { openPatientStore, storeOfThisFile } from '../fixture/store.ts';

const given = storeOfThisFile();
let client: pg.Client;
let clear: Store;

beforeAll(async () => {
  client = new pg.Client({ connectionString: given.url });
  await client.connect();
  clear = openPatientStore({
    url: given.url,
    poolSize: 3,
    content: { keys: sealingKeysOf(CONTENT_KEYS), isOn: false },
  });
});
afterAll(async () => {
  await clear?.close();
  await client?.end();
});

const edit = { content: 'another text', ifVersion: null, windowS: 86_400 };
const FILE = { id: 'file-1', name: 'a.png', type: 'image/png', bytes: 3, url: '/files/1' };

/** Messages with all that there may be beside a text. */
const drafts: Readonly<Record<string, Partial<Draft>>> = {
  'a text alone': {},
  'an answer with a signal type and data': { replyTo: 1, signalType: 'hello', data: { a: 1 } },
  'an answer with a signal type': { replyTo: 1, signalType: 'hello' },
  'one that mentions somebody and was masked': { mentions: ['bob', 'nobody'], masked: true },
  'a notice of the host to all': { sender: person('seller'), kind: 'NOTIFICATION', mentionsAll: true },
  'a notice of the service': { sender: null, kind: 'NOTIFICATION' },
};

async function said(store: Store, more: Partial<Draft>) {
  const input = opening();
  const { roomId } = input;
  await store.rooms.open(input);
  for (const name of ['ann', 'bob']) await joinOne(store.members, roomId, name);
  const draft = {
    roomId,
    kind: 'CHAT',
    sender: person('ann'),
    clientMessageId: randomUUID(),
    content: 'a text',
  } as const;
  const [outcome] = await store.messages.append([{ ...draft, replyTo: null, ...more }]);
  const { seq } = outcome as { seq: number };
  const one = async () => (await store.messages.after(roomId, seq - 1, 1))[0]!;
  const by = more.sender === undefined ? person('ann') : more.sender;
  const change = (wanted: Partial<Change>) =>
    store.messages.change({ roomId, seq, by, isAdmin: false, edit: null, ...wanted });
  const react = (userId: string, emoji: string, on = true) =>
    store.messages.react({ roomId, seq, by: person(userId), emoji, on });
  const newest = async () => (await store.messages.after(roomId, seq, 100)).at(-1)!;
  return { roomId, seq, one, change, react, newest };
}

describe.each([
  ['sealed', () => given.store],
  ['clear', () => clear],
])('a change of what is in memory, where texts are %s, is told as one that was read', (_, storeOf) => {
  for (const [what, more] of Object.entries(drafts)) {
    it(`of ${what}`, async () => {
      const { roomId, seq, one, change, react, newest } = await said(storeOf(), more);
      const files = 'UPDATE chat.messages SET attachments = $3 WHERE room_id = $1 AND seq = $2';
      await client.query(files, [roomId, seq, JSON.stringify([FILE])]);
      await react('bob', '👍');
      if (!more.data) {
        for (const wanted of [
          edit,
          { ...edit, content: 'a third', mentions: ['ann', 'bob'], masked: true },
          { ...edit, content: 'a fourth', mentions: [] },
        ]) {
          const outcome = await change({ known: await one(), edit: wanted });
          expect(outcome).toEqual({ outcome: 'changed', message: await one(), row: await newest() });
        }
      }
      const outcome = await change({ known: await one() });
      expect(outcome).toEqual({ outcome: 'changed', message: await one(), row: await newest() });
      expect(await change({ known: await one() })).toEqual({ ...outcome, outcome: 'same' });
    });
  }

  it('unless another one stands there, or what is in memory could not be opened', async () => {
    const { one, change, react, newest } = await said(storeOf(), { mentions: ['bob'] });
    const known = (await one()) as StoredMessage & { kind: 'CHAT' };
    await react('bob', '👍');
    for (const other of [known, { ...(await one()), clientMessageId: 'of a room that is no more' } as typeof known]) {
      const content = `after ${other.clientMessageId}`;
      expect(await change({ known: other, edit: { ...edit, content } })).toEqual({
        ...{ outcome: 'changed', message: await one(), row: await newest() },
      });
    }
    const unread = { ...(await one()), content: '', unreadable: true } as StoredMessage;
    expect(await change({ known: unread, edit })).toEqual({
      outcome: 'changed',
      message: await one(),
      row: await newest(),
    });
    expect(await change({ known })).toEqual({ outcome: 'changed', message: await one(), row: await newest() });
  });
});

it('reactions are told as they are, from the first to the last', async () => {
  const { roomId, seq, one, react, newest } = await said(given.store, {});
  for (const [userId, emoji, on] of [
    ['bob', '👍', true],
    ['ann', '👍', true],
    ['seller', '👍', true],
    ['ann', '🎉', true],
    ['bob', '👍', false],
    ['ann', '🎉', false],
    ['ann', '👍', false],
    ['seller', '👍', false],
  ] as const) {
    const outcome = await react(userId, emoji, on);
    const message = (await one()) as StoredMessage & { kind: 'CHAT' };
    const row = (await newest()) as StoredMessage & { kind: 'SYSTEM' };
    const { reactions = [], version } = message;
    expect(outcome).toEqual({
      ...{ outcome: 'changed', reactions, version },
      row: { ...row, data: { ...row.data, emoji, on } },
    });
    expect(await react(userId, emoji, on)).toEqual({ outcome: 'same', reactions, version, row: null });
    const { rows } = await client.query(
      `SELECT emoji, count(*)::int, min(place)::int AS first FROM chat.reactions WHERE room_id = $1 AND seq = $2
      GROUP BY emoji ORDER BY 3`,
      [roomId, seq],
    );
    expect(reactions.map(({ emoji, count }) => [emoji, count])).toEqual(rows.map(({ emoji, count }) => [emoji, count]));
  }
});

it('an instance of the version before is answered with the message, whatever is in its memory', async () => {
  const { roomId, seq, one } = await said(clear, {});
  const { clientMessageId, version } = await one();
  const edited = await client.query(
    `SELECT chat.change_message($1, $2, 'edited', 'ann', 'ann', NULL, false, 'new', NULL, 86400, NULL, NULL, NULL, false, $3,
      NULL, NULL, $4) AS change`,
    [roomId, seq, clientMessageId, version],
  );
  expect(edited.rows[0].change).toMatchObject({
    ...{ outcome: 'changed', message: { seq, content: 'new', senderId: 'ann', change: { version: version + 1 } } },
    row: { kind: 'SYSTEM', senderId: null, replyTo: null, clientMessageId: null, change: { of: seq, version: null } },
  });
  const reacted = await client.query(`SELECT chat.react_message($1, $2, '👍', true, 'bob', 'bob', NULL) AS change`, [
    roomId,
    seq,
  ]);
  expect(reacted.rows[0].change).toMatchObject({
    ...{ outcome: 'changed', message: { seq, content: 'new', change: { reactions: [{ emoji: '👍', count: 1 }] } } },
    row: { data: { event: 'message.changed', change: 'reacted', by: { userId: 'bob' } } },
  });
  expect(reacted.rows[0].change.row).toMatchObject({ seq: version + 2, content: 'bob reacted to a message' });
});

it('who is no member, and takes back what he said, is noted as one whom rows name; a member was as he became one', async () => {
  const { roomId, change, one } = await said(clear, {});
  const authors = async () =>
    (await client.query('SELECT user_id FROM chat.authors WHERE room_id = $1 ORDER BY 1', [roomId])).rows.map(
      ({ user_id }) => user_id,
    );
  const all = await authors();
  expect(all).toContain('ann');
  await client.query('DELETE FROM chat.authors WHERE room_id = $1', [roomId]);
  await change({ edit });
  expect(await authors()).toEqual([]);
  await change({ by: person('boss'), isAdmin: true, known: await one() });
  expect(await authors()).toEqual(['boss']);
});
