import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { call, type Pair, startPair } from './fixture/pair.ts';

let pair: Pair;
beforeAll(async () => {
  pair = await startPair({ chatEnv: { EXPIRE_CRON: '* * * * * *' } });
});
afterAll(async () => {
  await pair?.stop();
});

const PATIENCE = { interval: 100 };
const inSeconds = (seconds: number) => new Date(Date.now() + seconds * 1_000).toISOString();
const seller = () => pair.user('seller', ['seller']);
const products = (path = '') => `${pair.tradeUrl}/api/products${path}`;

const offer = (change: object = {}) => ({
  title: '제주 감귤 10kg',
  price: { amount: 23_000, currency: 'KRW' },
  minParticipants: 1,
  maxParticipants: 5,
  deadline: inSeconds(3_600),
  ...change,
});

async function create(change: object = {}): Promise<string> {
  const { status, body } = await call('POST', products(), seller(), offer(change));
  expect(status).toBe(201);
  return body.id;
}

/**
 * A product of which chat knows the room, and with which `act` still succeeded, chat being away since: a try that came after the
 * deadline, on a machine that stood still, is made again with more time.
 */
async function beforeDeadline(act: (id: string) => Promise<number>, wanted: number) {
  for (let seconds = 4; seconds < 100; seconds *= 2) {
    const deadline = inSeconds(seconds);
    const { status, body } = await call('POST', products(), seller(), offer({ deadline }));
    if (status !== 201) continue;
    await expect.poll(() => room(body.id), PATIENCE).toMatchObject({ roomId: body.id });
    await pair.chat.kill();
    if ((await act(body.id)) === wanted) return { id: body.id as string, deadline };
    await pair.chat.start();
  }
  throw new Error('each try came after its deadline');
}

const buy = async (id: string, who: string) =>
  (await call('POST', products(`/${id}/participations`), pair.user(who), {})).status;
const edit = async (id: string, change: object) => (await call('PATCH', products(`/${id}`), seller(), change)).status;
const room = async (id: string) => (await call('GET', `${pair.chat.url}/api/chat/rooms/${id}`, pair.service())).body;
const outbox = async () => (await call('GET', `${pair.tradeUrl}/api/trade/outbox`, pair.user('root', ['admin']))).body;

afterEach(async () => {
  await expect.poll(outbox, PATIENCE).toMatchObject({ depth: 0, parked: 0, items: [] });
});

it('a room follows every change of its product', async () => {
  const id = await create({ maxParticipants: 3 });
  for (const who of ['ann', 'ben']) expect(await buy(id, who)).toBe(201);
  const later = inSeconds(7_200);
  expect(await edit(id, { title: '감귤 5kg', deadline: later, maxParticipants: 2_000, minParticipants: 2 })).toBe(200);
  expect((await call('DELETE', products(`/${id}/participations/me`), pair.user('ann'))).status).toBe(204);
  await expect
    .poll(() => room(id), PATIENCE)
    .toMatchObject({
      title: '감귤 5kg',
      expiresAt: later,
      maxParticipants: 2_000,
      minParticipants: 2,
      committedCount: 1,
      status: 'ACTIVE',
    });
  expect((await call('POST', products(`/${id}/cancel`), seller(), { reason: '재고 부족' })).status).toBe(200);
  await expect.poll(() => room(id), PATIENCE).toMatchObject({ status: 'CANCELLED', reason: '재고 부족' });
});

it('any user id that a token may carry can buy', async () => {
  const id = await create();
  const names = ['a/b', 'ann@shop.example', '감귤 좋아', '%2e%2e'];
  for (const who of names) expect(await buy(id, who)).toBe(201);
  await expect.poll(() => room(id), PATIENCE).toMatchObject({ committedCount: names.length });
});

it('a purchase that waited for chat past the deadline wins over the end that chat gave by itself', async () => {
  const { id } = await beforeDeadline((id) => buy(id, 'ann'), 201);
  await expect
    .poll(async () => (await call('GET', products(`/${id}`), seller())).body, PATIENCE)
    .toMatchObject({ status: 'CLOSED', reason: 'DEADLINE' });
  await pair.chat.start();
  await expect
    .poll(() => room(id), PATIENCE)
    .toMatchObject({ status: 'CLOSED', reason: 'DEADLINE', committedCount: 1 });
});

it('a deadline that was moved while chat was away opens the room again that chat had ended', async () => {
  const later = inSeconds(3_600);
  const { id, deadline } = await beforeDeadline((id) => edit(id, { deadline: later }), 200);
  await expect.poll(() => Date.now(), PATIENCE).toBeGreaterThan(Date.parse(deadline));
  await pair.chat.start();
  await expect.poll(() => room(id), PATIENCE).toMatchObject({ status: 'ACTIVE', reason: null, expiresAt: later });
  expect(await buy(id, 'ann')).toBe(201);
  await expect.poll(() => room(id), PATIENCE).toMatchObject({ committedCount: 1 });
});

it('a room that chat has lost is opened again with its buyers', async () => {
  const id = await create();
  expect(await buy(id, 'ann')).toBe(201);
  await expect.poll(() => room(id), PATIENCE).toMatchObject({ committedCount: 1 });
  expect((await call('DELETE', `${pair.chat.url}/api/chat/rooms/${id}`, pair.service())).status).toBe(204);
  expect(await buy(id, 'ben')).toBe(201);
  await expect.poll(() => room(id), PATIENCE).toMatchObject({ status: 'ACTIVE', committedCount: 2 });
});
