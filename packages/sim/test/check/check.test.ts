import { expect, it } from 'vitest';
import { check } from '../../src/check/check.ts';
import type { Entry, Evidence, FinalProduct, FinalRoom, History, Stored } from '../../src/check/evidence.ts';

type Change = { -readonly [name in keyof Evidence]?: Evidence[name] };

const ROOM = 'citrus';
const system = (seq: number, data: object): Stored => ({
  ...{ roomId: ROOM, seq, kind: 'SYSTEM', content: 'something happened', sender: null, clientMessageId: null },
  data,
});
const talk = (seq: number, sender: string, id = `${sender}-${seq}`): Stored => ({
  ...{ roomId: ROOM, seq, kind: 'CHAT', content: `text ${id}`, sender, clientMessageId: id },
});
const status = (seq: number, event: string, now: string, reason: string | null = null, maxParticipants = 3) =>
  system(seq, { event, room: { status: now, reason, maxParticipants } });
const member = (seq: number, event: string, userId: string, participantCount: number, committedCount: number) =>
  system(seq, {
    ...{ event: `participant.${event}`, participant: { userId, committed: event === 'committed' } },
    ...{ participantCount, committedCount },
  });

/** Opened, ann and ben come, ann talks. */
const OPENING: readonly Stored[] = [
  system(1, {
    event: 'room.opened',
    room: { status: 'ACTIVE', reason: null, maxParticipants: 3 },
    participant: { userId: 'seller' },
  }),
  member(2, 'joined', 'ann', 1, 0),
  member(3, 'joined', 'ben', 2, 0),
  talk(4, 'ann'),
];

/** A room with these messages, and with the members that they lead to. */
function roomOf(messages: readonly Stored[], change: Partial<FinalRoom> = {}): FinalRoom {
  const members = new Set<string>();
  const buyers = new Set<string>();
  let [now, max] = ['ACTIVE', 3];
  for (const { data } of messages) {
    const { event, participant, room } = (data ?? {}) as Record<string, never> & {
      event?: string;
      participant?: { userId: string };
      room?: { status: string; maxParticipants: number };
    };
    if (room) [now, max] = [room.status, room.maxParticipants];
    if (event === 'participant.joined') members.add(participant!.userId);
    if (event === 'participant.left' || event === 'participant.removed') members.delete(participant!.userId);
    if (event === 'participant.committed') buyers.add(participant!.userId);
  }
  return {
    ...{ roomId: ROOM, status: now, reason: null, title: '감귤', maxParticipants: max, minParticipants: 1 },
    ...{ participantCount: members.size, committedCount: buyers.size, lastSeq: messages.length },
    ...{ expiresAt: '2026-12-01T00:00:00.000Z', messages },
    members: [
      { userId: 'seller', role: 'HOST', committed: false },
      ...[...members].map((userId) => ({ userId, role: 'GUEST', committed: buyers.has(userId) })),
    ],
    ...change,
  };
}

function historyOf(userId: string, entries: readonly Entry[], end: History['end'] = 'in'): History {
  return { client: `${userId} #1`, userId, protocol: 'gongu.v1', roomId: ROOM, entries, end };
}

const heard = (message: Stored): Entry => ({ kind: 'received', connection: 1, message });
const SAID: Entry = { kind: 'said', connection: 1, id: 'ann-4', content: 'text ann-4' };
const acked = (seq: number | null, id = 'ann-4'): Entry => ({ kind: 'acked', connection: 1, id, seq });

const PRODUCT: FinalProduct = {
  ...{ id: ROOM, title: '감귤', status: 'RECRUITING', reason: null, maxParticipants: 3, minParticipants: 1 },
  ...{ participantCount: 0, deadline: '2026-12-01T00:00:00.000Z', buyers: [] },
};

/** Two clients who heard everything, one of whom said something; with a change. */
function evidence(change: Change = {}): Evidence {
  return {
    histories: [historyOf('ann', [SAID, ...OPENING.map(heard), acked(4)]), historyOf('ben', OPENING.map(heard))],
    ...{ purchases: [], rooms: [roomOf(OPENING)], products: [], outbox: { depth: 0, parked: 0 } },
    processes: [{ name: 'chat-1', maxRssBytes: 100, boundBytes: 200 }],
    ...{ deaths: [], leaks: [] },
    ...change,
  };
}

