import type { AuditEntry, OutboxStatus, Product } from '@gongu/shared';
import { eventually } from '@gongu/testkit/eventually';
import { afterEach, describe, expect, it } from 'vitest';
import { create, draft, testTrade } from '../fixture/trade-server.ts';

const { start, chat, rows, lines } = await testTrade();
const server = await start();
const { call } = server;

afterEach(async () => {
  chat.behave();
  await rows('DELETE FROM outbox');
  await rows('DELETE FROM outbox_rooms');
});

const path = ({ id }: { id: string }, rest = '') => `/api/products/${id}${rest}`;
const buy = (product: { id: string }, as: string) => call('POST', path(product, '/participations'), { as });
const outbox = async (query = '') =>
  (await call<OutboxStatus>('GET', `/api/trade/outbox${query}`, { as: 'admin:root' })).body;
const told = (product: { id: string }, expected: string[]) =>
  eventually(() => expect(chat.told(product.id)).toEqual(expected));

describe('chat is told', () => {
  it('everything of a product, in order, right after each commit', async () => {
    const product = await create(server, { maxParticipants: 3 });
    await told(product, ['open']);
    expect(chat.calls.find(({ roomId }) => roomId === product.id)?.body).toEqual({
      productId: product.id,
      title: product.title,
      hostId: 'sel',
      hostNickname: 'sel',
      maxParticipants: 3,
      minParticipants: 1,
      expiresAt: product.deadline,
    });
    await buy(product, 'ann');
    await call('PATCH', path(product), {
      as: 'seller:sel',
      body: { title: 'new', maxParticipants: 2, description: 'd' },
    });
    await call('DELETE', path(product, '/participations/me'), { as: 'ann' });
    await buy(product, 'ben');
    await buy(product, 'cho');
    await told(product, [
      'open',
      'committed ann',
      'patch',
      'uncommitted ann',
      'committed ben',
      'committed cho',
      'status CLOSED',
    ]);
    expect(chat.rooms.get(product.id)?.room).toMatchObject({
      title: 'new',
      maxParticipants: 2,
      status: 'CLOSED',
      reason: 'FULL',
    });
    const nothing = { depth: 0, rooms: 0, parked: 0, oldestAgeMs: null, items: [] };
    await eventually(async () => expect(await outbox()).toMatchObject(nothing));
  });

  it('nothing of a change that does not concern a room', async () => {
    const product = await create(server);
    await call('PATCH', path(product), {
      as: 'seller:sel',
      body: { description: 'd', imageUrl: 'https://a.example/b' },
    });
    await call('POST', path(product, '/cancel'), { as: 'seller:sel', body: { reason: '재고 부족' } });
    await told(product, ['open', 'status CANCELLED']);
    expect(chat.rooms.get(product.id)?.room.reason).toBe('재고 부족');
  });

  it('whose request it was', async () => {
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    const headers = { 'x-request-id': 'from-the-shop', traceparent };
    const { body } = await call<Product>('POST', '/api/products', { as: 'seller:sel', body: draft(), headers });
    await told(body, ['open']);
    expect(chat.calls.at(-1)).toMatchObject({ requestId: 'from-the-shop', traceparent });
  });
});

describe('while chat is away', () => {
  it('products are created, bought and closed all the same, and it hears of everything in order when it returns', async () => {
    await chat.kill();
    const products = await Promise.all(
      Array.from({ length: 30 }, (_, n) => create(server, { title: `away ${n}`, maxParticipants: 2 })),
    );
    await Promise.all(products.flatMap((product) => [buy(product, 'ann'), buy(product, 'ben')]));
    const waiting = await outbox('?limit=100');
    expect(waiting).toMatchObject({ depth: 150, rooms: 30, parked: 0 });
    expect(waiting.oldestAgeMs).toBeGreaterThan(0);
    expect(waiting.items.map(({ id }) => Number(id))).toEqual(
      [...waiting.items.map(({ id }) => Number(id))].sort((a, b) => a - b),
    );
    await eventually(async () =>
      expect((await outbox('?limit=100')).items.some(({ attempts }) => attempts > 0)).toBe(true),
    );
    await chat.revive();
    for (const product of products) {
      const audit = await call<{ items: AuditEntry[] }>('GET', path(product, '/audit'), { as: 'seller:sel' });
      const buyers = audit.body.items
        .filter(({ event }) => event === 'buyer.committed')
        .map(({ actor }) => `committed ${actor}`);
      await told(product, ['open', ...buyers, 'status CLOSED']);
    }
    expect((await outbox()).depth).toBe(0);
    const warnings = lines.filter((line) => line.includes('chat is not reachable'));
    expect(warnings.length).toBeGreaterThan(0);
    expect(warnings.length).toBeLessThan(10);
  });

  it('or slow, nobody waits for it', async () => {
    let go = () => {};
    const until = new Promise<void>((resolve) => {
      go = resolve;
    });
    chat.disturb(() => ({ until }));
    const product = await create(server);
    for (const as of ['ann', 'ben', 'cho']) expect((await buy(product, as)).status).toBe(201);
    expect([...new Set(chat.told(product.id))]).toEqual(['open']);
    go();
    await eventually(async () => expect((await outbox()).depth).toBe(0));
    // On a machine that is slow itself the opening may have been sent twice.
    expect([...new Set(chat.told(product.id))]).toEqual(['open', 'committed ann', 'committed ben', 'committed cho']);
  });

  it('and is silent over one entry, that one is tried again, and the others meanwhile', async () => {
    const impatient = await testOther.start({}, { chatTimeoutMs: 1_000 });
    let go = () => {};
    const until = new Promise<void>((resolve) => {
      go = resolve;
    });
    testOther.chat.disturb(({ body }) => (body.title === 'silent' ? { until } : undefined));
    const stuck = await create(impatient, { title: 'silent' });
    const others = await Promise.all(Array.from({ length: 12 }, () => create(impatient)));
    for (const { id } of others) await eventually(() => expect(testOther.chat.rooms.has(id)).toBe(true));
    await eventually(() => expect(testOther.chat.told(stuck.id).length).toBeGreaterThan(1));
    expect(testOther.chat.rooms.has(stuck.id)).toBe(false);
    go();
    await eventually(async () => expect(await testOther.rows('SELECT 1 FROM outbox')).toEqual([]));
    expect(testOther.chat.rooms.has(stuck.id)).toBe(true);
  });

  it('and cuts the connection after it took an entry, the entry comes again and does no harm', async () => {
    let cuts = 0;
    chat.disturb(() => (cuts++ < 3 ? { cut: true } : undefined));
    const product = await create(server);
    await buy(product, 'ann');
    await eventually(async () => expect((await outbox()).depth).toBe(0));
    expect([...new Set(chat.told(product.id))]).toEqual(['open', 'committed ann']);
    expect(chat.rooms.get(product.id)?.room.committedCount).toBe(1);
  });

  it('and refuses our own token, nothing is held against the entries', async () => {
    chat.disturb(() => ({ refuse: 'UNAUTHENTICATED' }));
    const product = await create(server);
    await eventually(async () => expect((await outbox()).items[0]?.attempts).toBeGreaterThan(0));
    expect((await outbox()).parked).toBe(0);
    chat.behave();
    await eventually(() => expect(chat.rooms.has(product.id)).toBe(true));
  });
});

