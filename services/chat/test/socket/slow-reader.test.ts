import type { Socket } from 'node:net';
import { beforeAll, describe, expect, it } from 'vitest';
import { chatOfThisFile, type Instance } from '../fixture/chat.ts';
import type { Client } from '../fixture/client.ts';
import { said } from '../fixture/log-lines.ts';
import { metricOf } from '../fixture/metrics.ts';

const given = chatOfThisFile();
const QUEUE_BYTES = 65_536;
/** 4 000 code points of four bytes each. */
const LONG = said('').concat('🍊'.repeat(3_990));
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);
let chat: Instance;
const connections = new Set<Socket>();
beforeAll(async () => {
  chat = await given.start({ SEND_QUEUE_BYTES: String(QUEUE_BYTES), SEND_TIMEOUT_MS: '60000' });
  chat.chat.app.server.on('connection', (socket) => connections.add(socket));
});

/** Sends `count` long messages, 20 at a time. */
async function flood(sender: Client, roomId: string, count: number): Promise<void> {
  for (let i = 0; i < count; i += 20) {
    await Promise.all(Array.from({ length: Math.min(20, count - i) }, () => sender.say(roomId, LONG)));
  }
}
async function seqsUntil(client: Client, last: number): Promise<number[]> {
  const got: number[] = [];
  while (got.at(-1) !== last) got.push((await client.event('message')).seq);
  return got;
}

describe('a client that stops reading', () => {
  it('costs bounded memory, keeps nobody waiting, and is told where to go on when it reads again', async () => {
    const roomId = await chat.room();
    const [slow, fast, sender] = [await chat.connect('slow'), await chat.connect('fast'), await chat.connect('sender')];
    for (const client of [slow, fast, sender]) await client.join(roomId);
    const last = 4 + 600;
    slow.pause();
    let most = 0;
    const watch = setInterval(() => {
      for (const socket of connections) most = Math.max(most, socket.writableLength);
    }, 5);
    const began = performance.now();
    const [seqs] = await Promise.all([seqsUntil(fast, last), flood(sender, roomId, 600)]);
    clearInterval(watch);
    expect(seqs).toEqual(range(4, last));
    expect(performance.now() - began).toBeLessThan(25_000);
    // What was queued, and the one write (20 messages of 16 kB) that went past the bound.
    expect(most).toBeGreaterThan(QUEUE_BYTES);
    expect(most).toBeLessThan(QUEUE_BYTES + 2 * 20 * 16_500);
    expect(await metricOf(chat, 'gongu_chat_resyncs_total')).toBeGreaterThan(0);

    slow.resume();
    const { afterSeq } = await slow.event('resync');
    const got = slow.take('message').map((message) => message.seq);
    expect(got).toEqual(range(3, afterSeq));
    expect(afterSeq).toBeLessThan(last);
    // What follows fills the hole, page by page where it is large.
    const rest: number[] = [];
    for (let after = afterSeq; ; after = rest.at(-1)!) {
      const page = await slow.ask({ type: 'history', roomId, after, limit: 100 }, 'page');
      rest.push(...page.messages.map((message) => message.seq));
      if (!page.hasMore) break;
    }
    expect([...got, ...rest]).toEqual(range(3, last));
    expect(await slow.join(roomId, last)).toMatchObject({ recovered: true, messages: [], lastSeq: last });
    await sender.say(roomId);
    expect((await slow.event('message', (message) => message.seq > last)).seq).toBe(last + 1);
  });

  it('asks for nothing more while it does not read: its own frames wait', async () => {
    const roomId = await chat.room();
    const [slow, sender] = [await chat.connect('slow'), await chat.connect('sender')];
    for (const client of [slow, sender]) await client.join(roomId);
    slow.pause();
    await flood(sender, roomId, 330);
    slow.send({ type: 'send', roomId, clientMessageId: 'waits', content: said('기다림') });
    await sender.none(300, (frame) => frame.type === 'message' && frame.clientMessageId === 'waits');
    slow.resume();
    await sender.event('message', (message) => message.clientMessageId === 'waits');
  });
});

describe('a client that reads', () => {
  it('gets pages and recoveries larger than the queue one after the other, and is never taken for a slow one', async () => {
    const roomId = await chat.room();
    const [reader, sender] = [await chat.connect('reader'), await chat.connect('sender')];
    await sender.join(roomId);
    await flood(sender, roomId, 60);
    for (let i = 0; i < 5; i++) {
      // About 260 and 520 kB, and the rest of 960; the queue has 64.
      const page = await reader.join(roomId).then(() => reader.ask({ type: 'history', roomId, limit: 100 }, 'page'));
      expect(page.messages.length).toBeGreaterThan(10);
      expect((await reader.join(roomId, 2)).messages.length).toBeGreaterThan(30);
      const { seq } = await sender.say(roomId);
      await reader.event('message', (message) => message.seq === seq);
      expect(await reader.ask({ type: 'ping' }, 'pong')).toMatchObject({ type: 'pong' });
    }
  });
});

describe('a client that does not read for SEND_TIMEOUT_MS', () => {
  it('is ended, is offline for the others, and leaves nothing behind', async () => {
    const strict = await given.start({ SEND_QUEUE_BYTES: String(QUEUE_BYTES), SEND_TIMEOUT_MS: '700' });
    const roomId = await strict.room();
    const [slow, sender] = [await strict.connect('slow'), await strict.connect('sender')];
    for (const client of [slow, sender]) await client.join(roomId);
    slow.pause();
    await flood(sender, roomId, 330);
    await sender.event('presence', (presence) => presence.userId === 'slow' && !presence.online);
    await expect.poll(() => metricOf(strict, 'gongu_chat_connections')).toBe(1);
    expect(given.logs.of('session.closed').at(-1)).toMatchObject({ userId: 'slow', code: 4008, reason: 'too slow' });
    await sender.say(roomId);
    slow.resume();
    // The close frame stands behind what was not read; whether it gets through is up to the network.
    expect([1006, 4008]).toContain((await slow.closed()).code);
    await strict.stop();
  });
});
