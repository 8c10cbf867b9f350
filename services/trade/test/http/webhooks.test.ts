import { randomUUID } from 'node:crypto';
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net';
import type { Webhook, WebhookDelivery, WebhookTest, WebhookWithSecret } from '@gongu/shared';
import {
  type ReceivedWebhook,
  startWebhookReceiver,
  type WebhookBehaviour,
  type WebhookReceiver,
} from '@gongu/testkit';
import { eventually } from '@gongu/testkit/eventually';
import { Webhook as Verifier } from 'standardwebhooks';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import { SHOP_SECRET, shopToken } from '../fixture/tokens.ts';
import { create, testTrade } from '../fixture/trade-server.ts';

const { start, rows, lines } = await testTrade();
const server = await start({ SHOP_JWT_SECRET: SHOP_SECRET, WEBHOOK_ALLOW_PRIVATE: '1' });
const { call } = server;
const KEY = { as: shopToken('webhooks') };

const receivers: WebhookReceiver[] = [];
afterAll(() => Promise.all(receivers.map((one) => one.close())));

async function receiver(answers?: (n: number, path: string) => WebhookBehaviour) {
  const started = await startWebhookReceiver(answers);
  receivers.push(started);
  return started;
}
const hook = async (url: string, events: string[] = []) =>
  (await call<WebhookWithSecret>('POST', '/api/trade/webhooks', { ...KEY, body: { url, events } })).body;
const remove = (id: string) => call('DELETE', `/api/trade/webhooks/${id}`, KEY);
/** Answers the first bytes that come, and ends its side of the connection. */
const whenAsked = (answer: string) => (socket: Socket) => socket.once('data', () => socket.end(answer));
const dueNow = () => rows('UPDATE webhook_lanes SET due_at = now() WHERE claim IS NULL');
const typesOf = (got: ReceivedWebhook[], id: string) =>
  got.flatMap(({ body }) => (body.data.productId === id ? [body.type] : []));

