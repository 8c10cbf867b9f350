import { expect, it } from 'vitest';
import { checkChanges } from '../../src/check/changes.ts';
import { checkDeliveries } from '../../src/check/deliveries.ts';
import type { Change, Entry, FinalRoom, History, Stored } from '../../src/check/evidence.ts';
import { replayRoom } from '../../src/check/room-log.ts';
import { checkSayings } from '../../src/check/sayings.ts';
import { textsOf } from '../../src/check/texts.ts';

const ROOM = 'citrus';
const by = (userId: string | null) => (userId === null ? null : { userId, nickname: userId });
const row = (seq: number, data: object): Stored => ({
  ...{ roomId: ROOM, seq, kind: 'SYSTEM', content: 'something happened', sender: null, clientMessageId: null },
  data,
});
const talk = (more: Partial<Stored> = {}): Stored => ({
  ...{ roomId: ROOM, seq: 2, kind: 'CHAT', content: 'first', sender: 'ann', clientMessageId: 'a', version: 2, ...more },
});
const changed = (seq: number, change: 'edited' | 'deleted', message: Stored, who: string | null = 'ann') =>
  row(seq, { event: 'message.changed', change, by: by(who), message });
const OPENED = row(1, {
  ...{ event: 'room.opened', room: { status: 'ACTIVE', reason: null, maxParticipants: 3 } },
  participant: { userId: 'seller' },
});
const JOINED = row(0, { event: 'participant.joined', participant: { userId: 'ann' } });

const EDITED = talk({ content: 'second', version: 3 });
const DELETED = talk({ content: '', version: 4, isDeleted: true });
/** Said, edited, and then deleted. */
const LOG: readonly Stored[] = [OPENED, DELETED, changed(3, 'edited', EDITED), changed(4, 'deleted', DELETED)];
const ASKED: readonly Change[] = [
  { ...{ roomId: ROOM, seq: 2, userId: 'ann', before: 'first', content: 'second' }, outcome: 'done', answeredAtMs: 0 },
  { ...{ roomId: ROOM, seq: 2, userId: 'ann', before: 'second', content: null }, outcome: 'done', answeredAtMs: 10 },
];

const roomOf = (messages: readonly Stored[]) => ({ roomId: ROOM, messages, lastSeq: messages.length }) as FinalRoom;
const heard = (...messages: readonly Stored[]): Entry[] =>
  messages.map((message) => ({ kind: 'received', connection: 1, message }));
const historyOf = (entries: readonly Entry[], more: Partial<History> = {}): History => ({
  ...{ client: 'ben #1', userId: 'ben', protocol: 'gongu.v1', roomId: ROOM, entries, end: 'in', ...more },
});
const kinds = (messages: readonly Stored[], asked: readonly Change[], histories: readonly History[] = []) =>
  checkChanges(histories, roomOf(messages), asked).map(({ kind }) => kind);

it('finds nothing where what was asked for is as it should be, whichever of its texts a client was told', () => {
  const always = historyOf(heard(OPENED, talk(), LOG[2]!, LOG[3]!));
  const later = historyOf(heard(...LOG));
  expect(kinds(LOG, ASKED, [always, later])).toEqual([]);
  for (const history of [always, later]) expect(checkDeliveries(history, roomOf(LOG), textsOf(ASKED))).toEqual([]);
  const said: Entry = { kind: 'said', connection: 1, id: 'a', content: 'first' };
  const ann = historyOf([said, { kind: 'acked', connection: 1, id: 'a', seq: 2 }], { userId: 'ann', end: 'gone' });
  expect(checkSayings([ann], roomOf(LOG), textsOf(ASKED))).toEqual([]);
});

it('finds an edit or a deletion that was acknowledged and is not there', () => {
  expect(kinds([OPENED, talk()], [ASKED[0]!])).toEqual(['lost', 'lost']);
  expect(kinds([OPENED, EDITED, LOG[2]!], ASKED)).toEqual(['lost']);
});

it('finds an edit that an older one has overtaken', () => {
  const third = { ...ASKED[0]!, before: 'second', content: 'third' };
  const older = talk({ content: 'second', version: 4 });
  const rows = [OPENED, older, changed(3, 'edited', talk({ content: 'third' })), changed(4, 'edited', older)];
  expect(kinds(rows, [ASKED[0]!, third])).toEqual(['lost']);
});

it('takes either for what was never answered, and the text before for what was refused', () => {
  const unsure = { ...ASKED[0]!, outcome: 'unknown' as const };
  expect(kinds([OPENED, talk()], [unsure])).toEqual([]);
  expect(kinds([OPENED, EDITED, LOG[2]!], [unsure])).toEqual([]);
  const refused = { ...ASKED[0]!, outcome: { refused: 'EDIT_WINDOW_PASSED' } };
  expect(kinds([OPENED, talk()], [refused])).toEqual([]);
  expect(kinds([OPENED, EDITED, LOG[2]!], [refused])).toEqual(['invented', 'lost']);
});

it('finds a change that has two rows, one that nobody asked for, and a version that no row has made', () => {
  const twice = talk({ content: 'second', version: 4 });
  expect(kinds([OPENED, twice, changed(3, 'edited', twice), changed(4, 'edited', twice)], [ASKED[0]!])).toEqual([
    'invented',
  ]);
  expect(kinds([OPENED, EDITED, LOG[2]!], [])).toEqual(['invented']);
  expect(kinds([OPENED, talk({ version: 3 })], [])).toEqual(['diverged']);
});

