import { ProductChange } from '@gongu/shared';
import { eventually } from '@gongu/testkit/eventually';
import pg from 'pg';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openEvents } from '../fixture/event-source.ts';
import { create, testTrade } from '../fixture/trade-server.ts';

const { start, rows, databaseUrl: connectionString } = await testTrade();
const server = await start({ HEARTBEAT_MS: '1000' });
const other = await start();
const { call } = server;
const [{ url: databaseUrl }] = (await rows<{ url: string }>('SELECT current_database() AS url')) as [{ url: string }];

const events = (query = '', headers: Record<string, string> = {}) =>
  openEvents(`${server.url}/api/products/events${query}`, headers);
const buy = (id: string, as: string) => call('POST', `/api/products/${id}/participations`, { as });

describe('GET /api/products/events', () => {
  it('begins with `ready`, and then tells seats and status as they change', async () => {
    const product = await create(server, { maxParticipants: 2 });
    const stream = await events();
    expect(stream.response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(stream.response.headers.get('x-accel-buffering')).toBe('no');
    await eventually(() => expect(stream.events[0]).toMatchObject({ event: 'ready', id: expect.any(Number) }));
    await buy(product.id, 'ann');
    await buy(product.id, 'ben');
    expect(await stream.versions(product.id, 2)).toEqual([2, 3]);
    const [first, last] = stream.events.filter(({ data }) => data.id === product.id);
    expect(first?.data).toMatchObject({ status: 'RECRUITING', participantCount: 1, seatsLeft: 1 });
    expect(last?.data).toMatchObject({ status: 'CLOSED', reason: 'FULL', seatsLeft: 0, closedAt: expect.any(String) });
    expect([first?.data.unitCount, last?.data.unitCount]).toEqual([1, 2]);
    for (const { data } of stream.events.slice(1)) expect(ProductChange.strict().parse(data)).toEqual(data);
    const { body: now } = await call<object>('GET', `/api/products/${product.id}`);
    expect(now).toMatchObject(last?.data ?? {});
  });

  it('tells a purchase on the same instance and on another one', async () => {
    const product = await create(server);
    const [here, there] = await Promise.all([events(), openEvents(`${other.url}/api/products/events`)]);
    await buy(product.id, 'ann');
    expect(await here.versions(product.id, 1)).toEqual([2]);
    expect(await there.versions(product.id, 1)).toEqual([2]);
  });

  it('tells only of the products that were asked for', async () => {
    const [a, b, c] = [await create(server), await create(server), await create(server)];
    const stream = await events(`?productId=${a.id}&productId=${c.id}`);
    for (const { id } of [a, b, c]) await buy(id, 'ann');
    await stream.versions(c.id, 1);
    expect(stream.events.slice(1).map(({ data }) => data.id)).toEqual([a.id, c.id]);
  });

  it('gives whoever comes back with Last-Event-ID what he missed, on any instance, and nothing twice in one stream', async () => {
    const product = await create(server, { maxParticipants: 30 });
    const stream = await events();
    await buy(product.id, 'ann');
    await stream.versions(product.id, 1);
    const last = stream.events.at(-1)!.id;
    stream.close();
    for (let n = 0; n < 10; n++) await buy(product.id, `b${n}`);
    const back = await openEvents(`${other.url}/api/products/events`, { 'last-event-id': String(last) });
    const versions = await back.versions(product.id, 10);
    await buy(product.id, 'last');
    expect(await back.versions(product.id, 11)).toEqual([...versions, 13]);
    expect(versions).toEqual([3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    expect(back.events.map(({ id }) => id)).toEqual([...back.events.map(({ id }) => id)].sort((a, b) => a - b));
  });

  it('takes the id in the query too, for readers that can not send the header, which goes before it', async () => {
    const product = await create(server, { maxParticipants: 30 });
    const stream = await events();
    await buy(product.id, 'ann');
    await stream.versions(product.id, 1);
    const last = stream.events.at(-1)!.id;
    stream.close();
    for (const as of ['ben', 'cem']) await buy(product.id, as);
    const back = await events(`?lastEventId=${last}`);
    expect(await back.versions(product.id, 2)).toEqual([3, 4]);
    const both = await events('?lastEventId=99999999999', { 'last-event-id': String(last) });
    expect(await both.versions(product.id, 2)).toEqual([3, 4]);
    const empty = await events('?lastEventId=');
    await eventually(() => expect(empty.events[0]).toMatchObject({ event: 'ready' }));
  });

  it('takes so many streams and refuses the rest with a time to come back, until one ends', async () => {
    const small = await start({ MAX_CONNECTIONS: '2' });
    const open = () => openEvents(`${small.url}/api/products/events`);
    const [first] = await Promise.all([open(), open()]);
    const refusals = await Promise.all([open(), open()]);
    for (const { response } of refusals) {
      expect(response.status).toBe(503);
      const seconds = Number(response.headers.get('retry-after'));
      expect(seconds).toBeGreaterThanOrEqual(1);
      expect(seconds).toBeLessThanOrEqual(30);
      expect(await response.json()).toMatchObject({ code: 'UNAVAILABLE', retryAfterMs: expect.any(Number) });
    }
    expect((await small.call('GET', '/api/products')).status).toBe(200);
    const metrics = await (await fetch(`${small.url}/metrics`)).text();
    expect(metrics).toMatch(/gongu_trade_event_streams_refused_total\{[^}]*\} 2\n/);
    first.close();
    await eventually(async () => expect((await open()).response.status).toBe(200));
    await small.stop();
  });

  it.each(['nonsense', '-1', '1.5', '1e3', '99999999999999999'])(
    'refuses the id %s, as chat does, and says why',
    async (id) => {
      const answers = [
        await call('GET', '/api/products/events', { headers: { 'last-event-id': id } }),
        await call('GET', `/api/products/events?lastEventId=${id}`),
      ];
      expect(answers.map(({ body }) => body.errors[0]?.path)).toEqual(['last-event-id', 'lastEventId']);
      for (const { status, body } of answers) {
        expect(status).toBe(400);
        expect(body).toMatchObject({
          code: 'VALIDATION_FAILED',
          errors: [{ message: 'must be the id of an event: a whole number' }],
        });
      }
    },
  );

  it.each(['99999999999', '0'])(
    'tells whoever comes with the id %s, which says nothing, to read the list again',
    async (id) => {
      await rows('DELETE FROM changes WHERE seq < 3');
      const stream = await events('', { 'last-event-id': id });
      await eventually(() => expect(stream.events[0]?.event).toBe('reset'));
    },
  );

  it('tells whoever missed more than 1 000 changes to read the list again', async () => {
    const [{ from }] = (await rows<{ from: string }>('SELECT max(seq)::text AS from FROM changes')) as [
      { from: string },
    ];
    await rows(`INSERT INTO changes (product_id, version, status, min_participants, max_participants, participant_count, deadline)
      SELECT 'p' || n, 1, 'RECRUITING', 1, 2, 0, now() FROM generate_series(1, 1001) n`);
    const stream = await events('', { 'last-event-id': from });
    await eventually(() => expect(stream.events[0]?.event).toBe('reset'));
  });

  it('loses nothing of a transaction that took its number first and committed last', async () => {
    const stream = await events();
    await eventually(() => expect(stream.events).toHaveLength(1));
    const slow = new pg.Client({
      connectionString: process.env.TEST_DATABASE_URL!.replace(/\/[^/]*$/, `/${databaseUrl}`),
      options: '-c search_path=trade',
    });
    await slow.connect();
    const change = (id: string) =>
      `INSERT INTO changes (product_id, version, status, min_participants, max_participants, participant_count, deadline)
       VALUES ('${id}', 1, 'RECRUITING', 1, 2, 0, now())`;
    await slow.query('BEGIN');
    await slow.query(change('slow'));
    await rows(change('fast'));
    await stream.versions('fast', 1);
    // Who leaves now and comes back with this id has not got past what was not told.
    const { id } = stream.events.at(-1)!;
    await slow.query('COMMIT');
    await slow.end();
    await stream.versions('slow', 1);
    const back = await events('', { 'last-event-id': String(id) });
    await back.versions('slow', 1);
  });

  it('keeps a silent connection alive by comments', async () => {
    const stream = await events();
    await eventually(() => expect(stream.comments).toContain('still here'));
  });

  it('may be read by pages of allowed origins', async () => {
    const stream = await events('', { origin: 'https://shop.test' });
    expect(stream.response.headers.get('access-control-allow-origin')).toBe('https://shop.test');
    expect(stream.response.headers.get('x-request-id')).toMatch(/./);
  });

  it('ends when the service stops, and spreads the return', async () => {
    const leaving = await start();
    const streams = await Promise.all(
      Array.from({ length: 5 }, () => openEvents(`${leaving.url}/api/products/events`)),
    );
    await leaving.stop();
    await Promise.all(streams.map(({ ended }) => ended));
    for (const { state, events: told } of streams) {
      expect(state.retryMs).toBeLessThanOrEqual(3_000);
      expect(told.at(-1)).toMatchObject({ event: 'reconnect', data: { afterMs: state.retryMs } });
    }
  });

  it('ends as well where it begins while the service stops', async () => {
    const stopping = await start({ DRAIN_MS: '4000' });
    const client = new pg.Client({ connectionString });
    onTestFinished(() => client.end());
    await client.connect();
    await client.query('BEGIN');
    await client.query('LOCK TABLE trade.changes IN ACCESS EXCLUSIVE MODE');
    const stream = fetch(`${stopping.url}/api/products/events`, { headers: { 'last-event-id': '1' } });
    const waiting = `SELECT 1 FROM pg_locks WHERE NOT granted AND relation = 'trade.changes'::regclass`;
    await eventually(async () => expect((await client.query(waiting)).rows.length).toBeGreaterThan(0));
    const began = performance.now();
    const stopped = stopping.stop();
    await eventually(async () => expect(await fetch(stopping.url).catch(() => 'closed')).toBe('closed'));
    await client.query('COMMIT');
    expect(await (await stream).text()).toContain('event: reconnect');
    await stopped;
    expect(performance.now() - began).toBeLessThan(4_000);
  });

  it('forgets who has left', async () => {
    const stream = await events();
    const open = async () =>
      Number(/gongu_trade_event_streams\{[^}]*\} (\d+)/.exec(await (await fetch(`${server.url}/metrics`)).text())?.[1]);
    const before = await open();
    stream.close();
    await eventually(async () => expect(await open()).toBeLessThan(before));
  });
});
