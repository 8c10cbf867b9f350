import { randomUUID } from 'node:crypto';
import type { Participation, Product } from '@gongu/shared';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createOnce } from '../../src/product/once.ts';
import type { KeyStore } from '../../src/product/ports/key-store.ts';
import { caller } from '../fixture/people.ts';
import { newProduct, testStore } from '../fixture/store.ts';
import { create, draft, testTrade } from '../fixture/trade-server.ts';

const { start, rows } = await testTrade();
const server = await start();
const { call } = server;
const { store } = await testStore();

const withKey = (key: string) => ({ 'idempotency-key': key });

async function post<T>(path: string, key: string, as: string, body?: unknown) {
  const answer = await call<T>('POST', path, { as, body, headers: withKey(key) });
  return { ...answer, replayed: answer.headers.get('idempotent-replayed') };
}

describe('POST /api/products with an Idempotency-Key', () => {
  it('creates one product, and answers a repetition with the first answer', async () => {
    const body = draft();
    const first = await post<Product>('/api/products', 'k-1', 'seller:sel', body);
    await call('PATCH', `/api/products/${first.body.id}`, { as: 'seller:sel', body: { title: 'changed since' } });
    const second = await post<Product>('/api/products', 'k-1', 'seller:sel', body);
    expect([first.status, first.replayed]).toEqual([201, null]);
    expect([second.status, second.replayed]).toEqual([201, 'true']);
    expect(second.body).toEqual(first.body);
    expect(second.headers.get('location')).toBe(first.headers.get('location'));
    expect(second.headers.get('etag')).toBe('"1"');
  });

  it('compares what was meant: the order of fields, defaults and unknown fields do not matter', async () => {
    const body = draft({ description: '' });
    const first = await post<Product>('/api/products', 'k-2', 'seller:sel', body);
    const { description: _, ...reordered } = Object.fromEntries(Object.entries(body).reverse());
    const second = await post<Product>('/api/products', 'k-2', 'seller:sel', { ...reordered, unknown: 1 });
    expect([second.status, second.replayed, second.body.id]).toEqual([201, 'true', first.body.id]);
  });

  it('is IDEMPOTENCY_CONFLICT for another payload, and no concern of another user', async () => {
    const deadline = draft().deadline;
    const first = await post<Product>('/api/products', 'k-3', 'seller:sel', draft({ deadline }));
    const other = await post('/api/products', 'k-3', 'seller:sel', draft({ deadline, title: 'other' }));
    expect([other.status, other.body.code]).toEqual([422, 'IDEMPOTENCY_CONFLICT']);
    const another = await post<Product>('/api/products', 'k-3', 'seller:else', draft({ deadline }));
    expect([another.status, another.replayed]).toEqual([201, null]);
    expect(another.body.id).not.toBe(first.body.id);
  });

  it('of ten at once creates one product: the others are told to wait, or get its answer', async () => {
    const body = draft({ title: 'ten at once' });
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => post<Product>('/api/products', 'k-4', 'seller:sel', body)),
    );
    for (const { status, body: got } of answers) expect(status === 201 || got.code === 'CONFLICT').toBe(true);
    expect(await rows("SELECT count(*)::int FROM products WHERE title = 'ten at once'")).toEqual([{ count: 1 }]);
  });

  it('does not keep what never began: a bad body, a bad token', async () => {
    expect((await post('/api/products', 'k-5', 'seller:sel', draft({ title: '' }))).status).toBe(400);
    expect((await post('/api/products', 'k-5', 'ann', draft())).status).toBe(403);
    expect((await post('/api/products', 'k-5', 'seller:sel', draft())).status).toBe(201);
  });

  it.each(['', 'k'.repeat(256)])('refuses a key that is empty or longer than 255 characters', async (key) => {
    const { status, body } = await post('/api/products', key, 'seller:sel', draft());
    expect([status, body.code, body.errors[0]?.path]).toEqual([400, 'VALIDATION_FAILED', 'idempotency-key']);
  });

  it('takes one of 255', async () => {
    expect((await post('/api/products', 'k'.repeat(255), 'seller:sel', draft())).status).toBe(201);
  });
});