it('finds a text that stayed with a message that was deleted', () => {
  const kept = talk({ content: 'second', version: 4, isDeleted: true });
  expect(kinds([OPENED, kept, LOG[2]!, LOG[3]!], ASKED)).toEqual(['diverged', 'lost']);
});

it('finds somebody who has everything and shows a message as it was', () => {
  const shows = { shown: [{ seq: 2, content: 'second', version: 3 }] };
  expect(kinds(LOG, ASKED, [historyOf(heard(...LOG), shows)])).toEqual(['diverged']);
  // As the service must not tell it: the row came, and not what it says.
  const row4 = row(4, { event: 'message.changed', change: 'deleted', by: by('ann'), seq: 2, version: 4 });
  expect(kinds(LOG, ASKED, [historyOf(heard(OPENED, talk(), LOG[2]!, row4))])).toEqual(['diverged']);
  // Who began anew shows nothing of what was before.
  const anew: Entry = { kind: 'restarted', connection: 2, seq: 3 };
  expect(kinds(LOG, ASKED, [historyOf([...heard(OPENED, talk()), anew, ...heard(row4)])])).toEqual([]);
});

it('finds a deleted text that is told to somebody who connects long after', () => {
  const connecting = (atMs: number): Entry => ({ kind: 'connecting', connection: 1, after: 0, atMs });
  const told = (atMs: number) => historyOf([connecting(atMs), ...heard(EDITED)], { end: 'gone' });
  expect(kinds(LOG, ASKED, [told(5_000)])).toEqual([]);
  expect(kinds(LOG, ASKED, [told(60_000)])).toEqual(['stale']);
  const inRow = historyOf([connecting(60_000), ...heard(LOG[2]!)], { end: 'gone' });
  expect(kinds(LOG, ASKED, [inRow])).toEqual(['stale']);
});

it('asks for no rows of change of a client whose protocol does not tell them', () => {
  const history = historyOf(heard(OPENED, talk()), { hidesChanges: true });
  expect(checkDeliveries(history, roomOf(LOG), textsOf(ASKED))).toEqual([]);
  expect(kinds(LOG, ASKED, [history])).toEqual([]);
  const seesAll = historyOf(heard(OPENED, talk()));
  expect(checkDeliveries(seesAll, roomOf(LOG), textsOf(ASKED)).map(({ kind }) => kind)).toEqual(['lost']);
  const missed = historyOf(heard(OPENED), { hidesChanges: true });
  expect(checkDeliveries(missed, roomOf(LOG), textsOf(ASKED)).map(({ kind }) => kind)).toEqual(['lost']);
});

it('finds a text that nobody ever gave the message', () => {
  const other = historyOf(heard(OPENED, talk({ content: 'of somebody else' }), LOG[2]!, LOG[3]!));
  expect(checkDeliveries(other, roomOf(LOG), textsOf(ASKED)).map(({ kind }) => kind)).toEqual(['changed']);
});

it('lets senders edit, and senders, the host and the service delete; and only that in a cancelled room', () => {
  const cancelled = row(3, {
    ...{ event: 'room.cancelled', room: { status: 'CANCELLED', reason: 'UNDERFILLED', maxParticipants: 3 } },
  });
  const breaches = (...rows: Stored[]) =>
    replayRoom([OPENED, JOINED, talk(), ...rows]).breaches.map(({ kind }) => kind);
  expect(breaches(LOG[2]!, changed(4, 'deleted', DELETED, 'seller'))).toEqual([]);
  expect(breaches(changed(3, 'deleted', DELETED, null))).toEqual([]);
  expect(breaches(changed(3, 'edited', EDITED, 'seller'))).toEqual(['diverged']);
  expect(breaches(changed(3, 'deleted', DELETED, 'ben'))).toEqual(['diverged']);
  expect(breaches(cancelled, changed(4, 'deleted', DELETED, 'seller'))).toEqual([]);
  expect(breaches(cancelled, changed(4, 'edited', EDITED))).toEqual(['after-cancelled']);
  expect(breaches(changed(3, 'edited', talk({ seq: 9 })))).toEqual(['invented']);
});

it('lets members react, and the host and the service pin, and takes a reaction for no other text', () => {
  const marked = (seq: number, change: string, who: string | null, more: object = {}) =>
    row(seq, { event: 'message.changed', change, by: by(who), seq: 2, ...more });
  const reacted = marked(3, 'reacted', 'ben', { version: 3, reactions: [] });
  const breaches = (...rows: Stored[]) =>
    replayRoom([OPENED, JOINED, talk(), ...rows]).breaches.map(({ kind }) => kind);
  expect(breaches(marked(3, 'reacted', 'ann'), marked(4, 'pinned', 'seller'), marked(5, 'unpinned', null))).toEqual([]);
  expect(breaches(reacted)).toEqual(['diverged']);
  expect(breaches(marked(3, 'pinned', 'ann'))).toEqual(['diverged']);
  const kept = talk({ version: 3 });
  expect(kinds([OPENED, kept, reacted], [], [historyOf(heard(OPENED, talk(), reacted))])).toEqual([]);
  expect(kinds([OPENED, talk(), reacted], [])).toEqual(['diverged']);
});
