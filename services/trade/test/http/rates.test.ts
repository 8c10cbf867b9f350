import type { Product } from '@gongu/shared';
import { changingRoutes, manualClock } from '@gongu/testkit';
import { describe, expect, it } from 'vitest';
import { draft, type TradeServer, testTrade } from '../fixture/trade-server.ts';

const { start, rows } = await testTrade();
// Time stands still: nothing comes back. The chat of this file is asked by nobody meanwhile.
const frozen = () => Object.assign(manualClock(Date.now()), { now: Date.now });

interface Ask {
  readonly as: string;
  readonly body?: (i: number) => unknown;
}

/** Every route that changes something, and who is judged by it. */
const ROUTES: Readonly<Record<string, Ask>> = {
  'POST /api/products': { as: 'seller:s1', body: () => draft() },
  'PUT /api/pictures/{pictureId}': { as: 'seller:s5', body: () => 'no picture' },
  'PATCH /api/products/{id}': { as: 'seller:s2', body: (i) => ({ title: `t ${i}` }) },
  'POST /api/products/{id}/close': { as: 'seller:s3' },
  'POST /api/products/{id}/cancel': { as: 'seller:s4' },
  'POST /api/products/{id}/participations': { as: 'b1', body: () => ({}) },
  'PATCH /api/products/{id}/participations/me': { as: 'b3', body: (i) => ({ quantity: i + 1 }) },
  'DELETE /api/products/{id}/participations/me': { as: 'b2' },
  'PUT /api/products/{id}/participations/me/address': {
    as: 'b4',
    body: () => ({ recipient: 'b', phone: '010-1234-5678', postalCode: '06236', line1: 'l' }),
  },
  'POST /api/products/{id}/waiting': { as: 'b6', body: () => ({}) },
  'DELETE /api/products/{id}/waiting/me': { as: 'b5' },
  'POST /api/trade/webhooks': { as: 'admin:w1', body: () => ({ url: 'https://shop.example/hook' }) },
  'PATCH /api/trade/webhooks/{id}': { as: 'admin:w2', body: () => ({ description: 'x' }) },
  'DELETE /api/trade/webhooks/{id}': { as: 'admin:w3' },
  'POST /api/trade/webhooks/{id}/rotate': { as: 'admin:w4' },
  'POST /api/trade/webhooks/{id}/test': { as: 'admin:w5' },
  'POST /api/trade/webhooks/{id}/redeliver': { as: 'admin:w6' },
  'PUT /api/trade/users/{userId}/block': { as: 'admin:a3', body: () => ({}) },
  'DELETE /api/trade/users/{userId}': { as: 'admin:a7' },
  'DELETE /api/trade/users/{userId}/block': { as: 'admin:a4' },
  'POST /api/trade/users/{userId}/revoke': { as: 'admin:a5' },
  'DELETE /api/trade/users/{userId}/revoke': { as: 'admin:a6' },
  'POST /api/trade/outbox/{id}/retry': { as: 'admin:a1' },
  'POST /api/trade/outbox/{id}/discard': { as: 'admin:a2' },
};

/** Of back ends, which nobody counts. */
const UNCOUNTED = ['PUT /api/products/{id}/participations/{userId}/payment'];

async function product(server: TradeServer, as = 'seller:sel'): Promise<string> {
  return (await server.call<Product>('POST', '/api/products', { as, body: draft() })).body.id;
}

describe('the rate of changes', () => {
  it('judges every route that changes something', async () => {
    const off = await start();
    const server = await start({ RATE_CHANGES_PER_SECOND: '1' }, { clock: frozen() });
    expect([...Object.keys(ROUTES), ...UNCOUNTED].sort()).toEqual(await changingRoutes(server.url));
    for (const [name, { as, body }] of Object.entries(ROUTES)) {
      const [method = '', template = ''] = name.split(' ');
      const id = template.includes('outbox') ? '1' : await product(off, as.startsWith('seller:') ? as : undefined);
      const answers = [];
      for (let i = 0; i < 5; i++) {
        const given = body === undefined ? {} : { body: body(i) };
        answers.push(
          await server.call(method, template.replace(/\{(?:id|pictureId)\}/, id).replace('{userId}', 'bob'), {
            as,
            ...given,
          }),
        );
      }
      const refused = answers.flatMap(({ status }, i) => (status === 429 ? [i] : []));
      expect([name, refused]).toEqual([name, [4]]);
      expect(answers[4]!.body).toMatchObject({ code: 'RATE_LIMITED', retryAfterMs: 1_000 });
      expect(answers[4]!.headers.get('retry-after')).toBe('1');
    }
    await Promise.all([off.stop(), server.stop()]);
  });

  it('is 5 a second and 20 at once by default, for each user by himself, and what was refused left nothing', async () => {
    const clock = frozen();
    const server = await start({ RATE_CHANGES_PER_SECOND: '' }, { clock });
    const key = { 'idempotency-key': 'k-1' };
    for (let i = 0; i < 20; i++) await product(server, 'seller:busy');
    const create = (headers = {}) =>
      server.call('POST', '/api/products', { as: 'seller:busy', body: draft({ title: 'one more' }), headers });
    expect((await create(key)).body).toMatchObject({ code: 'RATE_LIMITED', retryAfterMs: 200 });
    expect(await rows('SELECT id FROM products WHERE title = $1', 'one more')).toEqual([]);
    await product(server, 'seller:other');
    await clock.advance(200);
    // The refusal was not kept as the key's answer.
    expect((await create(key)).status).toBe(201);
    expect(await rows('SELECT id FROM products WHERE title = $1', 'one more')).toHaveLength(1);
    await server.stop();
  });
});
