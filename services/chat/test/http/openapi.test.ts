import { namelessParts } from '@gongu/testkit';
import { openApiErrors } from '@gongu/testkit/openapi-lint';
import { beforeAll, describe, expect, it } from 'vitest';
import { chatOfThisFile, type Instance } from '../fixture/chat.ts';

const given = chatOfThisFile();
let chat: Instance;
let document: OpenApi;
beforeAll(async () => {
  chat = await given.start();
  document = (await (await fetch(`${chat.url}/openapi.json`)).json()) as OpenApi;
});

interface Operation {
  tags?: string[];
  summary?: string;
  parameters?: { name: string; in: string }[];
  requestBody?: { content: Record<string, { schema: object }> };
  responses: Record<string, { description: string; content?: Record<string, { schema: object }> }>;
}
interface OpenApi {
  openapi: string;
  info: { title: string; version: string; description: string };
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, object>; securitySchemes: object };
}
const operations = () =>
  Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([verb, operation]) => ({ name: `${verb.toUpperCase()} ${path}`, path, verb, operation })),
  );

// What each route answers is held against the document wherever a test of this service calls one (fixture/chat.ts).
describe('/openapi.json', () => {
  it('is OpenAPI 3.0.3 and lists every route of the contract, and nothing else', () => {
    expect(document.openapi).toBe('3.0.3');
    expect(
      operations()
        .map(({ name }) => name)
        .sort(),
    ).toEqual([
      'DELETE /api/chat/push-subscriptions',
      'DELETE /api/chat/rooms/{roomId}',
      'DELETE /api/chat/rooms/{roomId}/messages/{seq}',
      'DELETE /api/chat/rooms/{roomId}/messages/{seq}/reactions/{emoji}',
      'DELETE /api/chat/rooms/{roomId}/participants/{userId}',
      'DELETE /api/chat/rooms/{roomId}/pins/{seq}',
      'DELETE /api/chat/rooms/{roomId}/restrictions/{userId}',
      'DELETE /api/chat/users/{userId}',
      'DELETE /api/chat/users/{userId}/block',
      'DELETE /api/chat/users/{userId}/revoke',
      'DELETE /api/chat/webhooks/{id}',
      'GET /api/chat/erasures/{id}',
      'GET /api/chat/events',
      'GET /api/chat/push-key',
      'GET /api/chat/push-subscriptions',
      'GET /api/chat/reports',
      'GET /api/chat/reports/{reportId}/attachments',
      'GET /api/chat/rooms',
      'GET /api/chat/rooms/{roomId}',
      'GET /api/chat/rooms/{roomId}/attachments',
      'GET /api/chat/rooms/{roomId}/attachments/{attachmentId}',
      'GET /api/chat/rooms/{roomId}/events',
      'GET /api/chat/rooms/{roomId}/messages',
      'GET /api/chat/rooms/{roomId}/messages/{seq}',
      'GET /api/chat/rooms/{roomId}/messages/{seq}/reactions',
      'GET /api/chat/rooms/{roomId}/notice',
      'GET /api/chat/rooms/{roomId}/participants',
      'GET /api/chat/rooms/{roomId}/restrictions',
      'GET /api/chat/rooms/{roomId}/search',
      'GET /api/chat/search',
      'GET /api/chat/users/{userId}/export',
      'GET /api/chat/webhooks',
      'GET /api/chat/webhooks/{id}',
      'GET /api/chat/webhooks/{id}/deliveries',
      'PATCH /api/chat/reports/{reportId}',
      'PATCH /api/chat/rooms/{roomId}',
      'PATCH /api/chat/rooms/{roomId}/messages/{seq}',
      'PATCH /api/chat/webhooks/{id}',
      'POST /api/chat/rooms',
      'POST /api/chat/rooms/{roomId}/messages',
      'POST /api/chat/rooms/{roomId}/messages/{seq}/reports',
      'POST /api/chat/rooms/{roomId}/participants',
      'POST /api/chat/rooms/{roomId}/uploads',
      'POST /api/chat/rooms/{roomId}/uploads/{uploadId}/complete',
      'POST /api/chat/tickets',
      'POST /api/chat/tokens/anonymous',
      'POST /api/chat/users/{userId}/revoke',
      'POST /api/chat/webhooks',
      'POST /api/chat/webhooks/{id}/redeliver',
      'POST /api/chat/webhooks/{id}/rotate',
      'POST /api/chat/webhooks/{id}/test',
      'PUT /api/chat/push-subscriptions',
      'PUT /api/chat/rooms/{roomId}/messages/{seq}/reactions/{emoji}',
      'PUT /api/chat/rooms/{roomId}/participants',
      'PUT /api/chat/rooms/{roomId}/participants/{userId}',
      'PUT /api/chat/rooms/{roomId}/pins/{seq}',
      'PUT /api/chat/rooms/{roomId}/read',
      'PUT /api/chat/rooms/{roomId}/restrictions/{userId}',
      'PUT /api/chat/users/{userId}/block',
    ]);
  });

  it('says of each route what it does, what it takes and what it may answer', () => {
    for (const { name, path, verb, operation } of operations()) {
      expect(operation.summary, name).toBeTruthy();
      expect(operation.tags, name).toHaveLength(1);
      const named = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
      const declared = (operation.parameters ?? []).filter((one) => one.in === 'path').map((one) => one.name);
      expect(declared.sort(), name).toEqual(named.sort());
      for (const status of ['400', '500', '503']) expect(Object.keys(operation.responses), name).toContain(status);
      for (const [status, response] of Object.entries(operation.responses)) {
        if (Number(status) < 400) continue;
        expect(Object.keys(response.content ?? {}), `${name} ${status}`).toEqual(['application/problem+json']);
      }
      if (verb === 'get') continue;
      expect(operation.responses['403']?.description, name).toContain('ORIGIN_NOT_ALLOWED');
      expect(operation.responses['413']?.description, name).toContain('TOO_LARGE');
    }
  });

  it('says in words what no schema can: what one field demands of another, and null for a body', () => {
    const { OpenRoom, PatchRoom, SendMessage } = document.components.schemas;
    const properties = { minParticipants: { description: 'not more than maxParticipants' } };
    expect([OpenRoom, PatchRoom]).toMatchObject([{ properties }, { properties }]);
    expect(SendMessage).toMatchObject({ properties: { replyTo: { description: 'a message of the same room' } } });
    expect(document.info.description).toContain('may also be null');
  });

  it('has no fault that linters or generators of clients stumble over', async () => {
    expect(namelessParts(document)).toEqual([]);
    expect(await openApiErrors(document)).toEqual([]);
  });

  it('tells which kind of message is which, so that no reader has to try', () => {
    expect(document.components.schemas.Message).toMatchObject({
      discriminator: { propertyName: 'kind', mapping: { CHAT: expect.stringMatching('ChatMessage$') } },
    });
    expect(document.components.schemas.SystemEvent).toMatchObject({
      discriminator: { propertyName: 'event', mapping: { 'room.closed': expect.stringMatching('RoomClosed$') } },
    });
  });

  it('refers to no schema that it does not have', () => {
    const text = JSON.stringify(document);
    const named = new Set([...text.matchAll(/"#\/components\/schemas\/([^"]+)"/g)].map((match) => match[1]));
    expect([...named].sort()).toEqual(expect.arrayContaining(['Message', 'Participant', 'Problem', 'Room']));
    for (const name of named) expect(Object.keys(document.components.schemas)).toContain(name);
  });

  it('names the security of each route: a user’s token, the service’s, or none', () => {
    for (const { name, operation } of operations()) {
      const security = (operation as { security?: Record<string, unknown>[] }).security ?? [];
      const schemes = security.flatMap((one) => Object.keys(one)).sort();
      expect([name, schemes]).toEqual([name, expected(name)]);
      // A token of the other kind is good, and not for this route; streams, as sockets, know users alone.
      if (schemes.length === 1 && !name.endsWith('/events'))
        expect(operation.responses['403']?.description, name).toContain('FORBIDDEN');
    }
  });
  function expected(name: string): string[] {
    if (name === 'POST /api/chat/tokens/anonymous') return [];
    if (/^(?:POST \/api\/chat\/rooms|DELETE \/api\/chat\/rooms\/\{roomId\}|PUT .*participants.*)$/.test(name)) {
      return ['service'];
    }
    if (
      /^GET \/api\/chat\/(?:rooms|search)$|events$|tickets$|read$|push-[a-z]+$|\{emoji\}$|^POST .*(?:participants|reports|uploads|complete)$/.test(
        name,
      )
    ) {
      return ['user'];
    }
    const ofBackEnds = /\/webhooks|\/users\/\{userId\}\/export$|^DELETE .*\/users\/\{userId\}$|\/erasures\//.test(name);
    return ofBackEnds ? ['service', 'shop', 'user'] : ['service', 'user'];
  }
});
