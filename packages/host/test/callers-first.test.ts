import { AppError } from '@gongu/shared';
import { afterEach, expect, test } from 'vitest';
import { z } from 'zod';
import { askCallersFirst, createHttp, type Http } from '../src/index.ts';
import { logLines } from './fixture/log-lines.ts';

let app: Http;
afterEach(() => app.close());

/** Routes for each kind of caller; every check refuses, and says who was asked for. */
function open() {
  const { log } = logLines();
  const service = { name: 'test', description: 'A service for tests', version: '1.0.0' };
  app = createHttp({ log, service, allowedOrigins: ['https://shop.example'], bodyLimitBytes: 100 });
  const refuse = (detail: string) => async () => {
    throw new AppError('UNAUTHENTICATED', { detail });
  };
  askCallersFirst(app, { user: refuse('user'), service: refuse('service'), either: refuse('either') });
  const body = z.object({ title: z.string() });
  const route = (url: string, security: Record<string, string[]>[] | undefined, findsCaller = false) =>
    app.post(url, { config: { findsCaller }, schema: { body, ...(security && { security }) } }, async () => 'done');
  route('/user', [{ user: [] }]);
  route('/service', [{ service: [] }]);
  route('/either', [{ user: [] }, { service: [] }]);
  route('/anyone', undefined);
  route('/itself', [{ user: [] }], true);
}

const post = (url: string, payload: string) =>
  app.inject({
    ...{ method: 'POST', url, payload },
    headers: { 'content-type': 'application/json', origin: 'https://shop.example' },
  });

test('who may not call hears that first, whatever he sends, and a page of the shop can read it', async () => {
  open();
  for (const kind of ['user', 'service', 'either']) {
    for (const payload of ['{}', '{"title":', `{"title":"${'x'.repeat(200)}"}`, '{"title":"x"}']) {
      const { statusCode, headers, json } = await post(`/${kind}`, payload);
      expect([payload, statusCode, json().detail]).toEqual([payload, 401, kind]);
      expect(headers['access-control-allow-origin']).toBe('https://shop.example');
    }
  }
});

test('routes that are for anybody, or that find out by themselves, are not asked for', async () => {
  open();
  for (const url of ['/anyone', '/itself']) {
    expect((await post(url, '{}')).statusCode).toBe(400);
    expect((await post(url, '{"title":"x"}')).statusCode).toBe(200);
  }
  expect((await post('/nothing', '{}')).statusCode).toBe(404);
});
