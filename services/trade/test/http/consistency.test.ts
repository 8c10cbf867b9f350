import type { Consistency, Product } from '@gongu/shared';
import { serviceToken } from '@gongu/testkit';
import { eventually } from '@gongu/testkit/eventually';
import { beforeAll, describe, expect, it } from 'vitest';
import { SERVICE_SECRET } from '../fixture/tokens.ts';
import { create, type TradeServer, testTrade } from '../fixture/trade-server.ts';

const given = await testTrade();
let trade: TradeServer;
beforeAll(async () => {
  trade = await given.start();
});

const PATH = '/api/trade/consistency';
const look = async () =>
  (await trade.call<Consistency>('GET', PATH, { as: `Bearer ${serviceToken({ secret: SERVICE_SECRET })}` })).body;

async function metric(name: string): Promise<number> {
  const text = await (await fetch(`${trade.url}/metrics`)).text();
  return Number(new RegExp(`^${name}\\{[^}]*\\} (.*)$`, 'm').exec(text)?.[1]);
}

async function bought(): Promise<Product> {
  const product = await create(trade);
  for (const as of ['ann', 'ben'])
    await trade.call('POST', `/api/products/${product.id}/participations`, { as, body: {} });
  await eventually(async () => expect(await look()).toMatchObject({ consistent: true, pending: 0 }));
  return product;
}

describe('GET /api/trade/consistency', () => {
  it('is for admins and services', async () => {
    expect((await trade.call('GET', PATH)).status).toBe(401);
    expect((await trade.call('GET', PATH, { as: 'ann' })).status).toBe(403);
    expect((await trade.call('GET', PATH, { as: 'admin:root' })).status).toBe(200);
  });

  it('says what differs, and nothing once chat has been told; the metrics say it too', async () => {
    const [lost, other] = [await bought(), await bought()];
    given.chat.rooms.delete(lost.id);
    const room = given.chat.rooms.get(other.id)!;
    room.room.status = 'CANCELLED';
    const found = await look();
    expect(found).toMatchObject({ consistent: false, diverged: 2, pending: 0, compared: 2 });
    expect(found.items).toEqual(
      expect.arrayContaining([
        { productId: lost.id, fields: ['room'], missingBuyers: ['ann', 'ben'], extraBuyers: [] },
        { productId: other.id, fields: ['status'], missingBuyers: [], extraBuyers: [] },
      ]),
    );
    expect(Date.now() - Date.parse(found.checkedAt)).toBeLessThan(60_000);
    expect(await metric('gongu_trade_rooms_diverged')).toBe(2);
    expect(Date.now() / 1_000 - (await metric('gongu_trade_compared_timestamp_seconds'))).toBeLessThan(60);

    room.room.status = 'ACTIVE';
    // The comparison heals; here it runs every second.
    const healer = await given.start({}, { reconcileCron: '* * * * * *' });
    await eventually(async () => expect(await look()).toMatchObject({ consistent: true, diverged: 0, items: [] }));
    expect(given.chat.rooms.get(lost.id)!.room).toMatchObject({ status: 'ACTIVE', committedCount: 2 });
    expect(await metric('gongu_trade_rooms_diverged')).toBe(0);
    await healer.stop();
  });

  it('is not consistent while chat has not been told everything', async () => {
    given.chat.disturb(() => ({ refuse: 'UNAVAILABLE' }));
    await create(trade);
    await expect.poll(() => metric('gongu_trade_outbox_depth')).toBe(1);
    expect(await metric('gongu_trade_outbox_oldest_age_seconds')).toBeGreaterThan(0);
    given.chat.behave();
    await eventually(async () => expect(await look()).toMatchObject({ consistent: true }));
  });

  it('is UNAVAILABLE while chat is', async () => {
    await given.chat.kill();
    const { status, body } = await trade.call('GET', PATH, { as: 'admin:root' });
    expect({ status, code: body.code }).toEqual({ status: 503, code: 'UNAVAILABLE' });
    await given.chat.revive();
  });
});