const testOther = await testTrade();

describe('an entry that chat refuses for good', () => {
  it('is parked in sight and blocks its room only, until somebody has it retried', async () => {
    chat.disturb(({ what }) => (what === 'committed bad' ? { refuse: 'ROOM_FULL' } : undefined));
    const product = await create(server);
    const other = await create(server);
    // One after the other: what waits together is told together, and again one by one where chat refuses that.
    await buy(product, 'ann');
    await told(product, ['open', 'committed ann']);
    await buy(product, 'bad');
    await told(product, ['open', 'committed ann', 'committed bad']);
    await buy(product, 'cho');
    await buy(other, 'dan');
    await told(other, ['open', 'committed dan']);

    const status = await eventually(async () => {
      const found = await outbox('?parked=true');
      expect(found).toMatchObject({ depth: 2, parked: 1, rooms: 1 });
      return found;
    });
    expect(status.items).toEqual([
      {
        id: expect.stringMatching(/^\d+$/),
        roomId: product.id,
        kind: 'buyer.committed',
        createdAt: expect.any(String),
        attempts: 1,
        lastError: '409 ROOM_FULL: chat says ROOM_FULL',
        parkedAt: expect.any(String),
        requestId: expect.any(String),
      },
    ]);
    const [parked] = status.items;
    expect((await call('POST', `/api/trade/outbox/${parked?.id}/retry`, { as: 'seller:sel' })).status).toBe(403);
    chat.behave();
    expect((await call('POST', `/api/trade/outbox/${parked?.id}/retry`, { as: 'admin:root' })).status).toBe(204);
    await told(product, ['open', 'committed ann', 'committed bad', 'committed bad', 'committed cho']);
    expect((await call('POST', `/api/trade/outbox/${parked?.id}/retry`, { as: 'admin:root' })).status).toBe(404);
  });

  it('can be given up, and its room goes on without it', async () => {
    chat.disturb(({ what }) => (what === 'patch' ? { refuse: 'HTML' } : undefined));
    const product = await create(server);
    await call('PATCH', path(product), { as: 'seller:sel', body: { title: 'x' } });
    await buy(product, 'ann');
    const parked = await eventually(async () => {
      const [item] = (await outbox('?parked=true')).items;
      expect(item?.lastError).toContain('400 <h1>Bad  gateway</h1>');
      return item;
    });
    expect((await call('POST', `/api/trade/outbox/${parked?.id}/discard`, { as: 'admin:root' })).status).toBe(204);
    await told(product, ['open', 'patch', 'committed ann']);
  });
});

describe('the outbox', () => {
  it('is for admins and services', async () => {
    const { serviceToken } = await import('@gongu/testkit');
    const { SERVICE_SECRET } = await import('../fixture/tokens.ts');
    const as = async (who?: string) => (await call('GET', '/api/trade/outbox', { as: who })).status;
    expect([await as(), await as('ann'), await as('seller:sel'), await as('admin:root')]).toEqual([401, 403, 403, 200]);
    expect(await as(`Bearer ${serviceToken({ secret: SERVICE_SECRET })}`)).toBe(200);
  });

  it('is read page by page', async () => {
    await chat.kill();
    for (let n = 0; n < 5; n++) await create(server);
    const seen: string[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page: OutboxStatus = await outbox(`?limit=2${cursor && `&cursor=${cursor}`}`);
      seen.push(...page.items.map(({ id }) => id));
      cursor = page.nextCursor;
    }
    await chat.revive();
    expect(new Set(seen).size).toBe(5);
  });

  it('shows in the metrics how much waits', async () => {
    await chat.kill();
    await create(server);
    const text = await (await fetch(`${server.url}/metrics`)).text();
    expect(text).toMatch(/gongu_trade_outbox_depth\{service="trade"\} 1/);
    expect(text).toMatch(/gongu_trade_outbox_attempts_total\{outcome="delivered",service="trade"\} [1-9]/);
    await chat.revive();
  });
});
