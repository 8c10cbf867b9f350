import { randomBytes } from 'node:crypto';
import type { AuditEntry, Erasure, Product } from '@gongu/shared';
import { pausedRequest, serviceToken, userToken } from '@gongu/testkit';
import pg from 'pg';
import { beforeAll, expect, it, onTestFinished } from 'vitest';
import { SERVICE_SECRET, SHOP_SECRET, shopToken, tokenOf, USER_SECRET } from './fixture/tokens.ts';
import { create, draft, type TradeServer, testTrade } from './fixture/trade-server.ts';

const given = await testTrade();
let server: TradeServer;
const ENV = {
  ADDRESS_KEYS: `k1:${randomBytes(32).toString('base64')}`,
  SHOP_JWT_SECRET: SHOP_SECRET,
  PAYMENT_WINDOW_S: '1800',
};
beforeAll(async () => {
  server = await given.start(ENV);
});
const service = `Bearer ${serviceToken({ secret: SERVICE_SECRET })}`;
const wait = { interval: 100 };
const HOME = { recipient: '김하나', phone: '010-1234-5678', postalCode: '06236', line1: '테헤란로 1' };
const ok = async (method: string, path: string, as: string, body?: object) => {
  const answer = await server.call<never>(method, path, { as, ...(body ? { body } : {}) });
  expect([path, answer.status]).toEqual([path, expect.toBeOneOf([200, 201, 202, 204])]);
  return answer.body;
};
const buy = (product: Product, as: string) => ok('POST', `/api/products/${product.id}/participations`, as, {});
const erase = (userId: string, as = 'admin:root') =>
  server.call<Erasure>('DELETE', `/api/trade/users/${userId}`, { as });
const erasure = async (id: string) =>
  (await server.call<Erasure>('GET', `/api/trade/erasures/${id}`, { as: service })).body;
const audit = async (product: Product) =>
  (await server.call<{ items: AuditEntry[] }>('GET', `/api/products/${product.id}/audit`, { as: 'admin:root' })).body
    .items;

/** Columns of trade that hold a text somewhere, as `table.column`. */
async function columnsWith(text: string): Promise<string[]> {
  const columns = await given.rows<{ table: string; name: string }>(
    `SELECT table_name AS "table", column_name AS name FROM information_schema.columns
     WHERE table_schema = 'trade' ORDER BY 1, 2`,
  );
  expect(columns.length).toBeGreaterThan(80);
  const found: string[] = [];
  for (const { table, name } of columns) {
    const rows = await given.rows(`SELECT 1 FROM "${table}" WHERE strpos("${name}"::text, $1) > 0 LIMIT 1`, text);
    if (rows.length > 0) found.push(`${table}.${name}`);
  }
  return found;
}

/** Somebody who has bought, sold, read addresses and was moderated. */
async function person(userId: string) {
  const open = await create(server);
  await buy(open, userId);
  await ok('PUT', `/api/products/${open.id}/participations/me/address`, userId, HOME);
  const ended = await create(server);
  await buy(ended, userId);
  await ok('PUT', `/api/products/${ended.id}/participations/me/address`, userId, HOME);
  await ok('POST', `/api/products/${ended.id}/close`, 'seller:sel');
  const sold = (await ok('POST', '/api/products', `seller:${userId}`, draft())) as Product;
  await buy(sold, 'ben');
  await ok('PUT', `/api/products/${sold.id}/participations/me/address`, 'ben', HOME);
  await ok('POST', `/api/products/${sold.id}/close`, `seller:${userId}`);
  await ok('GET', `/api/products/${sold.id}/participations/addresses`, `seller:${userId}`);
  await server.call('POST', '/api/products', {
    as: `seller:${userId}`,
    body: draft({ deadline: '2020-01-01T00:00:00Z' }),
    headers: { 'idempotency-key': 'k' },
  });
  return { open, ended, sold };
}

