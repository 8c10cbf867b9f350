import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { manualClock } from '@gongu/testkit';
import { afterEach, expect, it } from 'vitest';
import type { Protocol } from '../../src/line/line.ts';
import { createRandom } from '../../src/random.ts';
import { startTalker } from '../../src/talker/talker.ts';

/** Joins at once, and never says what became of a message. */
const SILENT: Protocol = {
  name: 'silent',
  answers: false,
  dial({ handlers }) {
    queueMicrotask(() => handlers.onJoined());
    return { say() {}, ping() {}, end() {} };
  },
};

const servers: Server[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await new Promise((resolve) => server.close(resolve));
});

/** Answers each request by the next of these; the last one goes on. */
async function answering(answers: readonly { status: number; body: object }[]): Promise<string> {
  let asked = 0;
  const server = createServer((request, response) => {
    request.resume();
    const { status, body } = answers[Math.min(asked++, answers.length - 1)]!;
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

it.each([
  ['is limited by its rate', { status: 429, body: { code: 'RATE_LIMITED', retryAfterMs: 700 } }],
  ['finds the service without its database', { status: 503, body: { code: 'UNAVAILABLE' } }],
  ['does not learn whether it is stored', { status: 503, body: { code: 'UNKNOWN_OUTCOME' } }],
])('what nobody knows of is asked again by who %s, when its time has come', async (_, first) => {
  const clock = manualClock();
  const refusal = { status: 409, body: { code: 'ROOM_READ_ONLY' } };
  const url = await answering([first, refusal]);
  const talker = startTalker({
    ...{ client: 'ann', userId: 'ann', roomId: 'r', url, protocol: SILENT, random: createRandom(1), clock },
    token: () => 'token',
    secret() {},
    intern: (text) => text,
  });
  await Promise.resolve();
  talker.sayText('안녕하세요');
  await talker.resolve();
  expect(talker.record.pending.size).toBe(1);
  await talker.resolve();
  expect(talker.record.pending.size, 'its time has not come').toBe(1);
  await clock.advance(1_000);
  await talker.resolve();
  expect(talker.record.pending.size).toBe(0);
  expect(talker.record.entries.at(-1)).toMatchObject({ kind: 'refused', code: 'ROOM_READ_ONLY' });
  talker.leave();
});
