import { randomUUID } from 'node:crypto';
import { type ChatService, startChatService } from '@gongu/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { READERS, type Reader } from './fixture/reader.ts';

/** The default, 512 KiB. */
const QUEUE_BYTES = 524_288;
const PER_PROTOCOL = 4;
/** 4 000 code points of four bytes: 16 kB a message, 24 MB in all, more than the kernel takes for anybody. */
const LONG = '🍊'.repeat(4_000);
const MESSAGES = 1_500;

let chat: ChatService;
beforeAll(async () => {
  chat = await startChatService({ SEND_TIMEOUT_MS: '8000' });
});
afterAll(() => chat?.close());

async function metrics(): Promise<(name: string) => number> {
  const text = await (await fetch(`${chat.url}/metrics`)).text();
  return (name) => {
    const line = text.split('\n').find((one) => one.startsWith(name) && !/^[a-z_]/.test(one.slice(name.length)));
    return Number(line?.split(' ').at(-1) ?? 0);
  };
}

/** A member that reads; the others' flood. */
async function open(protocol: string, roomId: string, userId: string): Promise<Reader> {
  await chat.call('POST', `/api/chat/rooms/${roomId}/participants`, {}, chat.token(userId));
  return READERS[protocol]!({ url: chat.url, roomId, token: chat.token(userId) });
}

async function flood(roomId: string, count: number): Promise<void> {
  const token = chat.token('sender');
  await chat.call('POST', `/api/chat/rooms/${roomId}/participants`, {}, token);
  for (let i = 0; i < count; i += 20) {
    const sends = Array.from({ length: Math.min(20, count - i) }, () =>
      chat.call('POST', `/api/chat/rooms/${roomId}/messages`, { clientMessageId: randomUUID(), content: LONG }, token),
    );
    await Promise.all(sends);
  }
}

describe('readers that are frozen while their room is flooded', () => {
  it('cost bounded memory over every protocol, and are ended after SEND_TIMEOUT_MS at the latest', async () => {
    const roomId = await chat.room();
    const readers: Reader[] = [];
    for (const protocol of Object.keys(READERS)) {
      for (let i = 0; i < PER_PROTOCOL; i++) readers.push(await open(protocol, roomId, `${protocol}-${i}`));
    }
    const before = (await metrics())('process_resident_memory_bytes');
    for (const reader of readers) reader.pause();
    const seen = { queue: 0, largest: 0, memory: 0 };
    let flooding = true;
    const watch = (async () => {
      while (flooding) {
        const of = await metrics();
        seen.queue = Math.max(seen.queue, of('gongu_chat_send_queue_bytes'));
        seen.largest = Math.max(seen.largest, of('gongu_chat_send_queue_largest_bytes'));
        seen.memory = Math.max(seen.memory, of('process_resident_memory_bytes') - before);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    })();
    try {
      await flood(roomId, MESSAGES);
      // An answer of xhr_streaming ends at 128 KiB, and who does not ask for the next one within 5 s is gone.
      const slow = readers.filter(({ protocol }) => protocol !== 'xhr_streaming').length;
      const ended = async (code: number) => (await metrics())(`gongu_chat_sessions_closed_total{code="${code}"`);
      await expect.poll(() => ended(4008)).toBe(slow);
      await expect.poll(() => ended(1006)).toBe(readers.length - slow);
    } finally {
      flooding = false;
      await watch;
    }
    // What was queued when the bound was reached, and the one write (some messages of 16 kB) that went past it.
    expect(seen.largest).toBeGreaterThan(QUEUE_BYTES / 2);
    expect(seen.largest).toBeLessThan(QUEUE_BYTES * 2);
    expect(seen.queue).toBeLessThan(readers.length * QUEUE_BYTES * 2);
    // The room's own memory (1,024 messages of 16 kB) and the garbage of 24 MB of messages are in it, 266 MB on a busy machine;
    // 384 MB were not sent.
    expect(seen.memory).toBeLessThan(330_000_000);
    await expect.poll(async () => (await metrics())('gongu_chat_send_queue_bytes')).toBe(0);
    for (const reader of readers) reader.end();
  });
});

describe('a reader that reads again in time', () => {
  it.each(Object.keys(READERS))(
    '%s: has all up to where it is told to go on, or gets everything, in order and once',
    async (protocol) => {
      const roomId = await chat.room();
      const reader = await open(protocol, roomId, `again-${protocol}`);
      const resyncs = (await metrics())('gongu_chat_resyncs_total');
      reader.pause();
      let sent = 0;
      while ((await metrics())('gongu_chat_resyncs_total') === resyncs) {
        await flood(roomId, 100);
        sent += 100;
        expect(sent).toBeLessThanOrEqual(3_000);
      }
      reader.resume();
      const { lastSeq } = await chat.call<{ lastSeq: number }>('GET', `/api/chat/rooms/${roomId}`);
      // Frames of gongu.v1 say where to go on; who can't be told that is sent what is missing.
      if (protocol === 'json' || protocol === 'xhr_streaming') {
        await expect.poll(() => reader.resynced).not.toBeNull();
        const had = reader.seqs.at(-1)!;
        expect(reader.resynced).toBe(had);
        expect(reader.seqs).toEqual(
          Array.from({ length: reader.seqs.length }, (_, i) => had - reader.seqs.length + 1 + i),
        );
        expect(had).toBeLessThan(lastSeq);
      } else {
        await expect.poll(() => reader.seqs.at(-1)).toBe(lastSeq);
        const first = reader.seqs[0]!;
        expect(reader.seqs).toEqual(Array.from({ length: lastSeq - first + 1 }, (_, i) => first + i));
      }
      reader.end();
    },
  );
});