it('a person has all that trade knows of him, as lines; so do admins and services, and nobody else', async () => {
  const { ended, sold } = await person('exa');
  const lines = async (as: string): Promise<{ record: string }[] | null> => {
    const { status, body } = await server.call<unknown>('GET', '/api/trade/users/exa/export', { as });
    return status === 200
      ? String(body)
          .trimEnd()
          .split('\n')
          .map((line) => JSON.parse(line))
      : null;
  };
  const own = (await lines('exa'))!;
  expect(own[0]).toEqual({ record: 'user', service: 'trade', userId: 'exa' });
  const kinds = ['purchase', 'address', 'product', 'act'];
  expect(kinds.map((kind) => own.filter(({ record }) => record === kind).length)).toEqual([2, 2, 1, 5]);
  expect(own).toContainEqual(expect.objectContaining({ record: 'address', productId: ended.id, ...HOME }));
  expect(own).toContainEqual(expect.objectContaining({ record: 'product', id: sold.id }));
  expect(await lines('admin:root')).toEqual(own);
  expect(await lines(service)).toEqual(own);
  expect(await lines('ben')).toBeNull();
});

it('an export of who moderates has what he did, without a word of whom', async () => {
  await ok('PUT', '/api/trade/users/zed/block', 'admin:max', { reason: 'zed was rude' });
  await ok('DELETE', '/api/trade/users/zed/block', 'admin:max');
  const { body } = await server.call<unknown>('GET', '/api/trade/users/max/export', { as: 'max' });
  const lines = String(body)
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  const at = expect.stringMatching(/Z$/);
  expect(lines.slice(1)).toEqual([
    { record: 'moderation', act: 'user.block', productId: null, at },
    { record: 'moderation', act: 'user.unblock', productId: null, at },
  ]);
});

it('an export has the places that he waits for, and payments of places that are gone', async () => {
  const full = await create(server, { maxParticipants: 1, waitingList: true });
  await buy(full, 'ben');
  await ok('POST', `/api/products/${full.id}/waiting`, 'wes', { quantity: 2 });
  const paid = await create(server, { payment: 'REQUIRED' });
  await buy(paid, 'wes');
  const report = { status: 'AUTHORIZED', reference: 'pay-wes', amount: 1_000_000 };
  await ok('PUT', `/api/products/${paid.id}/participations/wes/payment`, shopToken('payments'), report);
  await ok('DELETE', `/api/products/${paid.id}/participations/me`, 'wes');
  const { body } = await server.call<unknown>('GET', '/api/trade/users/wes/export', { as: 'wes' });
  const lines = String(body)
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  const at = expect.stringMatching(/Z$/);
  expect(lines).toContainEqual({ record: 'waiting', productId: full.id, quantity: 2, at });
  expect(lines).toContainEqual({
    ...{ record: 'payment', productId: paid.id, quantity: 1, joinedAt: at, endedAt: at },
    ...{ status: 'AUTHORIZED', reference: 'pay-wes', amount: 1_000_000, cause: 'withdrawn' },
  });
});

it('a back end exports and erases by a key with the scope users, and by no other', async () => {
  const users = shopToken('users');
  for (const [as, status] of [
    [shopToken('payments webhooks'), 403],
    [shopToken('user'), 403],
    [shopToken('webhooks users'), 404],
    [shopToken('admin'), 404],
  ] as const) {
    expect((await server.call('GET', '/api/trade/erasures/999', { as })).status).toBe(status);
    if (status === 404) continue;
    const refused = await server.call<{ detail: string }>('DELETE', '/api/trade/users/kay', { as });
    expect([refused.status, refused.body.detail]).toEqual([403, 'The token has not the scope users']);
    expect((await server.call('GET', '/api/trade/users/kay/export', { as })).status).toBe(403);
  }
  const own = await server.call('GET', '/api/trade/users/kay/export', { as: users });
  expect(own.body).toContain('"userId":"kay"');
  expect(await server.call('PUT', '/api/trade/users/kay/block', { as: users, body: {} })).toMatchObject({
    status: 401,
  });
  const { status, body } = await erase('kay', users);
  expect(status).toBe(202);
  expect((await server.call('GET', `/api/trade/erasures/${body.id}`, { as: users })).status).toBe(200);
});