/** What the checker calls it. */
const kinds = (change: Change) => check(evidence(change)).map(({ kind }) => kind);
const withBen = (entries: readonly Entry[]): Change => ({
  histories: [evidence().histories[0]!, historyOf('ben', entries)],
});
const withRoom = (messages: readonly Stored[], change: Partial<FinalRoom> = {}): Change => ({
  rooms: [roomOf(messages, change)],
  histories: [],
  ...{},
});
const [opened, annCame, benCame, annTalks] = OPENING as [Stored, Stored, Stored, Stored];
/** Nobody said what stands there: not the point of these tests. */
const said = (...userIds: string[]): History[] =>
  userIds.map((userId) => ({
    ...historyOf(
      userId,
      Array.from({ length: 20 }, (_, i) => ({
        ...{ kind: 'said', connection: 1, id: `${userId}-${i}`, content: `text ${userId}-${i}` },
      })) as Entry[],
      'gone',
    ),
  }));
const logOf = (...more: readonly Stored[]): Change => ({
  rooms: [roomOf([...OPENING, ...more])],
  histories: said('ann', 'ben', 'eve'),
});

it('finds nothing in a run in which everything held', () => {
  expect(check(evidence())).toEqual([]);
});

it('finds a message that was acknowledged and is not stored', () => {
  const nobody = { rooms: [roomOf(OPENING.slice(0, 3))] };
  const histories = [historyOf('ann', [SAID, acked(4), ...OPENING.slice(0, 3).map(heard)])];
  expect(kinds({ ...nobody, histories })).toEqual(['lost']);
});

it('finds a message that somebody never got, and names the client, the room and the seq', () => {
  expect(check(evidence(withBen(OPENING.slice(0, 3).map(heard))))).toEqual([
    {
      ...{ kind: 'lost', roomId: ROOM, client: 'ben #1', seqs: [4, 4] },
      text: 'ben #1 in citrus: never got 4 to 4',
    },
  ]);
});

it('asks of one who went before the end only that what he heard has no hole', () => {
  const histories = [evidence().histories[0]!, historyOf('ben', [heard(opened), heard(annCame)], 'gone')];
  expect(kinds({ histories })).toEqual([]);
});

it('finds a client that did not come back, whatever it has', () => {
  expect(kinds({ histories: [evidence().histories[0]!, historyOf('ben', OPENING.map(heard), 'away')] })).toEqual([
    'lost',
  ]);
});

it('finds a message that was heard and is not stored', () => {
  const room = { rooms: [roomOf(OPENING.slice(0, 3))] };
  expect(kinds({ ...room, histories: [historyOf('ben', OPENING.map(heard))] })).toEqual(['lost']);
});

it('finds a message that came twice', () => {
  expect(kinds(withBen([...OPENING, annTalks].map(heard)))).toEqual(['doubled']);
});

it('finds a message that is stored twice, and one that is acknowledged at two places', () => {
  const twice = [...OPENING, talk(5, 'ann', 'ann-4')];
  const histories = [historyOf('ann', [SAID, ...twice.map(heard), acked(4)])];
  expect(kinds({ rooms: [roomOf(twice)], histories })).toEqual(['doubled']);
  const acks = [historyOf('ann', [SAID, acked(4), acked(3), ...OPENING.map(heard)])];
  expect(kinds({ histories: acks })).toEqual(['doubled', 'changed']);
});

it('finds a message that came after what follows it', () => {
  expect(kinds(withBen([opened, annCame, annTalks, benCame].map(heard)))).toEqual(['reordered']);
});

it('finds a message that was left out', () => {
  expect(kinds(withBen([opened, annCame, annTalks].map(heard)))).toEqual(['gap']);
});

