import { randomUUID } from 'node:crypto';
import { probe, type TcpProxy, tcpProxy } from '@gongu/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { chatOfThisFile, type Instance } from '../fixture/chat.ts';
import type { Client } from '../fixture/client.ts';
import { said } from '../fixture/log-lines.ts';
import { metricOf } from '../fixture/metrics.ts';
import { tokenOf } from '../fixture/tokens.ts';

const given = chatOfThisFile();
let proxy: TcpProxy;
let chat: Instance;
beforeAll(async () => {
  proxy = await tcpProxy({ target: given.databaseUrl });
  chat = await given.start({ DATABASE_URL: proxy.through(given.databaseUrl) });
});
beforeEach(() => proxy.pass());
afterAll(async () => {
  await proxy.pass();
  proxy.cut();
  await chat.stop();
  await proxy.close();
});

/** What a client was told of a message. */
interface Told {
  readonly id: string;
  /** Stored, as it says; else the error's code. */
  readonly outcome: string;
  readonly retryAfterMs?: number | undefined;
}

/** Sends `count` messages at once over one protocol; what each came to. */
type Send = (count: number) => Promise<Told[]>;

async function overJson(roomId: string): Promise<Send> {
  const client: Client = await chat.connect('json');
  await client.join(roomId);
  return (count) =>
    Promise.all(
      Array.from({ length: count }, async (): Promise<Told> => {
        const id = randomUUID();
        client.send({ type: 'send', ref: id, roomId, clientMessageId: id, content: said('하나') });
        const frame = await client.next((one) => one.ref === id);
        return { id, outcome: frame.type === 'ack' ? 'stored' : frame.code, retryAfterMs: frame.retryAfterMs };
      }),
    );
}

async function overStomp(roomId: string): Promise<Send> {
  const client = await probe(chat.socketUrl, { protocols: ['v12.stomp', `bearer.${tokenOf('stomp')}`] });
  client.send('CONNECT\naccept-version:1.2\nhost:chat\n\n\0');
  await client.next((frame) => String(frame).startsWith('CONNECTED'));
  client.send('SUBSCRIBE\nid:e\ndestination:/user/queue/errors\n\n\0');
  client.send(`SUBSCRIBE\nid:r\ndestination:/topic/chat/${roomId}\nreceipt:in\n\n\0`);
  await client.next((frame) => String(frame).startsWith('RECEIPT'));
  return (count) =>
    Promise.all(
      Array.from({ length: count }, async (): Promise<Told> => {
        const id = randomUUID();
        const body = JSON.stringify({ content: said('둘'), clientMessageId: id });
        client.send(`SEND\ndestination:/app/chat/${roomId}\nreceipt:${id}\n\n${body}\0`);
        const frame = String(
          await client.next(
            (one) => new RegExp(`^(RECEIPT|MESSAGE)\n[^\0]*receipt-id:${id}`).test(String(one)),
            40_000,
          ),
        );
        if (frame.startsWith('RECEIPT')) return { id, outcome: 'stored' };
        const problem = JSON.parse(frame.slice(frame.indexOf('\n\n') + 2).replace(/\0.*$/s, ''));
        return { id, outcome: problem.code, retryAfterMs: problem.retryAfterMs };
      }),
    );
}