it('an erased person is in no column any more but that which refuses his tokens; records of ended purchases stay', async () => {
  const { open, ended, sold } = await person('markedann');
  for (const [method, body] of [['PUT', { reason: 'markedann asked us twice' }], ['DELETE']] as const) {
    await ok(method, '/api/trade/users/markedann/block', 'admin:root', body);
  }
  expect((await columnsWith('markedann')).length).toBeGreaterThan(5);
  for (const as of ['markedann', 'seller:sel']) expect((await erase('markedann', as)).status).toBe(403);
  const asked = await erase('markedann');
  expect([asked.status, asked.headers.get('location')]).toEqual([202, `/api/trade/erasures/${asked.body.id}`]);
  expect((await erase('markedann')).body.id).toBe(asked.body.id);
  await expect.poll(async () => (await erasure(asked.body.id)).status, wait).toBe('DONE');
  const { counts, pseudonym, finishedAt } = await erasure(asked.body.id);
  expect([counts, pseudonym, finishedAt]).toEqual([
    expect.objectContaining({ withdrawn: 1, addresses: 1, purchases: 1, products: 1, addressReads: 1 }),
    expect.stringMatching(/^erased-\d+$/),
    expect.any(String),
  ]);
  // What chat was told is delivered first.
  await expect.poll(() => columnsWith('markedann'), wait).toEqual([]);
  expect(
    await given.rows('SELECT user_id, nickname, quantity FROM participations WHERE product_id = $1', ended.id),
  ).toEqual([{ user_id: pseudonym, nickname: '', quantity: 1 }]);
  expect((await server.call<Product>('GET', `/api/products/${open.id}`)).body.participantCount).toBe(0);
  expect((await server.call<Product>('GET', `/api/products/${sold.id}`)).body.sellerId).toBe(pseudonym);
  expect((await audit(ended)).map(({ event, actor }) => [event, actor])).toEqual([
    ['product.created', 'sel'],
    ['buyer.committed', pseudonym],
    ['product.closed', 'sel'],
  ]);
  const seen = await server.call<{ readBy: object[] }>('GET', `/api/products/${sold.id}/participations/me/address`, {
    as: 'ben',
  });
  expect(seen.body.readBy).toEqual([{ userId: pseudonym, at: expect.any(String) }]);
  expect(given.lines.filter((line) => line.includes('user.erased') && line.includes('markedann'))).toEqual([]);
});

it('somebody can be erased again, as who does not know that it is done asks for it once more', async () => {
  const ids = new Set<string>();
  for (let time = 0; time < 2; time++) {
    const { id } = (await ok('DELETE', '/api/trade/users/markedtwice', 'admin:root')) as Erasure;
    await expect.poll(async () => (await erasure(id)).status, wait).toBe('DONE');
    ids.add(id);
  }
  expect(ids.size).toBe(2);
  expect(await columnsWith('markedtwice')).toEqual([]);
});

it('an erasure that is killed in any of its portions has lost none of it, and goes on', async () => {
  await server.stop();
  onTestFinished(async () => {
    server = await given.start(ENV);
  });
  await person2('killedkim');
  const before = await columnsWith('killedkim');
  await given.rows(`SELECT trade.request_erasure('killedkim', NULL, false)`);
  await given.rows(`UPDATE erasures SET requested_at = now() - interval '1 hour' WHERE user_id = 'killedkim'`);
  let status = 'RUNNING';
  for (let portions = 0; status !== 'DONE'; portions++) {
    expect(portions).toBeLessThan(40);
    const dying = new pg.Client({ connectionString: given.databaseUrl });
    dying.on('error', () => {});
    await dying.connect();
    await dying.query('BEGIN');
    const { rows } = await dying.query(`SELECT trade.erase_portion(1, 0) AS e, pg_backend_pid() AS pid`);
    await given.rows('SELECT pg_terminate_backend($1)', rows[0].pid);
    await dying.end().catch(() => {});
    const [row] = await given.rows<{ e: Erasure }>('SELECT trade.erase_portion(1, 0) AS e');
    // As if chat had been told.
    await given.rows('DELETE FROM outbox');
    // The other one's lock is gone with it, perhaps a moment later.
    status = row?.e?.status ?? status;
  }
  expect(before).toEqual(['audit.actor', 'participations.nickname', 'participations.user_id']);
  expect((await columnsWith('killedkim')).filter((name) => !name.startsWith('outbox'))).toEqual([]);
});

