import type { Product } from '@gongu/shared';
import { readSeries } from '@gongu/testkit';
import { eventually } from '@gongu/testkit/eventually';
import { describe, expect, it } from 'vitest';
import { draft, testTrade } from '../fixture/trade-server.ts';

const fixture = await testTrade();
const server = await fixture.start();
/** Of a service that was asked nothing yet. */
const fresh = await readSeries(server.url, 'counter');

const OUTCOMES = ['delivered', 'retry', 'refused', 'unreachable'];
const TASKS = ['close recruitment', 'relay outbox', 'reopen lost rooms', 'compare with chat', 'purge'];

describe('counters', () => {
  it('have all their series from the start: what a series holds in its first sample is no growth', async () => {
    for (const outcome of OUTCOMES)
      expect(fresh.get(`gongu_trade_outbox_attempts_total{outcome="${outcome}"}`)).toBe(0);
    for (const status of ['2xx', '3xx', '4xx', '5xx']) {
      expect(fresh.get(`gongu_http_requests_total{route="/api/products",class="${status}"}`)).toBe(0);
    }
    const all = await readSeries(server.url);
    for (const task of TASKS) {
      expect(fresh.get(`gongu_job_runs_total{task="${task}",outcome="failed"}`)).toBe(0);
      expect(all.get(`gongu_job_duration_seconds_count{task="${task}"}`)).toBeGreaterThanOrEqual(0);
      // A job that never goes well is late from its plan on.
      const at = all.get(`gongu_job_last_success_timestamp_seconds{task="${task}"}`)!;
      expect(Math.abs(Date.now() / 1_000 - at)).toBeLessThan(60);
    }
  });

  it('begin no other series, whatever happens', async () => {
    const seller = { as: 'seller:sel' };
    fixture.chat.disturb(() => ({ refuse: 'CONFLICT' }));
    await server.call<Product>('POST', '/api/products', { ...seller, body: draft() });
    await eventually(async () => {
      expect(await fixture.rows('SELECT id FROM outbox WHERE parked_at IS NOT NULL')).toHaveLength(1);
    });
    fixture.chat.behave();
    await fetch(`${server.url}/api/products/nobody/participations/me`, { method: 'PATCH' });
    for (const path of ['/nowhere', '/docs', '/api/products?limit=x', '/openapi.json']) await fetch(server.url + path);
    await fixture.rows('ALTER TABLE products RENAME TO elsewhere');
    expect((await fetch(`${server.url}/api/products`)).status).toBe(500);
    await fixture.rows('ALTER TABLE elsewhere RENAME TO products');

    const now = await readSeries(server.url, 'counter');
    expect([...now.keys()].filter((name) => !fresh.has(name))).toEqual([]);
    expect(now.get('gongu_trade_outbox_attempts_total{outcome="refused"}')).toBe(1);
    expect(now.get('gongu_http_requests_total{route="/api/products",class="5xx"}')).toBe(1);
  });
});