async function overHttp(roomId: string): Promise<Send> {
  await chat.call('POST', `/api/chat/rooms/${roomId}/participants`, { as: 'http', body: {} });
  return (count) =>
    Promise.all(
      Array.from({ length: count }, async (): Promise<Told> => {
        const id = randomUUID();
        const { status, body, headers } = await chat.call('POST', `/api/chat/rooms/${roomId}/messages`, {
          ...{ as: 'http', body: { clientMessageId: id, content: said('셋') } },
        });
        if (status >= 500) expect(Number(headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
        return { id, outcome: status < 300 ? 'stored' : body.code!, retryAfterMs: body.retryAfterMs };
      }),
    );
}

async function storedIn(roomId: string): Promise<string[]> {
  const ids: string[] = [];
  for (let after = 0; ; ) {
    const { body } = await chat.call<{ messages: { seq: number; clientMessageId?: string }[]; hasMore: boolean }>(
      'GET',
      `/api/chat/rooms/${roomId}/messages?after=${after}&limit=100`,
      { as: 'http' },
    );
    for (const { seq, clientMessageId } of body.messages) {
      if (clientMessageId) ids.push(clientMessageId);
      after = seq;
    }
    if (!body.hasMore) return ids;
  }
}

async function everyProtocol(roomId: string): Promise<Send[]> {
  return Promise.all([overJson(roomId), overStomp(roomId), overHttp(roomId)]);
}

/** Sends that were refused, over each protocol; the room works again when the last word is "stored". */
async function worksAgain(send: Send): Promise<void> {
  await expect.poll(async () => (await send(1))[0]!.outcome).toBe('stored');
}

describe('PostgreSQL that hangs', () => {
  it('answers UNAVAILABLE with a time to JSON, STOMP and HTTP, stores what it acknowledged, and goes on by itself', async () => {
    const roomId = await chat.room();
    const protocols = await everyProtocol(roomId);
    for (const send of protocols)
      expect((await send(3)).map(({ outcome }) => outcome)).toEqual(Array(3).fill('stored'));
    const before = await storedIn(roomId);
    proxy.blackHole();
    const began = performance.now();
    const hung = (await Promise.all(protocols.map((send) => send(50)))).flat();
    // One batch may be tried for 10 s and one query more; nobody waits for others after that: that were minutes.
    expect(performance.now() - began).toBeLessThan(100_000);
    for (const told of hung) {
      expect(['UNAVAILABLE', 'UNKNOWN_OUTCOME']).toContain(told.outcome);
      expect(told.retryAfterMs).toBeGreaterThan(0);
    }
    // UNKNOWN_OUTCOME is for those only that were on their way, whose outcome nobody knows.
    expect(hung.filter(({ outcome }) => outcome === 'UNAVAILABLE').length).toBeGreaterThan(0);
    expect(await metricOf(chat, 'gongu_chat_append_waiting')).toBe(0);
    expect(await metricOf(chat, 'gongu_chat_messages_refused_total')).toBeGreaterThanOrEqual(hung.length);
    expect((await fetch(`${chat.url}/readyz`)).status).toBe(503);

    await proxy.pass();
    proxy.cut();
    for (const send of protocols) await worksAgain(send);
    const after = await storedIn(roomId);
    expect(after.slice(0, before.length)).toEqual(before);
    // What was said not to be stored is not.
    const refused = hung.filter(({ outcome }) => outcome === 'UNAVAILABLE').map(({ id }) => id);
    expect(after.filter((id) => refused.includes(id))).toEqual([]);
  });
});

describe('PostgreSQL that is slow', () => {
  it('costs its time, and nothing else: 200 ms either way, over every protocol', async () => {
    const roomId = await chat.room();
    const protocols = await everyProtocol(roomId);
    proxy.delay(200);
    const told = (await Promise.all(protocols.map((send) => send(40)))).flat();
    await proxy.pass();
    expect(new Set(told.map(({ outcome }) => outcome))).toEqual(new Set(['stored']));
    expect((await storedIn(roomId)).sort()).toEqual(told.map(({ id }) => id).sort());
  });
});

describe('PostgreSQL whose connections are cut again and again', () => {
  it('loses and doubles nothing that was acknowledged over any protocol', async () => {
    const roomId = await chat.room();
    const protocols = await everyProtocol(roomId);
    const told: Told[] = [];
    for (let round = 0; round < 4; round++) {
      const sends = Promise.all(protocols.map((send) => send(30)));
      proxy.cut();
      told.push(...(await sends).flat());
    }
    for (const send of protocols) await worksAgain(send);
    const stored = await storedIn(roomId);
    expect(new Set(stored).size).toBe(stored.length);
    const acknowledged = told.filter(({ outcome }) => outcome === 'stored').map(({ id }) => id);
    expect(stored).toEqual(expect.arrayContaining(acknowledged));
    const refused = told.filter(({ outcome }) => outcome === 'UNAVAILABLE').map(({ id }) => id);
    expect(stored.filter((id) => refused.includes(id))).toEqual([]);
  });
});