/** The same of rows alone, for when nobody answers. */
async function person2(userId: string) {
  for (const status of ['CLOSED', 'RECRUITING']) {
    for (let n = 0; n < 2; n++) {
      const id = `${status}-${n}-of-kim`;
      await given.rows(
        `INSERT INTO products (id, seller_id, seller_nickname, title, price_amount, price_currency, min_participants,
           max_participants, participant_count, unit_count, deadline, status, reason, closed_at)
         VALUES ($1, 'sel', 'sel', 't', 1, 'KRW', 1, 5, 1, 1, now() + interval '1 day', $2,
           CASE $2 WHEN 'CLOSED' THEN 'SELLER' END, CASE $2 WHEN 'CLOSED' THEN now() END)`,
        id,
        status,
      );
      await given.rows(
        `INSERT INTO participations (product_id, user_id, nickname, quantity) VALUES ($1, $2, $2, 1)`,
        id,
        userId,
      );
      await given.rows(
        `INSERT INTO audit (product_id, event, actor, to_status, version) VALUES ($1, 'buyer.committed', $2, $3, 1)`,
        ...[id, userId, status],
      );
    }
  }
}

it('what is held for a legal reason is left, and the erasure says so and goes on when it is released', async () => {
  const product = await create(server);
  await buy(product, 'heldhan');
  await ok('POST', `/api/products/${product.id}/close`, 'seller:sel');
  await given.rows(`SELECT trade.hold('USER', 'heldhan', true, 'court', NULL)`);
  const refused = await erase('heldhan');
  expect([refused.status, refused.body.code, refused.body.detail]).toEqual([
    409,
    'CONFLICT',
    expect.stringContaining('held'),
  ]);
  await given.rows(`SELECT trade.hold('USER', 'heldhan', false, NULL, NULL)`);
  await given.rows(`SELECT trade.hold('PRODUCT', $1, true, 'court', NULL)`, product.id);
  const { id } = (await erase('heldhan')).body;
  await expect
    .poll(() => erasure(id), wait)
    .toMatchObject({ status: 'WAITING', waitsFor: { purchases: 1 }, finishedAt: null });
  expect(await columnsWith('heldhan')).toContain('participations.user_id');
  await given.rows(`SELECT trade.hold('PRODUCT', $1, false, NULL, NULL)`, product.id);
  await given.rows(`UPDATE erasures SET looked_at = now() - interval '61 seconds' WHERE id = $1`, id);
  await expect.poll(async () => (await erasure(id)).status, wait).toBe('DONE');
});

it('a payment that is still to be released keeps its erasure waiting, for the shop reports it under his id', async () => {
  const product = await create(server);
  await given.rows(
    `INSERT INTO ended_payments (product_id, user_id, quantity, joined_at, payment_status, payment_due_at, cause, ended_at)
     VALUES ($1, 'payingpak', 1, now(), 'AUTHORIZED', now(), 'withdrawn', now())`,
    product.id,
  );
  const { id } = (await erase('payingpak')).body;
  await expect.poll(() => erasure(id), wait).toMatchObject({ status: 'WAITING', waitsFor: { payments: 1 } });
  await given.rows(`UPDATE ended_payments SET payment_status = 'RELEASED' WHERE user_id = 'payingpak'`);
  await given.rows(`UPDATE erasures SET looked_at = now() - interval '61 seconds' WHERE id = $1`, id);
  await expect.poll(async () => (await erasure(id)).status, wait).toBe('DONE');
  expect(await columnsWith('payingpak')).toEqual([]);
});

