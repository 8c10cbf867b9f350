// Over 300 lines: one set-up, which all of its tests share.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createFaults, type Faults } from '../../src/check/faults.ts';
import { createLedger, type Ledger } from '../../src/check/ledger.ts';
import { type Shopper, type ShopperOptions, startShopper } from '../../src/shopper/shopper.ts';
import { chat, chats, joined, system } from '../room-text.ts';
import { type Connection, type ScriptedServer, scriptedServer } from './scripted-server.ts';

let status: number | null;
let server: ScriptedServer;
let faults: Faults;
let ledger: Ledger;
let shopper: Shopper;

beforeEach(async () => {
  status = null;
  server = await scriptedServer({ refuse: () => status });
  faults = createFaults();
  ledger = createLedger({ roomId: 'r', faults });
});
afterEach(async () => {
  shopper.close();
  await server.stop();
});

const start = (more: Partial<ShopperOptions> = {}) => {
  shopper = startShopper({ userId: 'ann', token: () => 't', urls: [server.url], ledger, firstReturnMs: 10, ...more });
  return shopper;
};
const ready = {
  type: 'ready',
  connectionId: 'c',
  user: { userId: 'ann', nickname: 'ann', tag: null },
  serverTime: '',
  heartbeatMs: 25_000,
  tokenExpiresAt: '',
  limits: { contentChars: 4_000, frameBytes: 131_072 },
};
const ack = (seq: number, clientMessageId: string, duplicate = false) => ({
  type: 'ack',
  ref: clientMessageId,
  roomId: 'r',
  seq,
  messageId: `r:${seq}`,
  clientMessageId,
  createdAt: '2026-11-21T00:00:00.000Z',
  duplicate,
});
const error = (ref: string, code: string, more: object = {}) => ({ type: 'error', ref, code, message: '', ...more });

/** The next connection of the shopper, signed in and in the room with messages up to `seq`. */
async function inRoom(index: number, seq: number): Promise<Connection> {
  const connection = await server.connection(index);
  expect(await connection.got('auth')).toMatchObject({ token: 't' });
  connection.send(ready);
  const { after = 0 } = await connection.got('join');
  connection.send(joined(chats(after + 1, seq), seq));
  await shopper.until('room', () => shopper.place === 'in' && shopper.lastSeq === seq);
  return connection;
}

