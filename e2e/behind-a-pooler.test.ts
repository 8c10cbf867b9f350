import { randomUUID } from 'node:crypto';
import { type PgBouncer, pgBouncerProgram, probe, startPgBouncer } from '@gongu/testkit';
import { afterEach, describe, expect, it } from 'vitest';
import { call, type Pair, startPair } from './fixture/pair.ts';

const program = pgBouncerProgram();
let bouncer: PgBouncer | undefined;
let pair: Pair | undefined;
afterEach(async () => {
  await pair?.stop();
  await bouncer?.stop();
  pair = bouncer = undefined;
});

/** Both services, two instances of chat, by way of six connections for all of them. */
async function start(mode: 'session' | 'transaction') {
  const given: Record<string, string> = { DATABASE_POOLER: mode, DATABASE_POOL: mode === 'session' ? '3' : '8' };
  const through = async (url: string) => {
    bouncer = await startPgBouncer({
      ...{ target: url, mode },
      settings: { default_pool_size: mode === 'session' ? '20' : '6' },
    });
    if (mode === 'session') given.DATABASE_DIRECT_URL = url;
    return bouncer.through(url);
  };
  // Read when the database is there: the pair asks for them after it.
  pair = await startPair({ chats: 2, through, chatEnv: () => given, tradeEnv: given });
  return pair;
}

describe.skipIf(!program).each(['session', 'transaction'] as const)('behind PgBouncer in %s mode', (mode) => {
  it('a product is sold to its cap by two hundred who click at once, its room hears of each, and what is said has one order', async () => {
    const { chats, tradeUrl, user } = await start(mode);
    const seller = user('seller', ['seller']);
    const offer = {
      ...{ title: '제주 감귤 🍊', price: { amount: 23_000, currency: 'KRW' }, minParticipants: 1, maxParticipants: 40 },
      deadline: new Date(Date.now() + 3_600_000).toISOString(),
    };
    const { status, body: product } = await call('POST', `${tradeUrl}/api/products`, seller, offer);
    expect(status).toBe(201);
    expect(product.deadline).toBe(offer.deadline);

    const bought = await Promise.all(
      Array.from({ length: 200 }, (_, i) =>
        call('POST', `${tradeUrl}/api/products/${product.id}/participations`, user(`buyer-${i}`), {}),
      ),
    );
    expect(tally(bought.map(({ status }) => status))).toEqual({ 201: 40, 409: 160 });
    const room = `/api/chat/rooms/${product.id}`;
    await expect.poll(async () => (await call('GET', chats[0]!.url + room, seller)).body.committedCount).toBe(40);

    const buyers = bought.flatMap(({ status }, i) => (status === 201 ? [`buyer-${i}`] : [])).slice(0, 20);
    const sockets = await Promise.all(
      buyers.map((id, i) => probe(chats[i % 2]!.ws, { protocols: ['gongu.v1', `bearer.${user(id)}`] })),
    );
    for (const socket of sockets) socket.send({ type: 'join', ref: 'join', roomId: product.id });
    const joined = await Promise.all(sockets.map((socket) => socket.next(({ type }) => type === 'joined')));
    const from = Math.max(...joined.map(({ lastSeq }) => lastSeq as number));
    for (let n = 0; n < 10; n++) {
      for (const socket of sockets) {
        socket.send({ type: 'send', roomId: product.id, clientMessageId: randomUUID(), content: `${n} 번째 🍊` });
      }
    }
    const acks = (
      await Promise.all(
        sockets.map(async (socket) => {
          const own: number[] = [];
          for (let n = 0; n < 10; n++) own.push((await socket.next(({ type }) => type === 'ack')).seq as number);
          return own;
        }),
      )
    ).flat();
    const back = await probe(chats[1]!.ws, { protocols: ['gongu.v1', `bearer.${user(buyers[0]!)}`] });
    back.send({ type: 'join', ref: 'back', roomId: product.id, after: from });
    // What this instance has not heard of yet comes afterwards.
    const recovered = await back.next(({ type }) => type === 'joined');
    expect(recovered.recovered).toBe(true);
    const heard: { seq: number; kind: string }[] = [...recovered.messages];
    // Trade's notices have their places in the order too, whenever they come.
    const said = () => heard.filter(({ kind }) => kind === 'CHAT').map(({ seq }) => seq);
    while (said().length < 200) heard.push((await back.next(({ type }) => type === 'message')) as never);
    expect(heard.map(({ seq }) => seq)).toEqual(heard.map((_, i) => from + 1 + i));
    expect(said()).toEqual(acks.sort((a, b) => a - b));
    const { body: page } = await call('GET', `${chats[0]!.url}${room}/messages?limit=50`, user(buyers[1]!));
    expect(page.messages).toHaveLength(50);
    expect(page.messages.every((one: { createdAt: string }) => isNow(one.createdAt))).toBe(true);
    for (const socket of [...sockets, back]) socket.terminate();

    const { body: ended } = await call('GET', `${tradeUrl}/api/products/${product.id}`, seller);
    expect([ended.status, ended.reason, ended.participantCount]).toEqual(['CLOSED', 'FULL', 40]);
    const { body: audit } = await call('GET', `${tradeUrl}/api/products/${product.id}/audit`, seller);
    expect(audit.items.every((one: { at: string }) => isNow(one.at))).toBe(true);
    const complaints = pair!.output().filter(({ level }) => level === 'error' || level === 'fatal');
    expect(complaints).toEqual([]);
  }, 300_000);
});

function tally(values: readonly number[]): Record<number, number> {
  const counts: Record<number, number> = {};
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1;
  return counts;
}

/** Not of another time zone, however long it took until here. */
function isNow(time: string): boolean {
  return Math.abs(Date.parse(time) - Date.now()) < 600_000;
}
