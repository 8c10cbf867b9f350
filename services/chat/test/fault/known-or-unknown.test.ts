import { randomUUID } from 'node:crypto';
import type { Participant, Room } from '@gongu/shared';
import { probe, type ShakyDatabase, shakyDatabase } from '@gongu/testkit';
import { until } from '@gongu/testkit/eventually';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chatOfThisFile, type Instance } from '../fixture/chat.ts';
import { said } from '../fixture/log-lines.ts';
import { metricOf } from '../fixture/metrics.ts';
import { SERVICE, tokenOf } from '../fixture/tokens.ts';

const given = chatOfThisFile();
let direct: Instance;
let database: ShakyDatabase;
let shaky: Instance;
beforeAll(async () => {
  direct = await given.start();
  database = await shakyDatabase(given.databaseUrl);
  shaky = await given.start({ ...database.env, EXPIRE_CRON: '0 0 1 1 *' });
});
afterAll(() => database.close(shaky.stop));

interface Told {
  readonly code: string | undefined;
  readonly retries: boolean;
}

interface Verb {
  /** What it is asked again under by the service itself. */
  readonly key?: true;
  readonly call: (roomId: string) => Promise<Told>;
  readonly done: (roomId: string) => Promise<boolean>;
}

function overHttp(method: string, path: (roomId: string) => string, as: string, body?: () => unknown) {
  return async (roomId: string): Promise<Told> => {
    const answer = await shaky.call(method, path(roomId), { as, ...(body ? { body: body() } : {}) });
    const refused = answer.status >= 400;
    return { code: refused ? answer.body.code : undefined, retries: answer.headers.has('retry-after') };
  };
}

const isMember = async (roomId: string, userId: string) =>
  (await database.rows('SELECT 1 FROM chat.members WHERE room_id = $1 AND user_id = $2', roomId, userId)).length > 0;
const room = async (roomId: string) => (await database.rows('SELECT * FROM chat.rooms WHERE room_id = $1', roomId))[0];
const at = (rest: string) => (roomId: string) => `/api/chat/rooms/${roomId}${rest}`;

const VERBS: Record<string, Verb> = {
  'join over HTTP': {
    call: overHttp('POST', at('/participants'), 'new', () => ({})),
    done: (roomId) => isMember(roomId, 'new'),
  },
  'join over a socket': {
    call: (roomId) => overSocket(roomId, 'new', { type: 'join' }),
    done: (roomId) => isMember(roomId, 'new'),
  },
  'leave over HTTP': {
    call: overHttp('DELETE', at('/participants/ann'), 'ann'),
    done: async (roomId) => !(await isMember(roomId, 'ann')),
  },
  'leave over a socket': {
    call: (roomId) => overSocket(roomId, 'ann', { type: 'leave' }),
    done: async (roomId) => !(await isMember(roomId, 'ann')),
  },
  'removal by the host': {
    call: overHttp('DELETE', at('/participants/ann'), 'seller'),
    done: async (roomId) => !(await isMember(roomId, 'ann')),
  },
  'recorded purchase': {
    key: true,
    call: overHttp('PUT', at('/participants/bob'), SERVICE, () => ({ committed: true })),
    done: (roomId) => isMember(roomId, 'bob'),
  },
  'change of status': {
    call: overHttp('PATCH', at(''), SERVICE, () => ({ status: 'CANCELLED' })),
    done: async (roomId) => (await room(roomId))?.status === 'CANCELLED',
  },
  'change of title': {
    call: overHttp('PATCH', at(''), 'seller', () => ({ title: '다른 방' })),
    done: async (roomId) => (await room(roomId))?.title === '다른 방',
  },
  'removal of the room': {
    call: overHttp('DELETE', at(''), SERVICE),
    done: async (roomId) => (await room(roomId)) === undefined,
  },
  'message over HTTP': {
    key: true,
    call: overHttp('POST', at('/messages'), 'ann', () => ({ clientMessageId: randomUUID(), content: said('하나') })),
    done: hasMessage,
  },
  'message over a socket': {
    key: true,
    call: (roomId) => overSocket(roomId, 'ann', { type: 'send', clientMessageId: randomUUID(), content: said('둘') }),
    done: hasMessage,
  },
  'message over STOMP': { key: true, call: overStomp, done: hasMessage },
};

async function hasMessage(roomId: string): Promise<boolean> {
  return (await database.rows("SELECT 1 FROM chat.messages WHERE room_id = $1 AND kind = 'CHAT'", roomId)).length > 0;
}

async function overSocket(roomId: string, userId: string, command: Record<string, unknown>): Promise<Told> {
  const client = await shaky.connect(userId);
  client.send({ ref: '1', roomId, ...command } as never);
  const frame = await client.next((one) => one.ref === '1');
  client.terminate();
  const failed = frame.type === 'error';
  return { code: failed ? frame.code : undefined, retries: failed && frame.retryAfterMs !== undefined };
}