describe('POST participations with an Idempotency-Key', () => {
  it('gives a repeated click its purchase again rather than ALREADY_PARTICIPATING', async () => {
    const { id } = await create(server);
    const path = `/api/products/${id}/participations`;
    const first = await post<Participation>(path, 'p-1', 'ann');
    const second = await post<Participation>(path, 'p-1', 'ann', { quantity: 1 });
    expect([second.status, second.replayed, second.body]).toEqual([201, 'true', first.body]);
    const without = await call('POST', path, { as: 'ann' });
    expect(without.body.code).toBe('ALREADY_PARTICIPATING');
  });

  it('repeats a refusal too, even when it would not be refused any more', async () => {
    const { id } = await create(server, { maxParticipants: 1 });
    const other = await create(server);
    await call('POST', `/api/products/${id}/participations`, { as: 'ann' });
    const path = `/api/products/${id}/participations`;
    const refused = await post(path, 'p-2', 'ben');
    const again = await post(path, 'p-2', 'ben');
    expect([refused.status, refused.body.code, refused.replayed]).toEqual([409, 'CAP_REACHED', null]);
    expect([again.status, again.body.code, again.replayed]).toEqual([409, 'CAP_REACHED', 'true']);
    // The same key for another product is another payload of the same route.
    expect((await post(`/api/products/${other.id}/participations`, 'p-2', 'ben')).status).toBe(422);
  });
});

describe('a run under a key', () => {
  const claimOf = (run: string, key: string) => ({ userId: 'ann', route: 'POST /x', key, run });
  const runs = Array.from({ length: 9 }, (_, index) => `00000000-0000-4000-8000-00000000000${index}`) as [
    string,
    ...string[],
  ];
  const DAY = 86_400_000;
  const plain = { newRun: randomUUID, digest: (text: string) => text };

  it('that died is followed by the next one when its lease has run out, with any payload', async () => {
    expect(await store.keys.begin(claimOf(runs[0], 'dead'), 'f', 50, DAY)).toEqual({ state: 'started' });
    expect(await store.keys.begin(claimOf(runs[1]!, 'dead'), 'f', 50, DAY)).toEqual({ state: 'running' });
    expect(await store.keys.begin(claimOf(runs[1]!, 'dead'), 'g', 50, DAY)).toEqual({ state: 'mismatch' });
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(await store.keys.begin(claimOf(runs[2]!, 'dead'), 'g', 50, DAY)).toEqual({ state: 'started' });
  });

  it('that died with its process is followed by the next one within half a minute', async () => {
    await post('/api/products', 'k-lease', 'seller:lease', draft());
    const [row] = await rows<{ ms: number }>(
      `SELECT (extract(epoch FROM locked_until - created_at) * 1000)::int AS ms FROM trade.idempotency_keys
       WHERE key = 'k-lease'`,
    );
    expect(row?.ms).toBe(30_000);
  });

  it('that was thought dead and was only slow makes no second effect', async () => {
    const slow = claimOf(runs[0], 'slow');
    await store.keys.begin(slow, 'f', 1, DAY);
    await new Promise((resolve) => setTimeout(resolve, 5));
    const next = claimOf(runs[1]!, 'slow');
    expect(await store.keys.begin(next, 'f', 60_000, DAY)).toEqual({ state: 'started' });
    const created = await store.products.create(newProduct(), caller('sel'), next);
    expect(created.outcome).toBe('ok');
    const late = newProduct();
    await expect(store.products.create(late, caller('sel'), slow)).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(await store.products.find(late.id)).toBeNull();
  });

  it('is forgotten after its time', async () => {
    const first = claimOf(runs[0], 'old');
    await store.keys.begin(first, 'f', 60_000, 1);
    await store.keys.refuse(first, { code: 'NOT_FOUND' });
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(await store.keys.begin(claimOf(runs[1]!, 'old'), 'other', 60_000, 1)).toEqual({ state: 'started' });
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(await store.due.purge(1, 100)).toBeGreaterThan(0);
  });

  it('that failed inside frees the key at once', async () => {
    const once = createOnce({ keys: store.keys, ...plain });
    const request = { userId: 'ann', route: 'POST /x', key: 'failed', payload: 1 };
    await expect(once(request, () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
    expect(await store.keys.begin(claimOf(runs[1]!, 'failed'), 'f', 50, DAY)).toEqual({ state: 'started' });
  });

  it('whose key store fails says what the action failed of', async () => {
    const keys = { ...store.keys, abandon: () => Promise.reject(new Error('no database')) } as KeyStore;
    const once = createOnce({ keys, ...plain });
    const request = { userId: 'ann', route: 'POST /x', key: 'broken twice', payload: 1 };
    await expect(once(request, () => Promise.reject(new Error('the reason')))).rejects.toThrow('the reason');
  });

  it('that outlived a restart of the service is answered from the database', async () => {
    const body = draft();
    const first = await start();
    const made = await first.call<Product>('POST', '/api/products', { as: 'seller:sel', body, headers: withKey('r') });
    await first.stop();
    const second = await start();
    onTestFinished(() => second.stop());
    const again = await second.call<Product>('POST', '/api/products', {
      as: 'seller:sel',
      body,
      headers: withKey('r'),
    });
    expect([again.headers.get('idempotent-replayed'), again.body]).toEqual(['true', made.body]);
  });
});