describe('a webhook', () => {
  it('hears all of a product, once, in order, signed as the Standard Webhooks have it', async () => {
    const to = await receiver();
    const { id, secret } = await hook(to.url);
    const product = await create(server, { payment: 'REQUIRED', waitingList: true, maxParticipants: 1 });
    const at = `/api/products/${product.id}`;
    await call('POST', `${at}/participations`, { as: 'ann' });
    await call('POST', `${at}/waiting`, { as: 'ben' });
    const paid = { status: 'AUTHORIZED', reference: 'r-1', amount: 23_000 };
    await call('PUT', `${at}/participations/ann/payment`, { as: shopToken('payments'), body: paid });
    await call('DELETE', `${at}/participations/me`, { as: 'ann' });
    await call('POST', `${at}/cancel`, { as: 'seller:sel' });
    const expected = [
      ...['product.created', 'participation.created', 'participation.payment_due', 'participation.changed'],
      ...['payment.release', 'participation.withdrawn', 'waiting.promoted', 'participation.payment_due'],
      ...['participation.expired', 'product.cancelled'],
    ];
    await eventually(() => expect(typesOf(to.got, product.id)).toEqual(expected));
    const mine = to.got.filter(({ body }) => body.data.productId === product.id);
    expect(new Set(mine.map((one) => one.id)).size).toBe(expected.length);
    for (const { raw, headers, body } of mine) expect(new Verifier(secret).verify(raw, headers)).toEqual(body);
    const sequences = mine.map(({ body }) => body.data.sequence as number);
    expect(sequences).toEqual([...sequences].sort((a, b) => a - b));
    expect(mine[3]!.body.data).toMatchObject({ userId: 'ann', payment: { status: 'AUTHORIZED', reference: 'r-1' } });
    expect(mine[4]!.body.data).toMatchObject({
      productId: product.id,
      userId: 'ann',
      reference: 'r-1',
      amount: 23_000,
    });
    expect(mine.at(-1)!.body.data).toMatchObject({ status: 'CANCELLED', reason: 'SELLER', finalPrice: null });
    // As often as the audit has it, but for what is said of a payment that becomes due.
    const [audited] = await rows<{ n: number }>(
      `SELECT count(*)::int AS n FROM audit WHERE product_id = $1 AND event <> 'waiting.joined'`,
      product.id,
    );
    expect(audited!.n).toBe(expected.filter((type) => type !== 'participation.payment_due').length);
    // An attempt whose time was over when another one delivered ends later: nothing is told of it.
    const shown = () =>
      rows<{ id: string; status: string }>('SELECT * FROM webhook_deliveries WHERE webhook_id = $1 ORDER BY id', id);
    await eventually(async () => expect((await shown()).map(({ status }) => status)).not.toContain('pending'));
    const before = await shown();
    const late = (attempts: number, outcome = 'retry') =>
      rows(
        'SELECT webhook_settle($1) AS settled',
        JSON.stringify(
          before.map((row) => ({
            ...{ id: row.id, claim: randomUUID(), attempts, outcome, answer: 500, error: 'late', delayMs: 3_600_000 },
          })),
        ),
      );
    expect([await late(1), await shown()]).toEqual([[{ settled: 0 }], before]);
    // Of what was set aside, that of the last one counts, and whichever delivered.
    await rows("UPDATE webhook_deliveries SET status = 'failed', attempts = 2 WHERE webhook_id = $1", id);
    expect([await late(1), await late(2)]).toEqual([[{ settled: 0 }], [{ settled: before.length }]]);
    expect(await late(1, 'delivered')).toEqual([{ settled: before.length }]);
    await remove(id);
  });

  it('that is slow, hangs, redirects, closes half way or comes and goes holds up its own product, and nobody else', async () => {
    const behaviours: WebhookBehaviour[][] = [
      ['hang'],
      ['redirect', 'redirect'],
      ['half'],
      ['reset', 503, 'reset'],
      [500],
    ];
    const bad = await Promise.all(behaviours.map((list) => receiver((n) => list[n] ?? 200)));
    const good = await receiver();
    const hooks = await Promise.all([...bad, good].map(({ url }) => hook(url, ['product.created', 'product.updated'])));
    const { id } = await create(server);
    await call('PATCH', `/api/products/${id}`, { as: 'seller:sel', body: { title: 'two' } });
    const began = performance.now();
    await eventually(() => expect(typesOf(good.got, id)).toEqual(['product.created', 'product.updated']));
    expect(performance.now() - began).toBeLessThan(5_000);
    for (const one of bad.slice(1)) {
      await eventually(async () => {
        await dueNow();
        expect(typesOf(one.got, id)).toEqual(['product.created', 'product.updated']);
      });
    }
    expect(bad[0]!.got).toEqual([]);
    await Promise.all(hooks.map((one) => remove(one.id)));
  });

  it('is kept waiting by none that hang, however many these are, and at whatever address', async () => {
    const to = await receiver((_, path) => (path === '/hook' ? 200 : 'hang'));
    const hang = await Promise.all(
      Array.from({ length: 20 }, (_, i) => hook(to.url.replace('/hook', `/hang-${i}`), ['product.created'])),
    );
    // These hold all that can be held.
    for (let i = 0; i < 4; i++) await create(server);
    await eventually(() => expect(to.asked()).toBeGreaterThanOrEqual(64));
    const good = await hook(to.url, ['product.created']);
    const began = performance.now();
    const { id } = await create(server);
    await eventually(() => expect(typesOf(to.got, id)).toEqual(['product.created']));
    expect(performance.now() - began).toBeLessThan(8_000);
    await Promise.all([...hang, good].map((one) => remove(one.id)));
  });

  it.each([
    ['ends its side at once', (socket: Socket) => socket.end(), false],
    ['ends it within the status line', whenAsked('HTTP/1.1 200 O'), false],
    ['ends it before the headers are over', whenAsked('HTTP/1.1 200 OK\r\nA: b\r\n'), false],
    ['ends it after 103 Early Hints', whenAsked('HTTP/1.1 103 Early Hints\r\n\r\n'), false],
    ['ends it within what it says', whenAsked('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc'), true],
    ['ends it after its answer, and reads on', whenAsked('HTTP/1.1 204 No Content\r\n\r\n'), true],
  ])('whose receiver %s has its answer, or none, and is not waited for', async (_, meet, delivered) => {
    const raw = createTcpServer({ allowHalfOpen: true }, (socket) => {
      // What is not ended here is ended by who asks.
      socket.on('error', () => {}).resume();
      meet(socket);
    });
    await new Promise<void>((resolve) => raw.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void raw.close());
    const { id } = await hook(`http://127.0.0.1:${(raw.address() as AddressInfo).port}/`, ['waiting.ended']);
    const began = performance.now();
    const { body } = await call<WebhookTest>('POST', `/api/trade/webhooks/${id}/test`, KEY);
    expect(performance.now() - began).toBeLessThan(10_000);
    expect(body).toMatchObject(delivered ? { delivered, error: null } : { delivered, error: expect.any(String) });
    await remove(id);
  });

  it('that answers 410 is disabled at once, keeps what it was not told, and gets it when it is enabled', async () => {
    const to = await receiver((n) => (n === 0 ? 410 : 200));
    const { id } = await hook(to.url, ['product.created', 'product.cancelled']);
    const product = await create(server);
    const read = async () => (await call<Webhook>('GET', `/api/trade/webhooks/${id}`, KEY)).body;
    await eventually(async () => expect(await read()).toMatchObject({ disabledReason: 'GONE' }));
    await call('POST', `/api/products/${product.id}/cancel`, { as: 'seller:sel' });
    expect(to.asked()).toBe(1);
    await call('PATCH', `/api/trade/webhooks/${id}`, { ...KEY, body: { disabled: false } });
    await eventually(() => expect(typesOf(to.got, product.id)).toEqual(['product.created', 'product.cancelled']));
    await remove(id);
  });

  it('that answers 410 to what was set aside gets it, too, when it is enabled; days of being disabled count for nothing', async () => {
    const to = await receiver((n) => [500, 500, 410, 500][n] ?? 200);
    const { id } = await hook(to.url, ['product.created']);
    const product = await create(server);
    const aged = (status: string, attempts: number) =>
      rows(
        `UPDATE webhook_deliveries SET first_tried_at = now() - interval '2 hours' WHERE webhook_id = $1
           AND status = '${status}' AND attempts = ${attempts} RETURNING id`,
        id,
      );
    await eventually(async () => expect(await aged('pending', 1)).toHaveLength(1));
    await dueNow();
    await eventually(async () => expect(await aged('failed', 2)).toHaveLength(1));
    await rows('UPDATE webhook_deliveries SET next_at = now() WHERE webhook_id = $1', id);
    const read = async () => (await call<Webhook>('GET', `/api/trade/webhooks/${id}`, KEY)).body;
    await eventually(async () => expect(await read()).toMatchObject({ disabledReason: 'GONE' }));
    await rows("UPDATE webhook_deliveries SET first_tried_at = now() - interval '9 days' WHERE webhook_id = $1", id);
    await call('PATCH', `/api/trade/webhooks/${id}`, { ...KEY, body: { disabled: false } });
    await eventually(() => expect(to.asked()).toBe(4));
    await eventually(async () => {
      await rows('UPDATE webhook_deliveries SET next_at = now() WHERE webhook_id = $1 AND next_at IS NOT NULL', id);
      expect(typesOf(to.got, product.id)).toEqual(['product.created']);
    });
    await remove(id);
  });

  it('hears events of a product in their order, wherever their rows stand, and none but those it knows', async () => {
    const to = await receiver();
    const { id } = await hook(to.url);
    const productId = 'of-no-table';
    await rows(
      `INSERT INTO webhook_events (id, product_id, type, user_id, product, data, due, at)
       SELECT 9000000000 - n, $1, 'participation.created', 'ann', '{}', '{}', true, now() FROM generate_series(1, 400) n`,
      productId,
    );
    const deliveries = () =>
      rows<{ event_id: string; type: string }>(
        'SELECT event_id, type FROM webhook_deliveries WHERE webhook_id = $1 ORDER BY id',
        id,
      );
    await eventually(async () => expect(await deliveries()).toHaveLength(800));
    const found = (await deliveries()).map((row) => `${row.event_id} ${row.type}`);
    expect(found).toEqual([...found].sort((a, b) => (a.slice(0, 10) === b.slice(0, 10) ? 0 : a < b ? -1 : 1)));
    expect(found.map((row) => row.slice(11))).toEqual(
      Array.from({ length: 400 }, () => ['participation.created', 'participation.payment_due']).flat(),
    );
    expect(await rows("SELECT trade.webhook_type('addresses.read') AS type")).toEqual([{ type: null }]);
    await remove(id);
    await rows('DELETE FROM webhook_events WHERE product_id = $1', productId);
  });

  it('sets aside what it did not take for an hour, goes on with the next, and delivers again what is asked for', async () => {
    const to = await receiver((n) => (n < 2 ? 500 : 200));
    const { id } = await hook(to.url, ['product.created', 'product.cancelled']);
    const product = await create(server);
    await call('POST', `/api/products/${product.id}/cancel`, { as: 'seller:sel' });
    await eventually(() => expect(to.asked()).toBe(1));
    await eventually(async () =>
      expect(
        await rows(
          `UPDATE webhook_deliveries SET first_tried_at = now() - interval '2 hours' WHERE webhook_id = $1 AND attempts = 1 RETURNING id`,
          id,
        ),
      ).toHaveLength(1),
    );
    await dueNow();
    await eventually(() => expect(typesOf(to.got, product.id)).toEqual(['product.cancelled']));
    const list = await call<{ items: WebhookDelivery[] }>('GET', `/api/trade/webhooks/${id}/deliveries`, KEY);
    expect(list.body.items.map(({ status, attempts }) => [status, attempts])).toEqual([
      ['delivered', 1],
      ['failed', 2],
    ]);
    expect(list.body.items[1]).toMatchObject({ answer: 500, nextAt: expect.any(String) });
    const again = await call<{ count: number }>('POST', `/api/trade/webhooks/${id}/redeliver`, KEY);
    expect(again.body.count).toBe(1);
    await eventually(() => expect(typesOf(to.got, product.id)).toEqual(['product.cancelled', 'product.created']));
    await remove(id);
  });

  it('has the secrets of a day sign after a rotation, also after one that was repeated, and keeps none in the clear', async () => {
    const to = await receiver();
    const { id, secret } = await hook(to.url);
    // Of the first, say, nobody has heard.
    const unheard = await call<WebhookWithSecret>('POST', `/api/trade/webhooks/${id}/rotate`, KEY);
    const rotated = await call<WebhookWithSecret>('POST', `/api/trade/webhooks/${id}/rotate`, KEY);
    const tested = await call('POST', `/api/trade/webhooks/${id}/test`, KEY);
    expect(tested.body).toEqual({ delivered: true, answer: 200, error: null });
    const [{ raw, headers }] = to.got as [ReceivedWebhook];
    const secrets = [secret, unheard.body.secret, rotated.body.secret];
    for (const one of secrets) expect(new Verifier(one).verify(raw, headers)).toBeTruthy();
    const kept = JSON.stringify(await rows('SELECT * FROM webhooks'));
    for (const one of secrets) {
      expect(kept).not.toContain(one.slice(6));
      expect(lines.join('')).not.toContain(one.slice(6));
    }
    expect((await call<object>('GET', `/api/trade/webhooks/${id}`, KEY)).body).not.toHaveProperty('secret');
    await remove(id);
  });
});