it('who is erased while a payment is under way leaves what the back end needs to release it, until a day after it was due', async () => {
  const product = await create(server, { payment: 'REQUIRED', maxParticipants: 1, waitingList: true });
  await buy(product, 'latelee');
  const path = `/api/products/${product.id}`;
  await ok('POST', `${path}/waiting`, 'ben', {});
  const { id } = (await erase('latelee')).body;
  const waiting = { status: 'WAITING', waitsFor: { payments: 1 } };
  await expect.poll(() => erasure(id), wait).toMatchObject(waiting);
  const report = (status: string) =>
    server.call('PUT', `${path}/participations/latelee/payment`, {
      as: shopToken('payments'),
      body: { status, reference: 'late-1', amount: product.price.amount },
    });
  expect(await report('AUTHORIZED')).toMatchObject({ status: 409, body: { code: 'PAYMENT_NOT_DUE' } });
  expect(await report('RELEASED')).toMatchObject({ status: 200 });
  // Whoever got his place has all of the time to pay.
  const [promoted] = await given.rows<{ left: number }>(
    `SELECT extract(epoch FROM payment_due_at - now())::float8 AS left FROM participations WHERE product_id = $1`,
    product.id,
  );
  expect(promoted!.left).toBeGreaterThan(1_500);
  await given.rows(`UPDATE ended_payments SET payment_due_at = now() - interval '25 hours' WHERE user_id = 'latelee'`);
  await given.rows(`UPDATE erasures SET looked_at = now() - interval '61 seconds' WHERE id = $1`, id);
  await expect.poll(async () => (await erasure(id)).status, wait).toBe('DONE');
  await expect.poll(() => columnsWith('latelee'), wait).toEqual([]);
});

it('what chat could not be told of somebody keeps his erasure waiting, and a product that is locked is left for later', async () => {
  const product = await create(server);
  await buy(product, 'parkedpak');
  await ok('POST', `/api/products/${product.id}/close`, 'seller:sel');
  const other = await create(server);
  // Until then a relay may be at the room's entries.
  const told = () => given.rows('SELECT 1 FROM outbox_rooms WHERE room_id = $1', other.id);
  await expect.poll(told, wait).toEqual([]);
  await given.rows(
    `WITH o AS (INSERT INTO outbox (room_id, kind, payload, parked_at)
       VALUES ($1, 'buyer.committed', '{"userId": "parkedpak"}', now()) RETURNING id)
     INSERT INTO outbox_rooms (room_id, last_id, due_at) SELECT $1, id, NULL FROM o`,
    other.id,
  );
  const reader = new pg.Client({ connectionString: given.databaseUrl });
  await reader.connect();
  await reader.query('BEGIN');
  await reader.query('SELECT 1 FROM trade.products WHERE id = $1 FOR NO KEY UPDATE', [product.id]);
  const { id } = (await erase('parkedpak')).body;
  await expect
    .poll(() => erasure(id), wait)
    .toMatchObject({ status: 'WAITING', waitsFor: { purchases: 1, outbox: 1 } });
  await reader.query('COMMIT');
  await reader.end();
  const again = () => given.rows(`UPDATE erasures SET looked_at = now() - interval '61 seconds' WHERE id = $1`, id);
  await again();
  await expect.poll(() => erasure(id), wait).toMatchObject({ status: 'WAITING', waitsFor: { outbox: 1 } });
  await given.rows(`DELETE FROM outbox WHERE room_id = $1`, other.id);
  await again();
  await expect.poll(async () => (await erasure(id)).status, wait).toBe('DONE');
});

it('events for webhooks name the pseudonym once all were told of them, and keep the erasure waiting until then', async () => {
  const product = await create(server);
  await given.rows(
    `INSERT INTO webhook_events (id, product_id, type, user_id, product, place, at, fanned)
     SELECT n, $1, 'participation.withdrawn', 'hookedhan', '{"seller_id": "sel"}', '{"user_id": "hookedhan", "nickname": "hookedhan"}',
       now(), true FROM generate_series(900001, 900002) n`,
    product.id,
  );
  await given.rows(
    `INSERT INTO webhook_deliveries (webhook_id, event_id, type, product_id, status)
     VALUES ('none', 900002, 'participation.withdrawn', $1, 'pending')`,
    product.id,
  );
  const { id, pseudonym } = (await erase('hookedhan')).body;
  await expect.poll(() => erasure(id), wait).toMatchObject({ status: 'WAITING', waitsFor: { webhookEvents: 1 } });
  await given.rows(`UPDATE webhook_deliveries SET status = 'delivered' WHERE event_id = 900002`);
  await given.rows(`UPDATE erasures SET looked_at = now() - interval '61 seconds' WHERE id = $1`, id);
  await expect.poll(async () => (await erasure(id)).status, wait).toBe('DONE');
  expect(await columnsWith('hookedhan')).toEqual([]);
  expect((await given.rows(`SELECT DISTINCT user_id FROM webhook_events WHERE id > 900000`))[0]).toEqual({
    user_id: pseudonym,
  });
});

