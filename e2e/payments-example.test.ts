import { freePort } from '@gongu/testkit';
import { until } from '@gongu/testkit/eventually';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { call, type Pair, startPair } from './fixture/pair.ts';
import { type Payments, SHOP_JWT_SECRET, startPayments, TRADE_FOR_PAYMENTS } from './fixture/payments-program.ts';

const ORIGIN = 'http://shop.example';
const PRICE = 20_000;
const TIER = 15_000;

describe('examples/payments.mjs', () => {
  let pair: Pair;
  let payments: Payments;

  beforeAll(async () => {
    pair = await startPair({ chatEnv: { SHOP_JWT_SECRET }, tradeEnv: TRADE_FOR_PAYMENTS });
    const more = { CHAT_URL: pair.chat.url };
    payments = startPayments({ port: await freePort(), tradeUrl: pair.tradeUrl, origins: ORIGIN, more });
  });
  afterAll(async () => {
    payments?.stop();
    await pair?.stop();
  });

  /** Asks the program until it answers: it may be away. */
  async function ask(path: string, init: RequestInit): Promise<Response> {
    return until(
      async () => {
        const answer = await fetch(payments.url + path, { redirect: 'manual', ...init }).catch(() => null);
        return answer && answer.status < 500 ? answer : null;
      },
      { intervalMs: 50 },
    );
  }

  async function begin(productId: string, userId: string): Promise<string> {
    const headers = {
      origin: ORIGIN,
      authorization: `Bearer ${pair.user(userId)}`,
      'content-type': 'application/json',
    };
    const body = JSON.stringify({ productId, path: `/products/${productId}`, lang: 'ko' });
    const answer = await ask('/payments', { method: 'POST', headers, body });
    expect(answer.status).toBe(201);
    return ((await answer.json()) as { url: string }).url;
  }

  async function pay(path: string, how: 'pay' | 'fail' = 'pay'): Promise<Response> {
    return ask(path, { method: 'POST', body: new URLSearchParams({ do: how }) });
  }

  async function offer(fields: object): Promise<string> {
    const { status, body } = await call('POST', `${pair.tradeUrl}/api/products`, pair.user('sue', ['seller']), {
      ...{ title: 'Quinces', price: { amount: PRICE, currency: 'KRW' }, payment: 'REQUIRED', maxParticipants: 50 },
      deadline: new Date(Date.now() + 3_600_000).toISOString(),
      ...fields,
    });
    expect(status, JSON.stringify(body)).toBe(201);
    return body.id as string;
  }

  it('deletes who asks for it in both services, also where it is killed between them, and nobody by a bad token', async () => {
    await payments.isReady();
    const token = pair.user('dora');
    const headers = { origin: ORIGIN, authorization: `Bearer ${token}` };
    const bad = { ...headers, authorization: 'Bearer x' };
    expect((await ask('/me/delete', { method: 'POST', headers: bad })).status).toBe(401);
    expect((await ask('/me/delete', { method: 'POST', headers: { ...headers, origin: 'http://x' } })).status).toBe(403);
    expect((await ask('/me/delete/none', { headers })).status).toBe(404);
    const killed = payments.kills();
    // Not at a line of before, which may be late: then nobody was asked to delete anybody.
    payments.killAfter((_, kills, line) => line.includes('trade takes it') && kills === killed);
    // Its answer may be lost.
    const body = JSON.stringify({ userId: 'eve' });
    await fetch(`${payments.url}/me/delete`, { method: 'POST', headers, body }).catch(() => null);
    await until(() => payments.kills() > killed);
    payments.killAfter(null);
    const list = `${pair.chat.url}/api/chat/rooms`;
    const isRefused = async () => (await call('GET', list, token)).status === 401;
    await until(isRefused);
    expect((await call('GET', list, pair.user('eve'))).status).toBe(200);
  });

  const joinBy = (id: string, userId: string, quantity = 1) =>
    call('POST', `${pair.tradeUrl}/api/products/${id}/participations`, pair.user(userId), { quantity });
  const provider = () => payments.provider();
  const seller = () => pair.user('sue', ['seller']);

  it('takes, captures and releases each payment once, however often it is killed meanwhile', async () => {
    const closed = await offer({ priceTiers: [{ minParticipants: 3, amount: TIER }] });
    const cancelled = await offer({});
    const buyers = Array.from({ length: 10 }, (_, n) => `buyer-${n}`);
    // Sooner and later, from life to life.
    payments.killAfter((lines, kills) => lines > 2 + (kills % 4));
    await Promise.all(
      [closed, cancelled].flatMap((id) =>
        buyers.map(async (userId, n) => {
          expect((await joinBy(id, userId, 1 + (n % 3))).status).toBe(201);
          const page = await begin(id, userId);
          // Some give the place up before they pay, and some after it; some fail, and pay then.
          const leave = () =>
            call('DELETE', `${pair.tradeUrl}/api/products/${id}/participations/me`, pair.user(userId));
          if (n === 0) expect((await leave()).status).toBe(204);
          if (n === 2) {
            expect((await pay(page, 'fail')).status).toBe(303);
            await until(async () => (await paymentOf(id, userId))?.status === 'FAILED');
          }
          const paid = await pay(n === 2 ? await begin(id, userId) : page);
          expect(paid.status).toBe(303);
          if (n > 2) expect(paid.headers.get('location')).toBe(`${ORIGIN}/products/${id}`);
          if (n === 1) expect((await leave()).status).toBe(204);
        }),
      ),
    );
    for (const id of [closed, cancelled]) {
      const isTold = async () => (await productOf(id)).committedCount === 8;
      await until(isTold, { timeoutMs: 120_000, intervalMs: 200 });
    }
    const killedBefore = payments.kills();
    expect((await call('POST', `${pair.tradeUrl}/api/products/${closed}/close`, seller())).status).toBe(200);
    expect((await call('POST', `${pair.tradeUrl}/api/products/${cancelled}/cancel`, seller(), {})).status).toBe(200);

    const isSeenTo = async () => {
      const { body } = await call('GET', `${pair.tradeUrl}/api/products/${closed}/participations?limit=50`, seller());
      const places = body.items as { payment: { status: string } }[];
      return places.every(({ payment }) => payment.status === 'CAPTURED') && openReferences().length === 0;
    };
    await until(isSeenTo, { timeoutMs: 120_000, intervalMs: 200 });
    expect(killedBefore).toBeGreaterThan(1);
    expect(payments.kills()).toBeGreaterThan(killedBefore);
    payments.killAfter(null);

    // Of each reference one authorisation, and one end.
    const calls = new Map<string, string[]>();
    for (const { reference, status } of provider()) calls.set(reference, [...(calls.get(reference) ?? []), status]);
    const kinds = [...calls.values()].map((of) => of.join(' '));
    expect(kinds.filter((kind) => kind === 'AUTHORIZED CAPTURED')).toHaveLength(8);
    expect(kinds.filter((kind) => kind === 'AUTHORIZED RELEASED')).toHaveLength(2 * 2 + 8);
    expect(kinds.filter((kind) => kind === 'FAILED')).toHaveLength(2);
    expect(kinds).toHaveLength(8 + 12 + 2);
    const taken = provider().filter(({ status }) => status === 'CAPTURED');
    const units = buyers.slice(2).reduce((sum, _, n) => sum + 1 + ((n + 2) % 3), 0);
    expect(taken.reduce((sum, { amount }) => sum + amount, 0)).toBe(units * TIER);
    // What trade refuses is to be released by the very line that says that trade was told: a kill comes between two.
    const released = payments.kept().filter(({ wanted }) => wanted?.status === 'RELEASED');
    expect(released.filter(({ told }) => told === 'AUTHORIZED').length).toBeGreaterThan(0);
    expect(released.filter(({ told, taken }) => !told && !taken)).toEqual([]);
  }, 300_000);

  it('takes no webhook that trade has not signed, no payment that is not due, and no origin that is not its shop', async () => {
    const forged = await ask('/webhooks', {
      method: 'POST',
      headers: {
        ...{ 'webhook-id': 'msg_1', 'webhook-timestamp': String(Math.floor(Date.now() / 1_000)) },
        'webhook-signature': `v1,${'A'.repeat(43)}=`,
      },
      body: JSON.stringify({ type: 'payment.capture', data: { reference: provider()[0]!.reference, amount: 1 } }),
    });
    expect(forged.status).toBe(401);
    const id = await offer({});
    const asks = (origin: string, path = '/x') =>
      ask('/payments', {
        method: 'POST',
        headers: { origin, authorization: `Bearer ${pair.user('ann')}` },
        body: JSON.stringify({ productId: id, path }),
      });
    expect((await asks('http://other.example')).status).toBe(403);
    for (const path of [
      '//other.example',
      '/\t/other.example',
      '/\r\n\\other.example',
      'other',
      `${ORIGIN}@other.example/`,
    ]) {
      expect((await asks(ORIGIN, path)).status, path).toBe(400);
    }
    // Nothing is bought.
    expect((await asks(ORIGIN)).status).toBe(404);
    await joinBy(id, 'ann');
    await pay(await begin(id, 'ann'));
    expect((await asks(ORIGIN)).status).toBe(409);
  });

  const productOf = async (id: string) =>
    (await call('GET', `${pair.tradeUrl}/api/products/${id}`, seller())).body as { committedCount: number };
  const paymentOf = async (id: string, userId: string) =>
    (await call('GET', `${pair.tradeUrl}/api/products/${id}/participations/me`, pair.user(userId))).body.payment as {
      status: string;
    } | null;
  function openReferences(): string[] {
    const now = new Map(provider().map(({ reference, status }) => [reference, status]));
    return [...now].filter(([, status]) => status === 'AUTHORIZED').map(([reference]) => reference);
  }
});
