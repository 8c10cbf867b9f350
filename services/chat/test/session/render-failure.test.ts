import { probe } from '@gongu/testkit';
import { eventually, until } from '@gongu/testkit/eventually';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { chatOfThisFile, type Instance } from '../fixture/chat.ts';
import { openStream } from '../fixture/event-stream.ts';
import { said } from '../fixture/log-lines.ts';
import { metricOf } from '../fixture/metrics.ts';
import { authorizationOf, tokenOf } from '../fixture/tokens.ts';

const given = chatOfThisFile({ mayFail: true });
/** In the one message that can't be rendered. */
const POISON = said('독');

let chat: Instance;
beforeAll(async () => {
  chat = await given.start();
});
// A fault of a codec comes from within it: this is what all of them make their texts with.
beforeEach(() => {
  const real = JSON.stringify;
  vi.spyOn(JSON, 'stringify').mockImplementation((value, ...rest) => {
    if (isPoisoned(value)) throw new TypeError(`can not say ${POISON}`);
    return real(value, ...(rest as []));
  });
});
afterEach(() => vi.restoreAllMocks());

/** A message as it is told, or an answer that holds it; not what a client sends. */
function isPoisoned(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { seq, content, data, messages } = value as Record<string, unknown>;
  if (Array.isArray(messages) && messages.some(isPoisoned)) return true;
  return seq !== undefined && [content, data].includes(POISON);
}

async function stomp(userId: string, subscribe: string) {
  const socket = await probe(chat.socketUrl, { protocols: 'v12.stomp' });
  socket.send(`CONNECT\naccept-version:1.2\npasscode:${tokenOf(userId)}\n\n\0`);
  await socket.next((frame) => frame.startsWith('CONNECTED'));
  socket.send(`SUBSCRIBE\nid:s\n${subscribe}\nreceipt:there\n\n\0`);
  return socket;
}
const older = (path: string) => probe(`ws://127.0.0.1:${chat.port}${path}`);

describe('a message that can not be rendered', () => {
  it('is left out for clients of every protocol, who get what was before and after it', async () => {
    const roomId = await chat.room();
    const ann = await chat.connect('ann');
    await ann.join(roomId);
    const token = (userId: string) => encodeURIComponent(tokenOf(userId));
    const live = {
      stomp: await stomp('bob', `destination:/topic/chat/${roomId}`),
      session: await older(`/ws/chat?sessionId=${roomId}&token=${token('cy')}`),
      room: await older(`/chat/${roomId}?token=${token('dee')}`),
      signal: await older(`/room?roomId=${roomId}&token=${token('eve')}`),
    };
    await live.stomp.next((frame) => frame.startsWith('RECEIPT'));
    const stream = await openStream(`${chat.url}/api/chat/rooms/${roomId}/events`, {
      authorization: authorizationOf('ann'),
    });
    await stream.next('joined');
    const overview = await openStream(`${chat.url}/api/chat/events`, { authorization: authorizationOf('ann') });
    await overview.next('rooms');
    await until(async () => (await metricOf(chat, 'gongu_chat_connections')) === 7);
    // Those that join by their URL are connected before they are in the room.
    const text = ({ content, data }: Record<string, unknown>) => content ?? data;
    await eventually(
      async () => {
        await ann.say(roomId, said('before'));
        for (const socket of [live.session, live.room, live.signal]) {
          expect(socket.queue.map(text)).toContain(said('before'));
        }
      },
      { intervalMs: 100 },
    );

    const { seq } = await ann.say(roomId, POISON);
    const after = await ann.say(roomId, said('after'));
    const isAfter = (frame: unknown) => String(typeof frame === 'string' ? frame : '').includes('after');
    await ann.event('message', (message) => message.seq === after.seq);
    await stream.next('message', ({ data }) => data.seq === after.seq);
    await live.stomp.next(isAfter);
    for (const socket of [live.session, live.room, live.signal]) {
      await socket.next((frame) => [frame.content, frame.data].includes(said('after')));
    }
    for (const socket of [ann, ...Object.values(live)]) {
      const seen = socket.queue.map((frame) => (typeof frame === 'string' ? frame : `${frame.content}${frame.data}`));
      expect(seen.some((text) => text.includes(POISON))).toBe(false);
    }

    // Who comes back gets the rest, too.
    const returned = await chat.connect('ann');
    const { messages, lastSeq } = await returned.join(roomId, 1);
    expect(messages.map((message) => message.seq)).toContain(after.seq);
    expect(messages.map((message) => message.seq)).not.toContain(seq);
    expect(lastSeq).toBe(after.seq);
    const page = await returned.ask({ type: 'history', roomId, limit: 100 }, 'page');
    expect(page.messages.map((message) => message.seq)).toContain(after.seq);
    const again = await stomp('bob', `destination:/topic/chat/${roomId}\nafter:1`);
    await again.next((frame) => frame.startsWith('RECEIPT'));
    expect(again.queue.filter((frame) => frame.startsWith('MESSAGE')).at(-1)).toContain('after');
    for (const path of [`/ws/chat?sessionId=${roomId}&`, `/chat/${roomId}?`, `/room?roomId=${roomId}&`]) {
      const socket = await older(`${path}after=1&token=${token('cy')}`);
      await socket.next((frame) => [frame.content, frame.data].includes(said('after')));
      socket.close();
    }
    const resumed = await openStream(`${chat.url}/api/chat/rooms/${roomId}/events?after=1`, {
      authorization: authorizationOf('ann'),
    });
    await resumed.next('message', ({ data }) => data.seq === after.seq);
    for (const socket of [ann, returned, again, ...Object.values(live)]) socket.close();

    // It is stored, it is counted, and the log has its number and none of its words (which the end of this file checks).
    vi.restoreAllMocks();
    const { body } = await chat.call<{ messages: { seq: number; content: string }[] }>(
      'GET',
      `/api/chat/rooms/${roomId}/messages`,
      { as: 'ann' },
    );
    expect(body.messages.find((message) => message.seq === seq)?.content).toBe(POISON);
    expect(await metricOf(chat, 'gongu_chat_render_failures_total')).toBeGreaterThan(6);
    expect(given.logs.of('render.failed')[0]).toMatchObject({ type: 'message', roomId, seq, error: 'TypeError' });
  });

  it('ends no other room', async () => {
    const [poisoned, other] = [await chat.room(), await chat.room()];
    const ann = await chat.connect('ann');
    for (const roomId of [poisoned, other]) await ann.join(roomId);
    await ann.say(poisoned, POISON);
    const { seq } = await ann.say(other, said('here'));
    expect(await ann.event('message', (message) => message.roomId === other)).toMatchObject({ seq });
    ann.close();
  });
});