async function overStomp(roomId: string): Promise<Told> {
  const client = await probe(shaky.socketUrl, { protocols: ['v12.stomp', `bearer.${tokenOf('ann')}`] });
  client.send('CONNECT\naccept-version:1.2\nhost:chat\n\n\0');
  await client.next((frame) => String(frame).startsWith('CONNECTED'));
  client.send(`SEND\ndestination:/app/chat/${roomId}\nreceipt:1\n\n${said('셋')}\0`);
  const frame = String(await client.next((one) => /^(RECEIPT|ERROR)/.test(String(one))));
  client.terminate();
  const body = frame.startsWith('ERROR') ? /\nmessage:([A-Z_]+)/.exec(frame)?.[1] : undefined;
  return { code: body, retries: true };
}

async function made(): Promise<string> {
  const roomId = await direct.room();
  expect((await direct.call<Participant>('POST', at('/participants')(roomId), { as: 'ann', body: {} })).status).toBe(
    201,
  );
  // So that the room is in memory where it is asked.
  expect((await shaky.call<Room>('GET', at('')(roomId), { as: 'ann' })).status).toBe(200);
  return roomId;
}

/** Nobody waits longer for an answer of PostgreSQL, by `database.env`. */
const ANSWER_MS = 5_000;

const LOCK = 'SELECT 1 FROM chat.rooms WHERE room_id = $1 FOR UPDATE';

/**
 * What is asked behind a lock that stays. Anew where PostgreSQL stood still for so long that its answer was not waited for: nothing
 * is known then.
 */
async function askedInTime(call: Verb['call']) {
  for (;;) {
    const roomId = await made();
    await database.lock(LOCK, roomId);
    const began = performance.now();
    const told = await call(roomId);
    const tookMs = performance.now() - began;
    await database.unlock('ROLLBACK');
    if (tookMs < ANSWER_MS) return { roomId, told };
  }
}

/** What is asked and loses its connection while it waits for a lock. Anew where the wait was over before anybody saw it. */
async function terminated(call: Verb['call']) {
  for (;;) {
    const roomId = await made();
    await database.lock(LOCK, roomId);
    let isOver = false;
    const calling = call(roomId).finally(() => {
      isOver = true;
    });
    await until(async () => isOver || (await database.waiting()) > 0);
    const ended = await database.terminateWaiting();
    await database.unlock('ROLLBACK');
    const told = await calling;
    if (ended > 0) return { roomId, told };
  }
}

describe.each(Object.entries(VERBS))('a %s', (_name, { key, call, done }) => {
  it('behind a lock is UNAVAILABLE, and is not carried out afterwards', async () => {
    const { roomId, told } = await askedInTime(call);
    expect(told).toEqual({ code: 'UNAVAILABLE', retries: true });
    await expect.poll(database.waiting).toBe(0);
    expect(await done(roomId)).toBe(false);
    expect((await call(roomId)).code).toBeUndefined();
    expect(await done(roomId)).toBe(true);
  });

  it('whose connection is terminated under way is asked again where it has a key, else nobody knows', async () => {
    const { roomId, told } = await terminated(call);
    expect(told).toEqual(
      key ? { code: undefined, retries: expect.any(Boolean) } : { code: 'UNKNOWN_OUTCOME', retries: true },
    );
    if (key) expect(await done(roomId)).toBe(true);
  });

  it('that could not be sent is UNAVAILABLE', async () => {
    const roomId = await made();
    await database.proxy.refuse();
    database.proxy.cut();
    // Until it has heard that a connection is gone, it sends on it.
    await expect.poll(() => metricOf(shaky, 'gongu_postgres_pool_connections')).toBe(0);
    const told = await call(roomId);
    await database.proxy.pass();
    expect(told).toEqual({ code: 'UNAVAILABLE', retries: true });
    expect(await done(roomId)).toBe(false);
  });
});

it('read marks wait for nobody: a locked member delays his own mark only', async () => {
  const [busy, free] = [await made(), await made()];
  await database.lock('SELECT 1 FROM chat.members WHERE room_id = $1 FOR UPDATE', busy);
  const mark = (roomId: string) => shaky.call('PUT', at('/read')(roomId), { as: 'ann', body: { seq: 2 } });
  const held = mark(busy);
  for (let i = 0; i < 5; i++) {
    expect((await mark(free)).status).toBe(204);
    expect(await database.waiting()).toBe(0);
  }
  const { status, body } = await held;
  expect([status, body.code]).toEqual([503, 'UNAVAILABLE']);
  const later = mark(busy);
  await database.unlock('COMMIT');
  expect((await later).status).toBe(204);
});
