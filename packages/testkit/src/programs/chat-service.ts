import { randomUUID } from 'node:crypto';
import pg from 'pg';
import WebSocket from 'ws';
import { serviceToken, type UserTokenOptions, userToken } from '../auth/tokens.ts';
import { freePort } from '../network/free-port.ts';
import { servicesDatabase } from './postgres.ts';
import { type ServiceProcess, spawnService } from './spawn-service.ts';

const JWT_SECRET = 'what the shop of the tests signs its users with';
const SERVICE_JWT_SECRET = 'what trade and chat of the tests share, nobody else';
const CONTENT_KEYS = `test:${Buffer.alloc(32, 7).toString('base64')}`;

export interface ChatService {
  /** `http://127.0.0.1:…`; the same after a restart. */
  readonly url: string;
  readonly process: ServiceProcess;
  /** A user's token. */
  token(userId: string, options?: Partial<UserTokenOptions>): string;
  /** A request by the service, or by the bearer of `token`. @throws Error for an answer of 400 and more */
  call<T = unknown>(method: string, path: string, body?: unknown, token?: string): Promise<T>;
  /** Opens a room; its id. `seller` hosts it. */
  room(fields?: Readonly<Record<string, unknown>>): Promise<string>;
  /** `count` messages by a user, who joins for it, in order. `text` makes their contents. */
  fill(roomId: string, userId: string, count: number, text?: (n: number) => string): Promise<void>;
  /** What operators do by SQL, in its database; the rows. */
  query<Row extends object>(sql: string, ...values: readonly unknown[]): Promise<Row[]>;
  /** Ends the process: SIGTERM drains, SIGKILL is a crash. */
  end(signal?: NodeJS.Signals): Promise<void>;
  /** Starts it again, at the same address and on the same data. */
  start(): Promise<void>;
  /** Ends it and removes its database. */
  close(): Promise<void>;
}

/**
 * The chat service as an operator runs it: built, a process of its own, on a database of its own. Tests of
 * packages start it; sim's launcher can't be used here, since sim stands on the testkit.
 */
export async function startChatService(env: Readonly<Record<string, string>> = {}): Promise<ChatService> {
  const database = await servicesDatabase();
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const run = () =>
    spawnService({
      entry: 'services/chat/dist/main.mjs',
      env: {
        ...{ DATABASE_URL: database.url, DATABASE_POOL: '5', JWT_SECRET, SERVICE_JWT_SECRET, ALLOWED_ORIGINS: '*' },
        ...{ CHAT_PORT: String(port), HOST: '127.0.0.1', DRAIN_MS: '1000', CONTENT_KEYS },
        ...{ RATE_MESSAGES_PER_SECOND: '0', RATE_CHANGES_PER_SECOND: '0', RATE_FRAMES_PER_SECOND: '0' },
        ...env,
      },
    });
  let current = run();
  await current.ready;

  const service: ChatService = {
    url,
    get process() {
      return current;
    },
    token: (userId, options) => userToken({ sub: userId, nickname: userId, secret: JWT_SECRET, ...options }),
    async call(method, path, body, token = serviceToken({ secret: SERVICE_JWT_SECRET })) {
      const answer = await fetch(url + path, {
        method,
        headers: {
          authorization: `Bearer ${token}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        body: body === undefined ? undefined : JSON.stringify(body),
      });
      const text = await answer.text();
      if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
      return (text === '' ? undefined : JSON.parse(text)) as never;
    },
    async room(fields = {}) {
      const opening = {
        productId: randomUUID(),
        title: '제주 감귤 10kg',
        hostId: 'seller',
        maxParticipants: 100,
        expiresAt: new Date(Date.now() + 3_600_000).toISOString(),
        ...fields,
      };
      await service.call('POST', '/api/chat/rooms', opening);
      return opening.productId;
    },
    async fill(roomId, userId, count, text = (n) => `message ${n}`) {
      const socket = new WebSocket(`${url.replace('http', 'ws')}/ws`, 'gongu.v1');
      const send = (frame: object) => socket.send(JSON.stringify({ roomId, ...frame }));
      let left = count;
      let sent = 0;
      await new Promise<void>((resolve, reject) => {
        socket.on('open', () => {
          send({ type: 'auth', token: service.token(userId) });
          send({ type: 'join' });
        });
        socket.on('message', (data) => {
          const { type, message } = JSON.parse(String(data)) as { type: string; message?: string };
          if (type === 'error') reject(new Error(message));
          if (type === 'ack' && --left === 0) resolve();
          // Sends of one socket keep their order without waiting for each other; not so many that a busy machine is late.
          const more = type === 'joined' ? 100 : type === 'ack' ? 1 : 0;
          for (const to = Math.min(count, sent + more); sent < to; ) {
            send({ type: 'send', clientMessageId: randomUUID(), content: text(++sent) });
          }
        });
        socket.on('error', reject);
        socket.on('close', () => reject(new Error('the connection closed')));
      }).finally(() => socket.close());
    },
    async query<Row extends object>(sql: string, ...values: readonly unknown[]) {
      const client = new pg.Client({ connectionString: database.url });
      await client.connect();
      try {
        return (await client.query<Row>(sql, [...values])).rows;
      } finally {
        await client.end();
      }
    },
    async end(signal = 'SIGTERM') {
      await current.kill(signal);
    },
    async start() {
      current = run();
      await current.ready;
    },
    async close() {
      await current.kill('SIGKILL');
      await database.drop();
    },
  };
  return service;
}
