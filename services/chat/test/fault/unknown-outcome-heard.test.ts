import type { Room } from '@gongu/shared';
import { redisProgram, startRedis, type TcpProxy, type TestRedis, tcpProxy } from '@gongu/testkit';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chatOfThisFile, type Instance } from '../fixture/chat.ts';
import { openStream } from '../fixture/event-stream.ts';
import { SERVICE, tokenOf } from '../fixture/tokens.ts';

const given = chatOfThisFile();

interface Change {
  /** Whether who asked may not know what became of it; else the service asks again by itself. */
  readonly isUnknown: boolean;
  readonly ask: (shaky: Instance, roomId: string) => Promise<string | undefined>;
  /** Rows that it leaves in the room. */
  readonly events: readonly string[];
  readonly people: number;
}

const overHttp =
  (method: string, path: string, as: string, body?: object): Change['ask'] =>
  async (shaky, roomId) => {
    const { status, body: told } = await shaky.call(method, `/api/chat/rooms/${roomId}${path}`, { as, body });
    return status >= 400 ? told.code : undefined;
  };
const overSocket =
  (userId: string, type: string): Change['ask'] =>
  async (shaky, roomId) => {
    const client = await shaky.connect(userId);
    client.send({ type, ref: '1', roomId });
    const frame = await client.next((one) => one.ref === '1');
    client.terminate();
    return frame.type === 'error' ? frame.code : undefined;
  };

/** What carries out the changes, and nothing that is read before. */
const FUNCTIONS = ['join_rooms', 'leave_room', 'commit_participant', 'set_room_status'];
const isChange = (sent: Buffer) => FUNCTIONS.some((name) => sent.includes(`chat.${name}(`));

/** Of a room with ann and bob in it. */
const CHANGES: Record<string, Change> = {
  'join over HTTP': {
    ...{ isUnknown: true, events: ['participant.joined'], people: 3 },
    ask: overHttp('POST', '/participants', 'new', {}),
  },
  'join over a socket': {
    ...{ isUnknown: true, events: ['participant.joined'], people: 3 },
    ask: overSocket('new', 'join'),
  },
  'leave over HTTP': {
    ...{ isUnknown: true, events: ['participant.left'], people: 1 },
    ask: overHttp('DELETE', '/participants/bob', 'bob'),
  },
  'leave over a socket': {
    ...{ isUnknown: true, events: ['participant.left'], people: 1 },
    ask: overSocket('bob', 'leave'),
  },
  'removal by the host': {
    ...{ isUnknown: true, events: ['participant.removed'], people: 1 },
    ask: overHttp('DELETE', '/participants/bob', 'seller'),
  },
  purchase: {
    ...{ isUnknown: false, events: ['participant.joined', 'participant.committed'], people: 3 },
    ask: overHttp('PUT', '/participants/new', SERVICE, { committed: true }),
  },
  cancellation: {
    ...{ isUnknown: true, events: ['room.cancelled'], people: 2 },
    ask: overHttp('PATCH', '', SERVICE, { status: 'CANCELLED' }),
  },
};

/** Without Redis an instance looks for rows of others each second, with it every 15 s (docs/guarantees.md, G5). */
const BUSES = [
  { name: 'without Redis', withRedis: false, promisedMs: 1_000 },
  { name: 'with Redis', withRedis: true, promisedMs: 15_000 },
];
/** For a machine that has much else to do. */
const MARGIN_MS = 10_000;

describe.each(BUSES)('$name', ({ withRedis, promisedMs }) => {
  let redis: TestRedis | undefined;
  let proxy: TcpProxy;
  let shaky: Instance;
  let other: Instance;
  let sql: pg.Client;

  describe.skipIf(withRedis && !redisProgram())('two instances', () => {
    beforeAll(async () => {
      if (withRedis) redis = await startRedis();
      const env: Record<string, string> = { EXPIRE_CRON: '0 0 1 1 *', ...(redis ? { REDIS_URL: redis.url } : {}) };
      proxy = await tcpProxy({ target: given.databaseUrl });
      shaky = await given.start({ ...env, DATABASE_URL: proxy.through(given.databaseUrl), DATABASE_POOL: '20' });
      other = await given.start(env);
      sql = new pg.Client({ connectionString: given.databaseUrl });
      await sql.connect();
    });
    afterAll(async () => {
      await proxy?.pass();
      proxy?.cut();
      await Promise.all([shaky?.stop(), other?.stop(), sql?.end()]);
      await Promise.all([proxy?.close(), redis?.stop()]);
    });

    async function seqOf(roomId: string): Promise<number> {
      const { rows } = await sql.query('SELECT last_seq AS seq FROM chat.rooms WHERE room_id = $1', [roomId]);
      return Number(rows[0]?.seq);
    }

    /** A room for a change, and who listens in it, on each instance by a socket and by a stream. */
    async function prepare([name, change]: [string, Change]) {
      const roomId = await other.room();
      for (const userId of ['ann', 'bob']) {
        const joined = await other.call('POST', `/api/chat/rooms/${roomId}/participants`, { as: userId, body: {} });
        expect(joined.status).toBe(201);
      }
      const listeners = await Promise.all(
        [shaky, other].map(async (instance) => {
          const socket = await instance.connect('ann');
          await socket.join(roomId);
          const stream = await openStream(`${instance.url}/api/chat/rooms/${roomId}/events?token=${tokenOf('ann')}`);
          await stream.next('joined');
          return { socket, stream, instance };
        }),
      );
      return { ...change, name, roomId, listeners, before: await seqOf(roomId) };
    }

    it('changes of a room of which no answer came are heard of by sockets and streams of both, with their counts', async () => {
      const rooms = [];
      for (const entry of Object.entries(CHANGES)) rooms.push(await prepare(entry));
      // Joins go in batches, so that one at a time can be under way.
      for (const part of [
        rooms.filter(({ name }) => !/socket/.test(name)),
        rooms.filter(({ name }) => /socket/.test(name)),
      ]) {
        proxy.mute(isChange);
        const asking = part.map(({ ask, roomId }) => ask(shaky, roomId));
        for (const { name, roomId, before, events } of part) {
          await expect.poll(() => seqOf(roomId), { message: name }).toBe(before + events.length);
        }
        // What was asked is stored, and the answers are on their way.
        proxy.cut();
        await proxy.pass();
        for (const [i, { isUnknown, name }] of part.entries()) {
          expect(await asking[i], name).toBe(isUnknown ? 'UNKNOWN_OUTCOME' : undefined);
        }
      }
      const giveUpAt = performance.now() + promisedMs + MARGIN_MS;
      const timeout = () => Math.max(1, giveUpAt - performance.now());
      for (const { name, roomId, before, events, people, listeners } of rooms) {
        for (const { socket, stream, instance } of listeners) {
          for (const [i, event] of events.entries()) {
            const seq = before + 1 + i;
            const { data } = await socket.next((one) => one.type === 'message' && one.seq === seq, timeout());
            expect(data, name).toMatchObject({ event });
            const streamed = () =>
              stream.queue.find((one) => one.type === 'message' && one.data.seq === seq)?.data.data;
            await expect.poll(streamed, { timeout: timeout(), message: name }).toMatchObject({ event });
          }
          const room = await instance.call<Room>('GET', `/api/chat/rooms/${roomId}`, { as: 'ann' });
          expect(room.body.participantCount, name).toBe(people);
          socket.terminate();
          stream.close();
        }
      }
    });
  });
});
