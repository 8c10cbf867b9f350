import { randomUUID } from 'node:crypto';
import { afterEach, expect, it } from 'vitest';
import { chatOfThisFile, type Instance } from '../fixture/chat.ts';
import type { Client } from '../fixture/client.ts';
import { said } from '../fixture/log-lines.ts';
import { metricOf } from '../fixture/metrics.ts';

const given = chatOfThisFile();
const SOCKETS = 150;
const sockets: Client[] = [];
afterEach(stopFlood);

function stopFlood(): void {
  for (const socket of sockets.splice(0)) socket.terminate();
}

const queueOf = (chat: Instance) => expect.poll(() => metricOf(chat, 'gongu_postgres_queue_waiting'));
const from = (address: string) => ({ headers: { 'x-forwarded-for': address }, timeoutMs: 60_000 });

/** Sockets of one address that ask for pages, each for the next one when it has one. How many have come. */
async function flood(chat: Instance, roomId: string): Promise<() => number> {
  let pages = 0;
  const ask = { type: 'history', roomId, limit: 100 };
  for (let i = 0; i < SOCKETS; i++) {
    const socket = await chat.connect(`flood-${i % 20}`, from('203.0.113.5'));
    sockets.push(socket);
    if (i < 20) await socket.join(roomId);
    socket.socket.on('message', () => {
      pages++;
      socket.send(ask);
    });
  }
  for (const socket of sockets) socket.send(ask);
  return () => pages;
}

it('an address whose sockets ask for pages without end keeps its neighbour waiting for a few of them', async () => {
  const chat = await given.start({ DATABASE_POOL: '3', TRUST_PROXY: '127.0.0.1', SEND_QUEUE_BYTES: '65536' });
  const [busy, quiet] = [await chat.room({ maxParticipants: 100 }), await chat.room()];
  const neighbour = await chat.connect('neighbour', from('203.0.113.6'));
  await neighbour.join(quiet);
  for (let i = 0; i < 60; i++) await neighbour.say(quiet, said('말'));
  const host = await chat.connect('seller');
  await host.join(busy);
  await Promise.all(Array.from({ length: 100 }, () => host.say(busy, said('가'.repeat(50)))));
  const { ticket } = (await chat.call<{ ticket: string }>('POST', '/api/chat/tickets', { as: 'neighbour' })).body;
  const pages = await flood(chat, busy);
  await queueOf(chat).toBeGreaterThan(100);

  const asks: [string, () => Promise<unknown>][] = [
    ['history', () => neighbour.ask({ type: 'history', roomId: quiet }, 'page')],
    [
      'HTTP',
      async () => {
        const headers = { 'x-forwarded-for': '203.0.113.6' };
        const answer = await chat.call('GET', `/api/chat/rooms/${quiet}/messages`, { as: 'neighbour', headers });
        expect(answer.status).toBe(200);
      },
    ],
    [
      'ticket',
      async () => {
        const socket = await chat.open({ query: `?ticket=${ticket}`, ...from('203.0.113.6') });
        sockets.push(socket);
        await socket.event('ready');
      },
    ],
  ];
  for (const [what, ask] of asks) {
    const before = pages();
    await ask();
    // Without turns: one for each of the sockets.
    expect([what, pages() - before < SOCKETS / 3]).toEqual([what, true]);
  }
  // What needs no reading goes on as ever.
  const before = pages();
  await neighbour.say(quiet);
  expect(pages() - before).toBeLessThan(SOCKETS / 3);
  expect((await fetch(`${chat.url}/readyz`)).status).toBe(200);
  stopFlood();
  await chat.stop();
});

it('an address whose sockets join rooms that are none keeps its neighbour waiting for a few of them', async () => {
  const chat = await given.start({ TRUST_PROXY: '127.0.0.1' });
  const neighbour = await chat.connect('neighbour', from('203.0.113.6'));
  let refused = 0;
  for (let i = 0; i < 20; i++) {
    const socket = await chat.connect(`flood-${i}`, from('203.0.113.5'));
    sockets.push(socket);
    const ask = () => socket.send({ type: 'join', roomId: randomUUID() });
    socket.socket.on('message', () => {
      refused++;
      ask();
    });
    for (let n = 0; n < 150; n++) ask();
  }
  await queueOf(chat).toBeGreaterThan(1_000);
  for (let i = 0; i < 3; i++) {
    const roomId = await chat.room();
    const before = refused;
    await neighbour.join(roomId);
    // Without turns: all that wait.
    expect(refused - before).toBeLessThan(500);
  }
  stopFlood();
  await chat.stop();
});