it('who sells what still recruits is not erased, and is told why', async () => {
  await ok('POST', '/api/products', 'seller:sellsun', draft());
  const refused = await erase('sellsun', service);
  expect([refused.status, refused.body.detail]).toEqual([409, expect.stringContaining('recruit (1)')]);
  expect((await server.call('GET', '/api/trade/erasures/999999', { as: service })).status).toBe(404);
});

it('rows of an audit of before name people by numbers after a while, and say the same; nothing else of them can change', async () => {
  const product = await create(server);
  await given.rows(
    `INSERT INTO audit (product_id, event, actor, to_status, version) VALUES ($1, 'buyer.committed', 'oldowen', 'RECRUITING', 1)`,
    product.id,
  );
  const before = await audit(product);
  expect(before.map(({ actor }) => actor)).toEqual(['sel', 'oldowen']);
  while ((await given.rows<{ n: number }>('SELECT trade.number_actors(1) AS n'))[0]!.n > 0);
  expect(await columnsWith('oldowen')).toEqual(['people.user_id']);
  expect(await audit(product)).toEqual(before);
  for (const sql of ['DELETE FROM audit', `UPDATE audit SET note = 'x'`, 'UPDATE audit SET person = 1']) {
    await expect(given.rows(sql)).rejects.toThrow('is not allowed');
  }
});

it('what was asked for by somebody who is erased before it comes is refused in the database, whatever it is', async () => {
  const open = await create(server);
  const full = await create(server, { minParticipants: 1, maxParticipants: 2, waitingList: true, payment: 'REQUIRED' });
  for (const as of ['ben', 'cho']) await buy(full, as);
  const asks: [method: string, path: string, as: string, body: object, headers?: Record<string, string>][] = [
    ['POST', `/api/products/${open.id}/participations`, 'slowsue', {}],
    ['POST', `/api/products/${open.id}/participations`, 'slowsue', {}, { 'idempotency-key': 'slow' }],
    ['POST', `/api/products/${full.id}/waiting`, 'slowsue', {}],
    ['POST', '/api/products', 'seller:slowsue', draft()],
    ['PATCH', `/api/products/${open.id}`, 'admin:slowsue', { title: 'late' }],
    ['POST', `/api/products/${full.id}/close`, 'admin:slowsue', {}],
    ['PUT', '/api/trade/users/ben/block', 'admin:slowsue', {}],
    ['DELETE', '/api/trade/users/cho', 'admin:slowsue', {}],
  ];
  const { version } = (await server.call<Product>('GET', `/api/products/${open.id}`)).body;
  const paused = await Promise.all(
    asks.map(([method, path, as, body, headers]) =>
      pausedRequest({
        ...{ method, url: server.url + path, token: tokenOf(as), body },
        headers: { ...headers, ...(method === 'PATCH' ? { 'if-match': `"${version}"` } : {}) },
      }),
    ),
  );
  const { id } = (await erase('slowsue')).body;
  await given.rows(`UPDATE erasures SET requested_at = requested_at - interval '1 hour' WHERE id = $1`, id);
  await expect.poll(async () => (await erasure(id)).status, wait).toBe('DONE');
  const [answers] = await Promise.all([
    Promise.all(paused.map((request) => request.go())),
    ...['dan', 'eve', 'fay'].map((as) => buy(open, as)),
  ]);
  expect(answers.map(({ status, body }, i) => [...asks[i]!.slice(0, 2), status, JSON.parse(body).code])).toEqual(
    asks.map(([method, path]) => [method, path, 401, 'TOKEN_REVOKED']),
  );
  expect(await columnsWith('slowsue')).toEqual([]);
});

it('tokens of somebody who is erased are refused by the instance that was asked for it as soon as that has answered', async () => {
  const asked = async () => {
    const { status, body } = await server.call('GET', '/api/trade/users/atonce/export', { as: 'atonce' });
    return [status, body?.code];
  };
  expect(await asked()).toEqual([200, undefined]);
  await erase('atonce');
  expect(await asked()).toEqual([401, 'TOKEN_REVOKED']);
});

