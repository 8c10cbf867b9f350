import { randomUUID } from 'node:crypto';
import type { Participant, Room } from '@gongu/shared';
import { probe, type TcpProxy, tcpProxy } from '@gongu/testkit';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chatOfThisFile, type Instance } from '../fixture/chat.ts';
import { said } from '../fixture/log-lines.ts';
import { SERVICE, tokenOf } from '../fixture/tokens.ts';

const given = chatOfThisFile();
let direct: Instance;
let proxy: TcpProxy;
let shaky: Instance;
let outside: pg.Client;
/** In no transaction, where it would see the sessions as they were at its beginning. */
let observer: pg.Client;
beforeAll(async () => {
  direct = await given.start();
  proxy = await tcpProxy({ target: given.databaseUrl });
  shaky = await given.start({
    ...{ DATABASE_URL: proxy.through(given.databaseUrl), DATABASE_POOL: '5' },
    ...{ DATABASE_STATEMENT_TIMEOUT_MS: '900', DATABASE_LOCK_TIMEOUT_MS: '300', DATABASE_CLIENT_CHECK_MS: '200' },
    EXPIRE_CRON: '0 0 1 1 *',
  });
  outside = new pg.Client({ connectionString: given.databaseUrl });
  observer = new pg.Client({ connectionString: given.databaseUrl });
  await Promise.all([outside.connect(), observer.connect()]);
});
afterAll(async () => {
  await Promise.all([outside.end(), observer.end()]);
  await proxy.pass();
  proxy.cut();
  await shaky.stop();
  await proxy.close();
});

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

async function rowsOf(sql: string, ...values: unknown[]): Promise<Record<string, unknown>[]> {
  return (await observer.query(sql, values)).rows;
}

const isMember = async (roomId: string, userId: string) =>
  (await rowsOf('SELECT 1 FROM chat.members WHERE room_id = $1 AND user_id = $2', roomId, userId)).length > 0;
const room = async (roomId: string) => (await rowsOf('SELECT * FROM chat.rooms WHERE room_id = $1', roomId))[0];
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
  return (await rowsOf("SELECT 1 FROM chat.messages WHERE room_id = $1 AND kind = 'CHAT'", roomId)).length > 0;
}

async function overSocket(roomId: string, userId: string, command: Record<string, unknown>): Promise<Told> {
  const client = await shaky.connect(userId);
  client.send({ ref: '1', roomId, ...command } as never);
  const frame = await client.next((one) => one.ref === '1', 30_000);
  client.terminate();
  const failed = frame.type === 'error';
  return { code: failed ? frame.code : undefined, retries: failed && frame.retryAfterMs !== undefined };
}

async function overStomp(roomId: string): Promise<Told> {
  const client = await probe(shaky.socketUrl, { protocols: ['v12.stomp', `bearer.${tokenOf('ann')}`] });
  client.send('CONNECT\naccept-version:1.2\nhost:chat\n\n\0');
  await client.next((frame) => String(frame).startsWith('CONNECTED'));
  client.send(`SEND\ndestination:/app/chat/${roomId}\nreceipt:1\n\n${said('셋')}\0`);
  const frame = String(await client.next((one) => /^(RECEIPT|ERROR)/.test(String(one)), 30_000));
  client.terminate();
  const body = frame.startsWith('ERROR') ? /\nmessage:([A-Z_]+)/.exec(frame)?.[1] : undefined;
  return { code: body, retries: true };
}

async function waiting(): Promise<number> {
  const rows = await rowsOf(
    `SELECT 1 FROM pg_stat_activity
     WHERE datname = current_database() AND pid <> pg_backend_pid() AND wait_event_type = 'Lock'`,
  );
  return rows.length;
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

async function lock(roomId: string): Promise<void> {
  await outside.query('BEGIN');
  await outside.query('SELECT 1 FROM chat.rooms WHERE room_id = $1 FOR UPDATE', [roomId]);
}

describe.each(Object.entries(VERBS))('a %s', (_name, { key, call, done }) => {
  it('behind a lock is UNAVAILABLE, and is not carried out afterwards', async () => {
    const roomId = await made();
    await lock(roomId);
    const told = await call(roomId);
    await outside.query('ROLLBACK');
    expect(told).toEqual({ code: 'UNAVAILABLE', retries: true });
    await expect.poll(waiting).toBe(0);
    expect(await done(roomId)).toBe(false);
    expect((await call(roomId)).code).toBeUndefined();
    expect(await done(roomId)).toBe(true);
  }, 20_000);

  it('whose connection is terminated under way is asked again where it has a key, else nobody knows', async () => {
    const roomId = await made();
    await lock(roomId);
    const calling = call(roomId);
    await expect.poll(waiting).toBeGreaterThan(0);
    await observer.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE datname = current_database() AND wait_event_type = 'Lock'`,
    );
    await outside.query('ROLLBACK');
    expect(await calling).toEqual(
      key ? { code: undefined, retries: expect.any(Boolean) } : { code: 'UNKNOWN_OUTCOME', retries: true },
    );
    if (key) expect(await done(roomId)).toBe(true);
  }, 20_000);

  it('that could not be sent is UNAVAILABLE', async () => {
    const roomId = await made();
    await proxy.refuse();
    proxy.cut();
    const told = await call(roomId);
    await proxy.pass();
    expect(told).toEqual({ code: 'UNAVAILABLE', retries: true });
    expect(await done(roomId)).toBe(false);
  }, 20_000);
});

it('read marks wait for nobody: a locked member delays his own mark only', async () => {
  const [busy, free] = [await made(), await made()];
  await outside.query('BEGIN');
  await outside.query('SELECT 1 FROM chat.members WHERE room_id = $1 FOR UPDATE', [busy]);
  const mark = (roomId: string) => shaky.call('PUT', at('/read')(roomId), { as: 'ann', body: { seq: 2 } });
  const held = mark(busy);
  for (let i = 0; i < 5; i++) {
    expect((await mark(free)).status).toBe(204);
    expect(await waiting()).toBe(0);
  }
  const { status, body } = await held;
  expect([status, body.code]).toEqual([503, 'UNAVAILABLE']);
  const later = mark(busy);
  await outside.query('COMMIT');
  expect((await later).status).toBe(204);
}, 20_000);