it('allows a client to go on elsewhere only where the server has said so, and had too much to tell', () => {
  expect(kinds(withBen([{ kind: 'restarted', connection: 1, seq: 3 }, heard(annTalks)]))).toEqual([]);
  expect(kinds(withBen([heard(annTalks)]))).toEqual(['gap', 'gap', 'gap']);

  const began = (seq: number): Entry => ({ kind: 'restarted', connection: 2, seq });
  const near = withBen([heard(opened), heard(annCame), began(3), heard(annTalks)]);
  expect(kinds(near)).toEqual(['gap']);
  const many = [...OPENING, ...Array.from({ length: 1_100 }, (_, i) => talk(5 + i, 'ann'))];
  const far = historyOf('ben', [...OPENING.map(heard), began(1_060), ...many.slice(1_060).map(heard)]);
  expect(check(evidence({ rooms: [roomOf(many)], histories: [far] })).filter(({ client }) => client)).toEqual([]);
});

it('finds a hole in what is stored', () => {
  const rooms = [roomOf([opened, annCame, benCame, talk(5, 'ann')], { lastSeq: 5 })];
  expect(kinds({ rooms, histories: said('ann') })).toEqual(['gap', 'gap']);
});

it('finds a message that is not the same for everybody', () => {
  const other = { ...annTalks, content: 'something else' };
  expect(kinds(withBen([opened, annCame, benCame, other].map(heard)))).toEqual(['changed']);
  expect(kinds(withBen([opened, annCame, benCame, { ...annTalks, sender: 'ben' }].map(heard)))).toEqual(['changed']);
});

it('finds a message that was refused and is stored, and one that nobody said', () => {
  const refused: Entry = { kind: 'refused', connection: 1, id: 'ann-4', code: 'NOT_A_MEMBER' };
  expect(kinds({ histories: [historyOf('ann', [SAID, refused, ...OPENING.map(heard)])] })).toEqual(['refused-stored']);
  expect(kinds({ histories: [historyOf('ann', OPENING.map(heard))] })).toEqual(['invented']);
});

it('takes a refusal of the first of two tries under way, and an acknowledgement of the second, and no other order', () => {
  const refused: Entry = { kind: 'refused', connection: 1, id: 'ann-4', code: 'MUTED' };
  const of = (...entries: Entry[]) => kinds({ histories: [historyOf('ann', [...entries, ...OPENING.map(heard)])] });
  expect(of(SAID, SAID, refused, acked(4))).toEqual([]);
  for (const wrong of [
    [SAID, refused, acked(4)],
    [SAID, SAID, refused],
    [SAID, SAID, acked(4), refused],
    [SAID, SAID, refused, refused, acked(4)],
  ]) {
    expect(of(...wrong)).toEqual(['refused-stored']);
  }
});

it('finds a message without an outcome', () => {
  const unheard: Entry = { kind: 'said', connection: 1, id: 'ann-9', content: 'text ann-9' };
  const histories = [historyOf('ann', [SAID, acked(4), unheard, ...OPENING.map(heard)])];
  expect(kinds({ histories })).toEqual(['unanswered']);
});

it('finds anything that comes after the cancellation', () => {
  const cancelled = status(5, 'room.cancelled', 'CANCELLED', 'SELLER');
  expect(kinds(logOf(cancelled))).toEqual([]);
  expect(kinds(logOf(cancelled, talk(6, 'ann')))).toEqual(['after-cancelled']);
  expect(kinds(logOf(cancelled, member(6, 'left', 'ben', 1, 0)))).toContain('after-cancelled');
});

it('allows trade to correct the end that chat gave by itself, and no talk before it has', () => {
  const expired = status(5, 'room.cancelled', 'CANCELLED', 'EXPIRED');
  expect(kinds(logOf(expired, status(6, 'room.closed', 'CLOSED', 'DEADLINE')))).toEqual([]);
  expect(kinds(logOf(expired, talk(6, 'ann')))).toEqual(['after-cancelled']);
});