describe('a shopper', () => {
  it('signs in with the first frame, joins from the start, and after a loss with the last seq it has', async () => {
    start();
    const first = await inRoom(0, 3);
    expect(await first.got('join')).toEqual({ type: 'join', ref: 'join', roomId: 'r', after: 0 });
    first.send({ ...chat(4), type: 'message' });
    await shopper.until('message', () => shopper.lastSeq === 4);
    first.cut();
    const second = await server.connection(1);
    second.send(ready);
    expect(await second.got('join')).toMatchObject({ after: 4 });
    second.send(joined(chats(5, 9), 9));
    await shopper.until('recovery', () => shopper.lastSeq === 9);
    expect(shopper.counts).toMatchObject({ connections: 2, losses: 1, recovered: 8, received: 1 });
    expect(faults.list).toEqual([]);
  });

  it('sends what was not acknowledged again with the same clientMessageId, in its order, and nothing else', async () => {
    start();
    const said = [shopper.say('하나'), shopper.say('둘'), shopper.say('셋')];
    const ids = said.map(({ clientMessageId }) => clientMessageId);
    const first = await inRoom(0, 0);
    await first.got('send', 2);
    first.send(ack(2, ids[1]!));
    await shopper.until('ack', () => shopper.acknowledgements === 1);
    first.cut();
    const second = await inRoom(1, 2);
    await second.got('send', 1);
    const sent = second.frames.filter(({ type }) => type === 'send');
    expect(sent.map(({ clientMessageId, content }) => [clientMessageId, content])).toEqual([
      [ids[0], '하나'],
      [ids[2], '셋'],
    ]);
    second.send(ack(1, ids[0]!, true));
    second.send(ack(3, ids[2]!));
    await shopper.until('acks', () => shopper.unanswered === 0);
    expect(faults.list).toEqual([]);
  });

  it('waits as long as RATE_LIMITED says, with everything that follows, and then goes on', async () => {
    const heard: string[] = [];
    start({ observe: { onFrame: ({ type }) => heard.push(type) } });
    const connection = await inRoom(0, 0);
    const one = shopper.say('하나');
    await connection.got('send');
    const beganAt = performance.now();
    connection.send(error(one.clientMessageId, 'RATE_LIMITED', { retryAfterMs: 150, errors: [] }));
    await shopper.until('error', () => heard.includes('error'));
    const two = shopper.say('둘');
    const again = await connection.got('send', 1);
    expect(performance.now() - beganAt).toBeGreaterThanOrEqual(140);
    expect(again).toMatchObject({ clientMessageId: one.clientMessageId });
    expect(await connection.got('send', 2)).toMatchObject({ clientMessageId: two.clientMessageId });
    expect(faults.list).toEqual([]);
  });

  it('comes back after what reconnect names, and after 4001 to 4499 by itself', async () => {
    start({ firstReturnMs: 60_000 });
    const first = await inRoom(0, 1);
    first.send({ type: 'reconnect', afterMs: 120 });
    first.close(4001, 'draining');
    const beganAt = performance.now();
    await inRoom(1, 1);
    expect(performance.now() - beganAt).toBeGreaterThanOrEqual(110);
    expect(shopper.lastLoss).toBe('4001 draining');
    expect(faults.list).toEqual([]);
  });

  it.each([4500, 4501, 1000, 1009])('stays away after %s, and calls it a fault', async (code) => {
    start();
    const first = await inRoom(0, 1);
    first.close(code, 'no');
    await shopper.until('end', () => shopper.place === 'over');
    expect(faults.list.map(({ text }) => text)).toEqual([`ann: sent away for good: ${code} no`]);
  });

  it('comes back when an upgrade is answered with 502, and stays away after 401', async () => {
    status = 502;
    start();
    await shopper.until('refusal', () => shopper.counts.losses > 1);
    status = null;
    const connection = await inRoom(0, 1);
    status = 401;
    connection.cut();
    await shopper.until('end', () => shopper.place === 'over');
    expect(shopper.lastLoss).toBe('1006');
    expect(faults.list.map(({ text }) => text)).toEqual(['ann: sent away for good: refused with 401']);
  });

  it('spreads its returns over a bound that doubles with every failure, up to the most', async () => {
    status = 503;
    const waits: number[] = [];
    const clock = {
      now: () => Date.now(),
      monotonic: () => performance.now(),
      setInterval: (task: () => void, ms: number) => setInterval(task, ms),
      setTimeout(task: () => void, ms: number) {
        waits.push(ms);
        return setTimeout(task, 0);
      },
      clear: (timer: object | undefined) => clearTimeout(timer as NodeJS.Timeout),
    };
    start({ clock, random: () => 0.5, firstReturnMs: 100, mostReturnMs: 500 });
    await shopper.until('returns', () => waits.length >= 5);
    expect(waits.slice(0, 5)).toEqual([50, 100, 200, 250, 250]);
  });

  it('terminates a connection on which nothing came for two and a half heartbeats', async () => {
    start();
    const connection = await server.connection(0);
    connection.send({ ...ready, heartbeatMs: 20 });
    await connection.got('join');
    await server.connection(1);
    expect(shopper.counts.losses).toBeGreaterThan(0);
  });

  it('joins again after a gap and after resync, once', async () => {
    start();
    const connection = await inRoom(0, 1);
    connection.send({ ...chat(3), type: 'message' });
    connection.send({ ...chat(4), type: 'message' });
    expect(await connection.got('join', 1)).toMatchObject({ after: 1 });
    connection.send(joined(chats(2, 4), 4));
    await shopper.until('messages', () => shopper.lastSeq === 4);
    connection.send({ type: 'resync', roomId: 'r', afterSeq: 4 });
    expect(await connection.got('join', 2)).toMatchObject({ after: 4 });
    connection.send(joined([], 4));
    connection.send({ ...chat(5), type: 'message' });
    await shopper.until('message', () => shopper.lastSeq === 5);
    expect(connection.frames.filter(({ type }) => type === 'join')).toHaveLength(3);
    expect(faults.list.map(({ text }) => text)).toEqual(['ann: 2 was left out']);
  });

  it('asks for pages when it is too far behind', async () => {
    start();
    const connection = await server.connection(0);
    connection.send(ready);
    await connection.got('join');
    connection.send(joined(chats(1_101, 1_150), 1_150, false));
    for (let i = 0, from = 1; from <= 1_100; i++, from += 100) {
      expect(await connection.got('history', i)).toMatchObject({ after: from - 1, limit: 100 });
      connection.send({ type: 'page', ref: 'page', roomId: 'r', messages: chats(from, from + 99), hasMore: true });
    }
    await shopper.until('all', () => shopper.lastSeq === 1_150);
    expect(faults.list).toEqual([]);
  });

  it('answers token.expiring with a fresh token and does not join again when that is ready', async () => {
    let tokens = 0;
    start({ token: () => (tokens++ === 0 ? 't' : 'fresh') });
    const connection = await inRoom(0, 1);
    connection.send({ type: 'token.expiring', expiresAt: '' });
    expect(await connection.got('auth', 1)).toMatchObject({ token: 'fresh' });
    connection.send(ready);
    connection.send({ ...chat(2), type: 'message' });
    await shopper.until('message', () => shopper.lastSeq === 2);
    expect(connection.frames.filter(({ type }) => type === 'join')).toHaveLength(1);
  });

  it('does not join again when it was removed, until it is told to', async () => {
    start();
    const connection = await inRoom(0, 1);
    const participant = { userId: 'ann' };
    connection.send({ ...system(2, { event: 'participant.removed', participant }), type: 'message' });
    await shopper.until('end', () => shopper.place === 'out');
    connection.send({ ...chat(3), type: 'message' });
    await shopper.until('message', () => shopper.lastSeq === 3);
    expect(faults.list.map(({ text }) => text)).toEqual(['ann: got 3 after his membership ended']);
    connection.cut();
    const second = await server.connection(1);
    second.send(ready);
    const said = shopper.say('?', { mayBeRefused: true });
    await second.got('send');
    second.send(error(said.clientMessageId, 'NOT_A_MEMBER', { errors: [] }));
    await shopper.until('refusal', () => shopper.unanswered === 0);
    expect(said.refused).toBe('NOT_A_MEMBER');
    expect(second.frames.map(({ type }) => type)).toEqual(['auth', 'send']);
    shopper.enter();
    expect(await second.got('join')).toMatchObject({ after: 3 });
    second.send(joined([], 3));
    await shopper.until('room', () => shopper.place === 'in');
    expect(faults.total).toBe(1);
  });

  it('is refused by a full room and enters when it is told to try again', async () => {
    start();
    const connection = await server.connection(0);
    connection.send(ready);
    await connection.got('join');
    connection.send(error('join', 'ROOM_FULL', { roomId: 'r', errors: [] }));
    await shopper.until('refusal', () => shopper.place === 'refused');
    expect(shopper.refusal).toBe('ROOM_FULL');
    shopper.enter();
    await connection.got('join', 1);
    connection.send(error('join', 'UNAVAILABLE', { roomId: 'r', errors: [], retryAfterMs: 1 }));
    await connection.got('join', 2);
    connection.send(joined(chats(1, 2), 2));
    await shopper.until('room', () => shopper.place === 'in');
    connection.send({ type: 'ok', ref: 'leave' });
    await shopper.until('end', () => shopper.place === 'out');
    expect(faults.list).toEqual([]);
  });

  it('finds fault with acknowledgements that are not true and frames that do not belong to it', async () => {
    start();
    const connection = await inRoom(0, 1);
    const [one, two] = [shopper.say('하나'), shopper.say('둘')];
    await connection.got('send', 1);
    connection.send(ack(2, one.clientMessageId));
    connection.send(ack(3, one.clientMessageId));
    connection.send(ack(3, two.clientMessageId, true));
    connection.send(ack(4, 'nobodys'));
    connection.send({ ...chat(2, { roomId: 'other' }), type: 'message' });
    connection.send(error('nothing', 'INTERNAL', { errors: [] }));
    await shopper.until('faults', () => faults.total === 5);
    expect(faults.list.map(({ text }) => text.replaceAll(/[\w-]{8}-\d/g, 'ID'))).toEqual([
      'ann: ID is acknowledged as 2 and as 3',
      'ann: ID is no duplicate',
      'ann: an ack for nobodys, which nobody sent',
      'ann: got message of the room other',
      'ann: INTERNAL ',
    ]);
  });

  it('takes a late acknowledgement for one of another try by the server', async () => {
    let now = 0;
    ledger = createLedger({ roomId: 'r', faults, nowMs: () => now });
    start();
    const connection = await inRoom(0, 1);
    const saying = shopper.say('하나');
    await connection.got('send');
    now = 5_000;
    connection.send(ack(2, saying.clientMessageId, true));
    await shopper.until('the answer', () => shopper.acknowledgements === 1);
    expect(faults.list).toEqual([]);
  });

  it('measures acknowledgements and what it gets from others of the run', async () => {
    const measured: string[] = [];
    const observe = {
      onAcknowledged: (ms: number) => measured.push(`ack ${ms >= 0}`),
      onReceived: (ms: number) => measured.push(`receipt ${ms >= 100}`),
      onJoined: (ms: number) => measured.push(`joined ${ms > 0}`),
    };
    start({ observe });
    const connection = await inRoom(0, 0);
    const own = shopper.say('나');
    const others = ledger.say('bob', '너', { saidAtMs: ledger.nowMs() - 100 });
    await connection.got('send');
    connection.send({ ...chat(1, { clientMessageId: own.clientMessageId }), type: 'message' });
    connection.send({ ...chat(2, { clientMessageId: others.clientMessageId }), type: 'message' });
    connection.send(ack(1, own.clientMessageId));
    await shopper.until('ack', () => shopper.unanswered === 0);
    expect(measured).toEqual(['joined true', 'receipt true', 'ack true']);
  });
});
