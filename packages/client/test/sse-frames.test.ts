import { type Command, commandSchemas, type Event } from '@gongu/shared';
import { expect, onTestFinished, test } from 'vitest';
import type { Rest } from '../src/rest.ts';
import { createSseTransport } from '../src/transport/sse-transport.ts';
import { tokenOf } from './fixture/chatting.ts';
import { testClock } from './fixture/time.ts';

const SCHEMAS = commandSchemas(4_000);
/** A value for each field of a command. */
const VALUES: Readonly<Record<string, unknown>> = {
  ...{ ref: 'r-1', roomId: 'room-1', seq: 7, clientMessageId: 'c-1', content: 'hello', kind: 'NOTIFICATION' },
  ...{ mentions: ['ann'], mentionsAll: true, replyTo: 'room-1:1', ifVersion: 3, emoji: '👍', on: true },
  ...{ attachments: ['0123456789abcdef0123456789abcdef'], after: 5, limit: 20 },
};
/** Beside `before`, which stands in the place of `after`, and what only sockets need. */
const NOT_SENT = ['type', 'ref', 'before', 'maxBytes'];
const path = '/rooms/room-1';
const REQUESTS: Readonly<Record<string, readonly [string, string, (readonly string[])?]>> = {
  // All that is not in the path is in the body.
  send: ['POST', `${path}/messages`, ['roomId']],
  edit: ['PATCH', `${path}/messages/7`, ['roomId', 'seq']],
  delete: ['DELETE', `${path}/messages/7`],
  react: ['PUT', `${path}/messages/7/reactions/${encodeURIComponent('👍')}`],
  pin: ['PUT', `${path}/pins/7`],
  read: ['PUT', `${path}/read`, ['roomId']],
  history: ['GET', `${path}/messages?limit=20&after=5`],
};

test.each(Object.entries(REQUESTS))('over HTTP a %s keeps all its fields', async (type, [method, url, inPath]) => {
  const { shape } = SCHEMAS[type as Command['type']];
  const fields = Object.keys(shape).filter((field) => !NOT_SENT.includes(field));
  const unknown = fields.filter((field) => VALUES[field] === undefined);
  expect(unknown, 'a field is new: name a value for it').toEqual([]);
  const said = Object.fromEntries(fields.map((field) => [field, VALUES[field]]));
  const requests: unknown[][] = [];
  const events: Event[] = [];
  const rest = {
    url: 'http://chat.test',
    async request(...asked: unknown[]) {
      requests.push(asked);
      return { ok: true, value: { status: 201, body: { ...said, messages: [], hasMore: false } } };
    },
  } as unknown as Rest;
  const transport = createSseTransport({ rest, fetch, clock: testClock(), random: Math.random });
  const channel = transport.open(tokenOf('ann'), {
    onEvent: (event) => void events.push(event),
    onAlive() {},
    onClosed() {},
  });
  onTestFinished(() => channel.close());
  channel.send(SCHEMAS[type as Command['type']].parse({ type, ref: 'r-1', ...said }) as Command);
  await expect.poll(() => requests.find(([, asked]) => String(asked).startsWith(path))).toBeDefined();
  const [asked] = requests.filter(([, to]) => String(to).startsWith(path));
  const body = inPath && Object.fromEntries(Object.entries(said).filter(([field]) => !inPath.includes(field)));
  expect(asked).toEqual([method, url, body]);
});

test('each command is either a request with its fields, or one that has none to lose', () => {
  // Joins are requests of the room's own; typing is not sent.
  const others = ['auth', 'join', 'watch', 'unwatch', 'typing', 'unsubscribe', 'leave', 'ping'];
  expect([...Object.keys(REQUESTS), ...others].sort()).toEqual(Object.keys(SCHEMAS).sort());
});