describe('an address', () => {
  it('that is private is refused as it is connected to, and http from the start', async () => {
    const strict = await start({ SHOP_JWT_SECRET: SHOP_SECRET });
    const to = await receiver();
    expect(await strict.call('POST', '/api/trade/webhooks', { ...KEY, body: { url: to.url } })).toMatchObject({
      status: 400,
      body: { errors: [{ path: 'url', message: 'must be an https URL' }] },
    });
    for (const host of ['127.0.0.1', 'localhost', '[::1]', '169.254.169.254', '10.0.0.1', '0.0.0.0']) {
      const { body } = await strict.call<WebhookWithSecret>('POST', '/api/trade/webhooks', {
        ...{ ...KEY, body: { url: `https://${host}/`, events: ['waiting.ended'] } },
      });
      const { body: tested } = await strict.call('POST', `/api/trade/webhooks/${body.id}/test`, KEY);
      expect([host, tested]).toEqual([
        host,
        { delivered: false, answer: null, error: expect.stringMatching(/not allowed/) },
      ]);
      await remove(body.id);
    }
    expect(to.asked()).toBe(0);
  });
});

it('webhooks are kept by admins, services and back ends with the scope', async () => {
  const by = async (as: string) => (await call('GET', '/api/trade/webhooks', { as })).status;
  expect([
    await by('admin:root'),
    await by(shopToken('admin')),
    await by('ann'),
    await by(shopToken('payments')),
  ]).toEqual([...[200, 200, 403, 403]]);
});

it('without a webhook nothing is kept for one', async () => {
  const before = await rows('SELECT 1 FROM webhook_events');
  await create(server);
  expect(await rows('SELECT 1 FROM webhook_events')).toHaveLength(before.length);
});