it('finds a new member after the close, and allows talk and removals', () => {
  const closed = status(5, 'room.closed', 'CLOSED', 'SELLER');
  expect(kinds(logOf(closed, talk(6, 'ann'), member(7, 'removed', 'ben', 1, 0)))).toEqual([]);
  expect(kinds(logOf(closed, member(6, 'joined', 'eve', 3, 0)))).toEqual(['member-after-closed']);
});

it('allows only one who has bought into a room that has expired', () => {
  const expired = status(5, 'room.closed', 'CLOSED', 'EXPIRED');
  const joined = member(6, 'joined', 'eve', 3, 0);
  expect(kinds(logOf(expired, joined, member(7, 'committed', 'eve', 3, 1)))).toEqual([]);
  expect(kinds(logOf(expired, joined))).toEqual(['member-after-closed']);
});

it('finds a member and a buyer beyond the cap', () => {
  const full = [member(5, 'joined', 'eve', 3, 0), member(6, 'joined', 'jon', 4, 0)];
  expect(kinds(logOf(...full))).toEqual(['cap-exceeded']);
  const lowered = status(5, 'room.updated', 'ACTIVE', null, 1);
  expect(kinds(logOf(lowered))).toEqual(['cap-exceeded']);
  const products = [{ ...PRODUCT, maxParticipants: 2, participantCount: 3, buyers: ['a', 'b', 'c'] }];
  expect(kinds({ products })).toContain('cap-exceeded');
});

it('finds talk of one who is no member', () => {
  expect(kinds(logOf(talk(5, 'eve')))).toEqual(['no-member']);
});

it('finds members and counters that are not what the messages say', () => {
  expect(kinds({ ...withRoom(OPENING, { participantCount: 3 }), histories: said('ann') })).toEqual(['diverged']);
  expect(kinds({ ...withRoom(OPENING, { status: 'CLOSED' }), histories: said('ann') })).toEqual(['diverged']);
  expect(kinds({ ...withRoom(OPENING, { members: [] }), histories: said('ann') })).toContain('diverged');
});

it('finds what trade and chat do not agree on', () => {
  const differing: Partial<FinalProduct>[] = [
    { status: 'CLOSED', reason: 'SELLER' },
    { title: '배' },
    { deadline: '2026-12-02T00:00:00.000Z' },
    { maxParticipants: 4 },
    { minParticipants: 2 },
  ];
  expect(kinds({ products: [PRODUCT] })).toEqual([]);
  for (const change of differing) expect(kinds({ products: [{ ...PRODUCT, ...change }] })).toEqual(['diverged']);
  const bought = { ...PRODUCT, participantCount: 1, buyers: ['ann'] };
  expect(new Set(kinds({ products: [bought] }))).toEqual(new Set(['diverged']));
  expect(kinds({ products: [{ ...PRODUCT, id: 'another' }] })).toEqual(['diverged']);
  expect(kinds({ outbox: { depth: 1, parked: 1 } })).toEqual(['diverged']);
});

it('finds a product that is full and recruits, and one that ended for a reason that does not hold', () => {
  const three = ['a', 'b', 'c'];
  const texts = (change: Partial<FinalProduct>) =>
    check(evidence({ products: [{ ...PRODUCT, ...change }] }))
      .map(({ text }) => text)
      .join('\n');
  expect(texts({ participantCount: 3, buyers: three })).toMatch(/is full and still recruits/);
  expect(texts({ status: 'CLOSED', reason: 'FULL' })).toMatch(/closed as FULL with 0 of 3/);
  expect(texts({ status: 'CLOSED', reason: 'DEADLINE' })).toMatch(/closed below its minimum/);
  expect(texts({ status: 'CANCELLED', reason: 'UNDERFILLED', participantCount: 3, buyers: three })).toMatch(
    /cancelled at its minimum/,
  );
});

