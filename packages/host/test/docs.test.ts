import { Problem, Room } from '@gongu/shared';
import { afterEach, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { createHttp, type Http, noContent, problems, registerDocs, registerHealth } from '../src/index.ts';
import { logLines } from './fixture/log-lines.ts';

let app: Http;
afterEach(() => app.close());

async function open() {
  const service = { name: 'Rooms <test>', description: 'For tests', version: '1.2.3' };
  app = createHttp({ log: logLines().log, service, allowedOrigins: '*' });
  await registerDocs(app, { tags: [{ name: 'rooms' }] });
  app.get(
    '/rooms/:roomId',
    {
      schema: {
        tags: ['rooms'],
        summary: 'One room',
        security: [{ user: [] }],
        params: z.object({ roomId: z.string().describe('Its id') }),
        response: { 200: Room, ...problems('NOT_FOUND', 'FORBIDDEN', 'NOT_A_MEMBER') },
      },
    },
    async () => ({}) as never,
  );
  app.post(
    '/rooms/:roomId/read',
    {
      schema: {
        tags: ['rooms'],
        params: z.object({ roomId: z.string() }),
        body: z.object({ seq: z.int().min(0) }),
        response: { 204: noContent, ...problems() },
      },
    },
    async (_request, reply) => reply.code(204).send(),
  );
  registerHealth(app, { checks: {}, critical: [], state: () => 'ready' });
  return (await app.inject('/openapi.json')).json();
}

test('OpenAPI 3.0.3 lists every route with all of its answers', async () => {
  const document = await open();
  expect(document.openapi).toBe('3.0.3');
  expect(document.info).toEqual({ title: 'Rooms <test>', version: '1.2.3', description: 'For tests' });
  expect(Object.keys(document.paths)).toEqual(['/rooms/{roomId}', '/rooms/{roomId}/read']);
  const { responses } = document.paths['/rooms/{roomId}'].get;
  expect(Object.keys(responses)).toEqual(['200', '400', '403', '404', '408', '413', '417', '500', '503']);
  expect(responses[403].description).toBe('FORBIDDEN, NOT_A_MEMBER');
  expect(responses[403].content['application/problem+json'].schema).toEqual({ $ref: '#/components/schemas/Problem' });
  expect(responses[200].content['application/json'].schema).toEqual({ $ref: '#/components/schemas/Room' });
  expect(document.components.schemas).toHaveProperty('Room');
  expect(document.components.schemas.Problem.properties.code.enum).toContain('CAP_REACHED');
  expect(Problem.shape.code.options).toContain('CAP_REACHED');
});

test('a 204 is documented without a body, and sent without one', async () => {
  const document = await open();
  const answer = document.paths['/rooms/{roomId}/read'].post.responses[204];
  expect(answer.description).toBe('Done; the answer has no body');
  expect(answer.content ?? {}).toEqual({});
  const response = await app.inject({ method: 'POST', url: '/rooms/1/read', payload: { seq: 1 } });
  expect([response.statusCode, response.body]).toEqual([204, '']);
});

test('/docs is one page of its own: no script, no other host, everything escaped', async () => {
  await open();
  const { body, headers } = await app.inject('/docs');
  expect(headers['content-type']).toBe('text/html; charset=utf-8');
  expect(headers['content-security-policy']).toMatch(/^default-src 'none'; style-src 'sha256-[A-Za-z0-9+/=]+'/);
  expect(body).toContain('/rooms/{roomId}');
  expect(body).toContain('Rooms &#60;test&#62;');
  expect(body).not.toMatch(/<script|https?:\/\//);
});

test('the document and its page are made once, however often they are asked for', async () => {
  await open();
  const made = vi.spyOn(app, 'swagger');
  const pages = await Promise.all(Array.from({ length: 20 }, () => app.inject('/docs')));
  const documents = await Promise.all(Array.from({ length: 20 }, () => app.inject('/openapi.json')));
  expect(made.mock.calls.length).toBeLessThanOrEqual(1);
  expect(new Set(pages.map(({ body }) => body)).size).toBe(1);
  expect(documents[19]!.headers['content-type']).toBe('application/json; charset=utf-8');
  expect(documents[19]!.json()).toEqual(app.swagger());
});