it('who was erased and is back with a newer token buys again', async () => {
  const product = await create(server);
  const buys = async (fromNow: number) => {
    const iat = Math.floor(Date.now() / 1_000) + fromNow;
    const as = `Bearer ${userToken({ sub: 'backbea', secret: USER_SECRET, claims: { iat, exp: iat + 7_200 } })}`;
    const { status, body } = await server.call('POST', `/api/products/${product.id}/participations`, { as, body: {} });
    return status === 201 ? status : [status, body.code];
  };
  const { id } = (await erase('backbea')).body;
  await given.rows(`UPDATE erasures SET requested_at = requested_at - interval '1 hour' WHERE id = $1`, id);
  await expect.poll(async () => (await erasure(id)).status, wait).toBe('DONE');
  expect(await buys(-600)).toEqual([401, 'TOKEN_REVOKED']);
  expect(await buys(20)).toBe(201);
});

it('an erasure ends before or after what is being written of the person, and never in between; each table sees to it', async () => {
  await server.stop();
  onTestFinished(async () => {
    server = await given.start(ENV);
  });
  await given.rows(`UPDATE erasures SET looked_at = now() WHERE user_id IS NOT NULL`);
  const [writer, eraser] = await Promise.all(
    [1, 2].map(async () => {
      const client = new pg.Client({ connectionString: given.databaseUrl });
      await client.connect();
      onTestFinished(() => client.end());
      return client;
    }),
  );
  const write = `INSERT INTO trade.pictures (id, user_id, digest, bytes) VALUES (gen_random_uuid(), 'raceray', '', 1)`;
  const waits = () => given.rows(`SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted`);
  const portion = async () =>
    (await eraser!.query<{ e: Erasure | null }>('SELECT trade.erase_portion(9, 60) AS e')).rows[0]!.e;
  await given.rows(`SELECT trade.request_erasure('raceray', NULL, false)`);
  await given.rows(`UPDATE erasures SET requested_at = now() - interval '1 hour' WHERE user_id = 'raceray'`);
  // The revocation's own rows.
  expect(await portion()).toMatchObject({ counts: { moderations: 2 } });

  await writer!.query('BEGIN');
  await writer!.query(write);
  const ending = portion();
  await expect.poll(waits, wait).toHaveLength(1);
  await writer!.query('COMMIT');
  expect((await ending)!.status).toBe('RUNNING');
  await given.rows(`UPDATE erasures SET looked_at = NULL WHERE user_id = 'raceray'`);
  expect((await portion())!.counts.pictures).toBe(1);

  await eraser!.query('BEGIN');
  expect((await portion())!.status).toBe('DONE');
  const late = writer!.query(write).catch((error) => error.code);
  await expect.poll(waits, wait).toHaveLength(1);
  await eraser!.query('COMMIT');
  expect(await late).toBe('GE001');
  expect(await columnsWith('raceray')).toEqual([]);

  const guarded = await given.rows<{ table: string; path: string }>(
    `SELECT c.relname AS "table", encode(t.tgargs, 'escape') AS path FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
     WHERE t.tgfoid = 'trade.refuse_erased'::regproc`,
  );
  const named = await given.rows<{ column: string }>(
    `SELECT table_name || '.' || column_name AS "column" FROM information_schema.columns WHERE table_schema = 'trade'
     AND column_name ~ '(user|seller|reader)_id$|^actor$'`,
  );
  const asked = guarded.map(({ table, path }) => `${table}.${/\{(\w+)/.exec(path)![1]}`);
  /** Written in a transaction that writes one of those, of the same person, or of somebody by others. */
  const elsewhere = {
    participations: ['addresses.user_id', 'address_reads.user_id', 'ended_payments.user_id'],
    moderations: ['bars.by_user_id', 'holds.by_user_id'],
    ofOthers: ['bars.user_id', 'moderations.user_id', 'erasures.user_id'],
    // By numbers.
    people: ['audit.actor'],
  };
  expect([...asked, ...Object.values(elsewhere).flat()].sort()).toEqual(named.map(({ column }) => column).sort());
});
