import type { Consistency, OutboxStatus, Participation, Product } from '@gongu/shared';
import {
  INDEX_ROW_BYTES,
  incompressible,
  largestIndexRows,
  serviceToken,
  TOO_LONG_IDS,
  USER_IDS,
  userToken,
} from '@gongu/testkit';
import { eventually } from '@gongu/testkit/eventually';
import { beforeAll, describe, expect, it } from 'vitest';
import { openEvents } from './fixture/event-source.ts';
import { SERVICE_SECRET, USER_SECRET } from './fixture/tokens.ts';
import { draft, type TradeServer, testTrade } from './fixture/trade-server.ts';

const given = await testTrade();
let trade: TradeServer;
beforeAll(async () => {
  trade = await given.start();
});

const NICKNAME = incompressible(32);
/** An `Idempotency-Key`: characters of a header, of which each is two bytes in the database. */
const KEY = Array.from({ length: 255 }, (_, i) => String.fromCharCode(0xc0 + ((i * 37) % 63))).join('');

function as(sub: string, ...roles: string[]): string {
  return `Bearer ${userToken({ sub, roles, nickname: NICKNAME, tag: incompressible(8), secret: USER_SECRET })}`;
}
const call = <T>(method: string, path: string, by?: string, body?: unknown, headers?: Record<string, string>) =>
  trade.call<T>(method, path, {
    ...(by === undefined ? {} : { as: by }),
    ...(body === undefined ? {} : { body }),
    ...(headers ? { headers } : {}),
  });
const service = `Bearer ${serviceToken({ secret: SERVICE_SECRET })}`;
const ids = ({ items }: { items: readonly { id: string }[] }) => items.map(({ id }) => id);

describe.each(USER_IDS)('somebody whose id is %s', (_, userId) => {
  it('sells: his product, his lists page by page, the audit, and the room at chat are his', async () => {
    const seller = as(userId, 'seller');
    const made: Product[] = [];
    for (let i = 0; i < 3; i++) {
      const answer = await call<Product>('POST', '/api/products', seller, draft());
      expect([answer.status, answer.body.sellerId]).toEqual([201, userId]);
      made.push(answer.body);
    }
    for (const filter of [`sellerId=${encodeURIComponent(userId)}`, 'mine=seller']) {
      for (const sort of ['deadline', '-createdAt']) {
        const found: string[] = [];
        for (let cursor = ''; ; ) {
          const path = `/api/products?${filter}&sort=${sort}&limit=1${cursor}`;
          const { body } = await call<{ items: Product[]; nextCursor: string | null }>('GET', path, seller);
          found.push(...ids(body));
          if (body.nextCursor === null) break;
          cursor = `&cursor=${body.nextCursor}`;
        }
        expect(found.sort(), `${filter} ${sort}`).toEqual(made.map(({ id }) => id).sort());
      }
    }
    const [product] = made;
    await call('POST', `/api/products/${product!.id}/cancel`, seller);
    const audit = await call<{ items: { event: string; actor: string | null }[] }>(
      'GET',
      `/api/products/${product!.id}/audit`,
      seller,
    );
    expect(audit.body.items.map(({ actor }) => actor)).toEqual([userId, userId]);
    await eventually(() => expect(given.chat.told(product!.id)).toEqual(['open', 'status CANCELLED']));
    expect(given.chat.rooms.get(product!.id)!.room.hostId).toBe(userId);
  });

  it('buys: chat is told of him by his id, once, and so are seller, buyer, streams and the comparison', async () => {
    const { body: product } = await call<Product>('POST', '/api/products', as('sel', 'seller'), draft());
    const path = `/api/products/${product.id}/participations`;
    const events = await openEvents(`${trade.url}/api/products/events?productId=${product.id}`);
    const first = await call<Participation>('POST', path, as(userId), { quantity: 2 }, { 'idempotency-key': KEY });
    const again = await call<Participation>('POST', path, as(userId), { quantity: 2 }, { 'idempotency-key': KEY });
    expect([first.status, again.status, again.headers.get('idempotent-replayed')]).toEqual([201, 201, 'true']);
    expect([first.body.userId, again.body]).toEqual([userId, first.body]);
    await events.versions(product.id, 1);
    expect((await call<Participation>('GET', `${path}/me`, as(userId))).body).toEqual(first.body);
    const [buyers, mine, bought] = [
      await call<{ items: { userId: string }[] }>('GET', path, as('sel', 'seller')),
      await call<{ items: { product: Product }[] }>('GET', '/api/participations/me', as(userId)),
      await call<{ items: Product[] }>('GET', '/api/products?mine=buyer', as(userId)),
    ];
    expect(buyers.body.items.map((one) => one.userId)).toEqual([userId]);
    expect(mine.body.items.map((one) => one.product.id)).toEqual([product.id]);
    expect(ids(bought.body)).toEqual([product.id]);
    await eventually(() => expect(given.chat.told(product.id)).toEqual(['open', `committed ${userId}`]));
    await eventually(async () => {
      const { body } = await call<OutboxStatus>('GET', '/api/trade/outbox', service);
      expect(body).toMatchObject({ depth: 0, parked: 0 });
    });

    const room = given.chat.rooms.get(product.id)!;
    room.committed.delete(userId);
    room.room.committedCount = 0;
    const look = async () => (await call<Consistency>('GET', '/api/trade/consistency', service)).body;
    const item = (await look()).items.find((one) => one.productId === product.id);
    expect(item?.missingBuyers).toEqual([userId]);
    room.committed.add(userId);
    room.room.committedCount = 1;
    expect((await call('DELETE', `${path}/me`, as(userId))).status).toBe(204);
    await eventually(() => expect(given.chat.told(product.id).at(-1)).toBe(`uncommitted ${userId}`));
  });
});

it('no line of the log is broken by an id', () => {
  for (const line of given.lines) expect(() => JSON.parse(line), line).not.toThrow();
});

it('an id of 256 characters is refused by all that takes one, and the refusal says why', async () => {
  for (const userId of TOO_LONG_IDS) {
    const claim = await call('POST', '/api/products', as(userId, 'seller'), draft());
    expect([claim.status, claim.body.code, claim.body.detail]).toEqual([
      401,
      'UNAUTHENTICATED',
      expect.stringContaining('sub'),
    ]);
    const filter = await call('GET', `/api/products?sellerId=${encodeURIComponent(userId)}`);
    expect([filter.status, filter.body.errors]).toEqual([400, [expect.objectContaining({ path: 'sellerId' })]]);
  }
});

it('every index takes rows with the longest ids and keys there can be', async () => {
  const most = {
    ...{ user_id: 4 * 255, seller_id: 4 * 255, reader_id: 4 * 255, key: 2 * 255, route: 100 },
    ...{ id: 4 * 255, kind: 16, room_id: 64, product_id: 64, status: 16, key_id: 32, webhook_id: 36, type: 40 },
    pairs_of: 8, // of the index over it: a pair
  };
  const rows = await largestIndexRows(given.databaseUrl, 'trade', most);
  expect(rows.size).toBeGreaterThan(15);
  expect([...rows].filter(([, bytes]) => bytes > INDEX_ROW_BYTES)).toEqual([]);
});
