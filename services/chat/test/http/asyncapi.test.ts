import { commandSchemas, roomStreamEvents, roomsStreamEvents, serverFrames } from '@gongu/shared';
import { asyncApiProblems } from '@gongu/testkit';
import { beforeAll, describe, expect, it } from 'vitest';
import { chatOfThisFile } from '../fixture/chat.ts';

interface AsyncApi {
  readonly asyncapi: string;
  readonly channels: Readonly<Record<string, { address: string; messages: Record<string, object> }>>;
  readonly operations: Readonly<Record<string, { action: string; messages: { $ref: string }[] }>>;
  readonly components: {
    readonly messages: Record<string, { name: string }>;
    readonly schemas: Record<string, object>;
  };
}

const given = chatOfThisFile();
let document: AsyncApi;
beforeAll(async () => {
  const chat = await given.start();
  const answer = await fetch(`${chat.url}/asyncapi.json`);
  expect([answer.status, answer.headers.get('content-type')]).toEqual([
    200,
    expect.stringContaining('application/json'),
  ]);
  document = (await answer.json()) as AsyncApi;
});

// What is received is held against the same schemas wherever a test of this service listens (fixture/client.ts,
// event-stream.ts, stomp-reader.ts).
describe('/asyncapi.json', () => {
  it('is AsyncAPI 3.0, by the schema of those who made it, and refers to nothing that it does not have', () => {
    expect(document.asyncapi).toBe('3.0.0');
    expect(asyncApiProblems(document)).toEqual([]);
  });

  it('would be told apart from a document that is wrong', () => {
    const wrong = { ...document, channels: { ...document.channels, more: { messages: { a: { $ref: '#/nowhere' } } } } };
    expect(asyncApiProblems(wrong)).toEqual(['#/nowhere leads nowhere']);
    expect(asyncApiProblems({ ...document, asyncapi: '2.0.0' })).not.toEqual([]);
    expect(asyncApiProblems({ ...document, operations: { a: { action: 'shout' } } })).not.toEqual([]);
  });

  it('has the socket both ways and both event streams, with every message of each', () => {
    const namesOf = (operation: string) =>
      document.operations[operation]!.messages.map(
        ({ $ref }) => document.components.messages[$ref.split('/').at(-1)!]!.name,
      );
    expect(Object.values(document.channels).map(({ address }) => address)).toEqual([
      '/ws',
      '/api/chat/rooms/{roomId}/events',
      '/api/chat/events',
    ]);
    expect(Object.entries(document.operations).map(([name, { action }]) => [name, action, namesOf(name)])).toEqual([
      ['takeCommand', 'receive', Object.keys(commandSchemas(1))],
      ['sendFrame', 'send', Object.keys(serverFrames)],
      ['sendRoomEvent', 'send', Object.keys(roomStreamEvents)],
      ['sendRoomsEvent', 'send', Object.keys(roomsStreamEvents)],
    ]);
  });

  it('says what a room id is, and what of a command may be left out', () => {
    expect(document.components.schemas['command.history']).toMatchObject({
      required: ['type', 'roomId'],
      properties: {
        roomId: {
          anyOf: [
            { type: 'string', pattern: expect.any(String) },
            { type: 'integer', minimum: 0 },
          ],
        },
        limit: { default: 50 },
      },
    });
  });
});
