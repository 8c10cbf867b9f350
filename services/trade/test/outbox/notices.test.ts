import { eventually } from '@gongu/testkit/eventually';
import { describe, expect, it, onTestFinished } from 'vitest';
import { caller } from '../fixture/people.ts';
import { testStore } from '../fixture/store.ts';
import { create, draft, testTrade } from '../fixture/trade-server.ts';

const { chat, rows, start } = await testTrade();
const servers = [await start(), await start()] as const;
const [server, other] = servers;

const won = (amount: number) => ({ amount, currency: 'KRW' });
const buy = (id: string, as: string, at = server) => at.call('POST', `/api/products/${id}/participations`, { as });
const leave = (id: string, as: string, at = server) =>
  at.call('DELETE', `/api/products/${id}/participations/me`, { as });
/** All that chat has to be told was told. */
const told = (id: string) =>
  eventually(async () => expect(await rows('SELECT 1 FROM outbox WHERE room_id = $1', id)).toEqual([]));

describe('a room is told once each', () => {
  it('that the minimum, a tier and 80 % of the places are reached, however often, and how it ended, over broken connections', async () => {
    // Each message takes effect, and half of the answers are lost.
    let n = 0;
    chat.disturb(({ what }) => (what.startsWith('notice ') && n++ % 2 === 0 ? { cut: true } : undefined));
    onTestFinished(() => chat.behave());
    const { id } = await create(server, {
      ...{ minParticipants: 2, maxParticipants: 5 },
      priceTiers: [{ minParticipants: 3, amount: 20_000 }],
    });
    for (const as of ['ann', 'ben', 'cho', 'dan']) {
      expect((await buy(id, as)).status).toBe(201);
      for (const at of servers) {
        expect((await leave(id, as, at)).status).toBe(204);
        expect((await buy(id, as, at)).status).toBe(201);
      }
    }
    for (const as of ['dan', 'cho']) expect((await leave(id, as)).status).toBe(204);
    for (const as of ['cho', 'dan', 'eve']) expect((await buy(id, as, other)).status).toBe(201);
    await told(id);
    expect(chat.said(id)).toEqual([
      { event: 'notice.minimum', minParticipants: 2, participantCount: 2 },
      { event: 'notice.tier', minParticipants: 3, price: won(20_000) },
      { event: 'notice.filling', participantCount: 4, maxParticipants: 5 },
      { event: 'notice.ended', status: 'CLOSED', reason: 'FULL', participantCount: 5, price: won(20_000) },
    ]);
    // Kept once, and sent again only where the answer was lost.
    const [row] = await rows<{ noticed: string[] }>('SELECT noticed FROM products WHERE id = $1', id);
    expect(row?.noticed).toEqual(['hour', 'minimum', 'tier:3', 'filling']);
  });

  it('that less than an hour is left, and that it was cancelled', async () => {
    const { id } = await create(server, {
      minParticipants: 2,
      deadline: new Date(Date.now() + 7_200_000).toISOString(),
    });
    const until = async (ms: number) => {
      const deadline = new Date(Date.now() + ms).toISOString();
      await rows('UPDATE products SET deadline = $2 WHERE id = $1', id, deadline);
      return deadline;
    };
    const deadline = await until(3_599_000);
    await eventually(() => expect(chat.said(id)).toEqual([{ event: 'notice.hour', deadline }]));
    // The deadline moves, and comes again.
    const patch = (body: object) => server.call('PATCH', `/api/products/${id}`, { as: 'seller:sel', body });
    for (const ms of [7_200_000, 3_000_000]) {
      expect((await patch({ deadline: new Date(Date.now() + ms).toISOString() })).status).toBe(200);
    }
    await until(-1);
    await eventually(() => expect(chat.said(id)).toHaveLength(2));
    await told(id);
    expect(chat.said(id)[1]).toEqual({
      ...{ event: 'notice.ended', status: 'CANCELLED', reason: 'UNDERFILLED', participantCount: 0, price: null },
    });
  });

  it('by one of many instances, whichever is killed', async () => {
    const { id } = await create(server, { minParticipants: 2, maxParticipants: 3 });
    const hold = { on: true };
    chat.disturb(({ what }) => (what.startsWith('notice ') && hold.on ? { delayMs: 300 } : undefined));
    onTestFinished(() => chat.behave());
    const third = await start();
    for (const as of ['ann', 'ben', 'cho']) expect((await buy(id, as, third)).status).toBe(201);
    await third.stop();
    hold.on = false;
    await told(id);
    expect(chat.said(id).map((data) => (data as { event: string }).event)).toEqual(['notice.minimum', 'notice.ended']);
  });
});

it('nothing is told where the seller wants no notices', async () => {
  const { id } = await create(server, { minParticipants: 2, maxParticipants: 3, notices: false });
  for (const as of ['ann', 'ben', 'cho']) await buy(id, as);
  await told(id);
  expect(chat.said(id)).toEqual([]);
  expect(chat.told(id).at(-1)).toBe('status CLOSED');
});

it('a notice that chat refuses keeps nobody behind it waiting', async () => {
  chat.disturb(({ what }) => (what.startsWith('notice ') ? { refuse: 'CONTENT_REFUSED' } : undefined));
  onTestFinished(() => chat.behave());
  const { id } = await create(server, { minParticipants: 2, maxParticipants: 4 });
  for (const as of ['ann', 'ben', 'cho']) await buy(id, as);
  await told(id);
  expect(chat.told(id)).toEqual(['open', 'committed ann', 'committed ben', 'committed cho']);
});

it('a currency that is none is refused', async () => {
  const body = draft({ price: { amount: 100, currency: 'KRX' } });
  const { status, body: problem } = await server.call('POST', '/api/products', { as: 'seller:sel', body });
  expect([status, problem.errors?.[0]?.path]).toEqual([400, 'price.currency']);
});

describe('what a room was to be told', () => {
  it('follows when chat has lost the room, and it is opened again', async () => {
    const trade = await testStore();
    const { id } = await trade.product({ minParticipants: 2 });
    for (const who of ['ann', 'ben']) await trade.store.participations.join(id, 1, caller(who), null);
    const kinds = async () =>
      (await trade.rows<{ kind: string }>('SELECT kind FROM outbox WHERE room_id = $1 ORDER BY id', id)).map(
        ({ kind }) => kind,
      );
    const all = ['room.open', 'buyer.committed', 'buyer.committed', 'room.notice'];
    expect(await kinds()).toEqual(all);
    await trade.rows('UPDATE outbox_rooms SET missing = true WHERE room_id = $1', id);
    await trade.rows("SELECT resend_room($1, true, '{}')", id);
    expect(await kinds()).toEqual(all);
  });
});