it('finds a purchase that was confirmed and is not there, and one that was refused and is', () => {
  const purchase = { productId: ROOM, userId: 'ann', withdrawn: null };
  const products = [PRODUCT];
  expect(kinds({ products, purchases: [{ ...purchase, outcome: 'bought' }] })).toEqual(['lost']);
  expect(kinds({ products, purchases: [{ ...purchase, outcome: 'bought', withdrawn: 'withdrawn' }] })).toEqual([]);
  expect(kinds({ products, purchases: [{ ...purchase, outcome: 'unknown' }] })).toEqual(['unanswered']);
  const sold = [{ ...PRODUCT, participantCount: 1, buyers: ['ann'] }];
  const refused = { ...purchase, outcome: { refused: 'CAP_REACHED' } };
  expect(kinds({ products: sold, purchases: [refused] })).toContain('refused-stored');
  expect(kinds({ products: sold, purchases: [{ ...purchase, outcome: 'bought', withdrawn: 'withdrawn' }] })).toContain(
    'lost',
  );
});

it('finds memory beyond its bound, a process that died, and a token in a log', () => {
  expect(kinds({ processes: [{ name: 'chat-1', maxRssBytes: 201, boundBytes: 200 }] })).toEqual(['memory']);
  expect(kinds({ deaths: ['chat-1 ended by itself: exit code 1'] })).toEqual(['died']);
  expect(kinds({ leaks: [{ log: 'chat-1', line: 'url=/ws?token=[token]' }] })).toEqual(['token']);
});

it('finds a visitor who is gone and keeps his place, in a room where places are needed', () => {
  const goneVisitors = ['ben'];
  expect(kinds({ goneVisitors })).toEqual(['lingers']);
  expect(kinds({ goneVisitors: ['eve'] })).toEqual([]);
  const cancelled = status(5, 'room.cancelled', 'CANCELLED');
  expect(kinds({ ...logOf(cancelled), goneVisitors })).toEqual([]);
});

it('finds what does not belong in the lobby: there, anybody talks, and nobody is a member', () => {
  const lobby = (messages: readonly Stored[], change: Partial<FinalRoom> = {}): Change => ({
    rooms: [{ ...roomOf(messages), productId: null, participantCount: 0, members: [], ...change }],
    histories: said('ann', 'ben'),
  });
  const talked = [opened, talk(2, 'ann'), talk(3, 'ben')];
  expect(kinds(lobby(talked))).toEqual([]);
  expect(kinds(lobby([opened, annCame, talk(3, 'ann')]))).toEqual(['diverged']);
  expect(kinds(lobby([opened, talk(3, 'ann')]))).toEqual(['gap']);
  expect(kinds(lobby(talked, { lastSeq: 4 }))).toEqual(['gap']);
  expect(kinds(lobby(talked, { participantCount: 1 }))).toEqual(['diverged']);
  expect(kinds(lobby(talked, { members: [{ userId: 'ann', role: 'GUEST', committed: false }] }))).toEqual(['diverged']);
  expect(kinds(lobby(talked, { status: 'CLOSED' }))).toEqual(['diverged']);
});

it('finds a cap that never came down to that of the product, but in a room that ended meanwhile', () => {
  const removed = (seq: number, userId: string) =>
    system(seq, { ...(member(seq, 'removed', userId, 1, 0).data as object), reason: 'CAP_LOWERED' });
  const [portion, updated] = [removed(5, 'ben'), status(6, 'room.updated', 'ACTIVE', null, 2)];
  const closed = status(7, 'room.closed', 'CLOSED', null, 2);
  const products = (change: Partial<FinalProduct>) => [{ ...PRODUCT, maxParticipants: 1, ...change }];
  const of = (messages: readonly Stored[], change: Partial<FinalProduct> = {}) =>
    check(evidence({ ...logOf(...messages), products: products(change) }))
      .filter(({ text }) => text.includes('its cap'))
      .map(({ kind }) => kind);
  expect(of([portion, updated])).toEqual(['diverged']);
  expect(of([portion, updated], { maxParticipants: 2 })).toEqual([]);
  expect(of([portion, updated, closed], { status: 'CLOSED' })).toEqual([]);
  expect(of([portion, updated, closed], { status: 'CLOSED', maxParticipants: 3 })).toEqual(['diverged']);
  expect(of([status(5, 'room.updated', 'ACTIVE', null, 2), status(6, 'room.closed', 'CLOSED', null, 2)])).toEqual([
    'diverged',
  ]);
});
