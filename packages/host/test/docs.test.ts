import { Problem, Room } from '@gongu/shared';
import { afterEach, describe, expect, test, vi } from 'vitest';
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

describe('what generators of clients and validators trip over', () => {
  const Place = z.object({ note: z.string() }).meta({ id: 'DocsTestPlace' });
  const Order = z.object({ count: z.int().default(1) }).meta({ id: 'DocsTestOrder' });
  const Cat = z.object({ kind: z.literal('cat'), lives: z.int() }).meta({ id: 'DocsTestCat' });
  const Dog = z.object({ kind: z.enum(['dog', 'puppy']) }).meta({ id: 'DocsTestDog' });
  const Thing = z
    .object({
      why: z.enum(['FULL', 'LATE']).nullable(),
      nothing: z.null(),
      place: Place.nullable(),
      small: z.int().min(1).max(10),
      large: z.int(),
      pet: z.discriminatedUnion('kind', [Cat, Dog]),
    })
    .meta({ id: 'DocsTestThing' });

  async function describeThing() {
    app = createHttp({
      log: logLines().log,
      service: { name: 'x', description: 'x', version: '1' },
      allowedOrigins: '*',
    });
    await registerDocs(app);
    const headers = z.object({ 'last-event-id': z.string().optional(), 'if-match': z.string().optional() });
    const schema = { headers, body: Order.nullish(), response: { 200: Thing, ...problems() } };
    app.post('/things', { schema }, async () => ({}) as never);
    app.put('/orders', { schema: { body: Order, response: { 200: Order, ...problems() } } }, async () => ({}) as never);
    return (await app.inject('/openapi.json')).json();
  }

  test('a property that is null or one of some values has null among them', async () => {
    const { properties } = (await describeThing()).components.schemas.DocsTestThing;
    expect(properties.why).toEqual({ type: 'string', nullable: true, enum: ['FULL', 'LATE', null] });
    expect(properties.nothing).toEqual({ type: 'string', nullable: true, description: 'Always null' });
    expect(properties.place).toMatchObject({ type: 'object', nullable: true });
  });

  test('integers say how wide they are', async () => {
    const { properties } = (await describeThing()).components.schemas.DocsTestThing;
    expect(properties.small).toEqual({ type: 'integer', format: 'int32', minimum: 1, maximum: 10 });
    expect(properties.large).toEqual({ type: 'integer', format: 'int64' });
  });

  test('alternatives are told apart by the property that does', async () => {
    const { pet } = (await describeThing()).components.schemas.DocsTestThing.properties;
    expect(pet.discriminator).toEqual({
      propertyName: 'kind',
      mapping: {
        cat: '#/components/schemas/DocsTestCat',
        dog: '#/components/schemas/DocsTestDog',
        puppy: '#/components/schemas/DocsTestDog',
      },
    });
  });

  test('schemas that nothing uses are not there, and what comes in keeps its name unless another form of it goes out', async () => {
    const { schemas } = (await describeThing()).components;
    expect(Object.keys(schemas)).toEqual([
      ...['DocsTestCat', 'DocsTestDog', 'DocsTestOrder', 'DocsTestOrderInput', 'DocsTestPlace', 'DocsTestThing'],
      'Problem',
    ]);
  });

  test('a body that may be left out is that body, headers are written as usual, and every operation says who may call it', async () => {
    const { post } = (await describeThing()).paths['/things'];
    expect(post.requestBody).toEqual({
      required: false,
      content: { 'application/json': { schema: { $ref: '#/components/schemas/DocsTestOrderInput' } } },
    });
    expect(post.parameters.map(({ name }: { name: string }) => name)).toEqual(['Last-Event-ID', 'If-Match']);
    expect(post.security).toEqual([]);
  });
});
