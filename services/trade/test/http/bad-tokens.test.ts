import { BAD_TIMES, GOOD_TIMES, signToken } from '@gongu/testkit';
import { beforeAll, expect, it } from 'vitest';
import { USER_SECRET } from '../fixture/tokens.ts';
import { create, type TradeServer, testTrade } from '../fixture/trade-server.ts';

let server: TradeServer;
let productId: string;
beforeAll(async () => {
  server = await (await testTrade()).start();
  productId = (await create(server, { maxParticipants: 100 })).id;
});

const bearer = (claims: Readonly<Record<string, unknown>>) =>
  `Bearer ${signToken({ sub: 'ann', ...claims }, USER_SECRET)}`;

it('a token without a moment at which it ends, begins or was made is refused by every route that asks for one', async () => {
  for (const [what, claims] of BAD_TIMES) {
    for (const [method, path, body] of [
      ['POST', '/api/products', { title: 'x' }],
      ['POST', `/api/products/${productId}/participations`, { quantity: 1 }],
      ['PATCH', `/api/products/${productId}/participations/me`, { quantity: 1 }],
      ['DELETE', `/api/products/${productId}/participations/me`, undefined],
      ['GET', `/api/products/${productId}/participations`, undefined],
      ['GET', '/api/trade/consistency', undefined],
    ] as const) {
      const answer = await server.call(method, path, { as: bearer(claims), body });
      expect(
        [answer.status, ['UNAUTHENTICATED', 'TOKEN_EXPIRED'].includes(answer.body.code)],
        `${what} ${path}`,
      ).toEqual([401, true]);
    }
  }
});

it('one with unusual times buys, also as somebody with an id of 255 characters', async () => {
  for (const [what, claims] of GOOD_TIMES) {
    const sub = `${what} ${'가'.repeat(255)}`.slice(0, 255);
    const path = `/api/products/${productId}/participations`;
    const bought = await server.call('POST', path, { as: bearer({ sub, ...claims }), body: { quantity: 1 } });
    expect(bought.status, what).toBe(201);
    const left = await server.call('DELETE', `${path}/me`, { as: bearer({ sub, ...claims }) });
    expect([200, 204], what).toContain(left.status);
  }
});
