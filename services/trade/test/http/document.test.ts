import { brokenPromises, serviceToken } from '@gongu/testkit';
import { expect, it } from 'vitest';
import { SERVICE_SECRET, SHOP_SECRET, shopToken, tokenOf } from '../fixture/tokens.ts';
import { create, testTrade } from '../fixture/trade-server.ts';

const { start } = await testTrade();

it('the document and the code agree on what is valid: the least and the most of every field, and each fault', async () => {
  const server = await start({
    DEV_LOGIN: '1',
    SHOP_JWT_SECRET: SHOP_SECRET,
    WEBHOOK_ALLOW_PRIVATE: '1',
    ...{ DEADLINE_MAX_DAYS: '0', MAX_OPEN_PRODUCTS: '0', MAX_WEBHOOKS: '0' },
    ADDRESS_KEYS: `k1:${'A'.repeat(43)}=`,
  });
  const { id } = await create(server, { minParticipants: 1, maxParticipants: 100_000 });
  const { broken, sent } = await brokenPromises({
    url: server.url,
    as: (operation) => {
      if (operation.endsWith('/payment')) return shopToken('payments');
      if (operation.includes('/api/trade/')) return `Bearer ${serviceToken({ secret: SERVICE_SECRET })}`;
      return `Bearer ${tokenOf(operation.includes('participations') ? 'ann' : 'seller:sel')}`;
    },
    given: {
      id,
      q: '감귤',
      phone: '010-1234-5678',
      timeZone: 'Asia/Seoul',
      postalCode: '06236',
      price: { amount: 1, currency: 'KRW' },
      maxParticipants: 100_000,
      pictures: [],
      pictureId: '01a1fb92-5af1-41ab-9ecc-00c8b1bbf307',
      file: '01a1fb92-5af1-41ab-9ecc-00c8b1bbf307.jpg',
    },
  });
  expect(broken).toEqual([]);
  expect(sent).toBeGreaterThan(100);
});
