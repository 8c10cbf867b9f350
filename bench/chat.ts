import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startEmbeddedPostgres } from '@gongu/host/embedded';
import {
  freePort,
  inRepository,
  type ServiceProcess,
  type Statement,
  serviceToken,
  spawnService,
  startRedis,
  statementProxy,
  userToken,
} from '@gongu/testkit';
import pg from 'pg';
import { emptyDatabase, type Postgres } from './database.ts';
import { pin } from './machine.ts';
import { type ChatSubject, TEXT } from './subject.ts';

const JWT_SECRET = 'a secret of users, for measurements only';
const SERVICE_JWT_SECRET = 'a secret of services, for measurements only';
const BUNDLE = 'services/chat/dist/main.mjs';

export interface ChatOptions {
  /** Folder for data, tokens and profiles. */
  readonly folder: string;
  /** Redis between instances. Without it one instance has the local bus. */
  readonly redis: boolean;
  /** Folder for CPU profiles of chat; null: none. */
  readonly profile: string | null;
  /** Whether its statements can be heard: they then pass a proxy. */
  readonly statements: boolean;
  /** Environment of every chat beside the usual one; a variant's own comes before it. */
  readonly env: Readonly<Record<string, string>>;
}

/** Its environment is what the bench gives it: a further variable must not be one of these. */
export const OWN_VARIABLES = ['DATABASE_URL', 'JWT_SECRET', 'SERVICE_JWT_SECRET', 'CHAT_PORT', 'HOST', 'REDIS_URL'];

/** How a chat differs from the usual one. */
export interface Variant {
  /** Environment of this one. */
  readonly env?: Readonly<Record<string, string>>;
  /** A database of its own, for one that runs beside others. */
  readonly database?: string;
  /** Where it was built elsewhere: the absolute path of its bundle. */
  readonly entry?: string;
}

/** Connections to PostgreSQL: ten chats at once, each with a pool of 10, and peers. */
const MAX_CONNECTIONS = '250';

/** Chat as it ships, with nothing left out: bundle, token check, membership, PostgreSQL with fsync. Only rate limits are off. */
export async function openChat({ folder, redis, profile, statements, env: common }: ChatOptions) {
  const settings = { max_connections: MAX_CONNECTIONS };
  const postgres = await startEmbeddedPostgres({ dataDir: folder, settings });
  const bus = redis ? await startRedis() : null;
  let heard: ((statement: Statement) => void) | null = null;
  const proxy = statements ? await statementProxy(postgres.url, (statement) => heard?.(statement)) : null;
  const tokens = join(folder, 'tokens.txt');
  const variant = (name: string, { env = {}, database, entry = BUNDLE }: Variant = {}): ChatSubject => ({
    label: 'chat',
    name,
    ours: true,
    from: [1_200, 8_000],
    speech: [
      ...['--path', '/ws?token={token}', '--tokens', tokens, '--hello', inRepository('bench/hello/gongu.txt')],
      ...['--header', 'Sec-WebSocket-Protocol: gongu.v1', '--ack', '"ref":"~A'],
      '--publish',
      `{"type":"send","ref":"~A{ts}","roomId":"{room}","clientMessageId":"{uuid}","content":"${TEXT}"}`,
    ],
    async start({ instances, rooms, connections, label }) {
      const databaseUrl = database === undefined ? postgres.url : await emptyDatabase(postgres, database);
      if (database === undefined) await empty(postgres.url);
      const users = Array.from({ length: connections }, (_, i) =>
        userToken({ sub: `user-${i}`, secret: JWT_SECRET, expiresInSeconds: 86_400 }),
      );
      writeFileSync(tokens, `${users.join('\n')}\n`);
      const running: { port: number; process: ServiceProcess }[] = [];
      const open = async (i: number, port: number) => {
        const process = spawnService({
          entry,
          nodeArgs: profile
            ? [
                '--cpu-prof',
                `--cpu-prof-dir=${profile}`,
                `--cpu-prof-name=${[label, database, i].filter((part) => part !== undefined).join('-')}.cpuprofile`,
              ]
            : [],
          env: {
            ...{ DATABASE_URL: proxy?.url ?? databaseUrl, JWT_SECRET, SERVICE_JWT_SECRET, ALLOWED_ORIGINS: '*' },
            ...{ CHAT_PORT: String(port), HOST: '127.0.0.1', DRAIN_MS: '500' },
            // Nothing is sealed, as by its peers, unless `--env CONTENT_ENCRYPTION=on` says so.
            ...{ CONTENT_KEYS: `bench:${Buffer.alloc(32, 7).toString('base64')}`, CONTENT_ENCRYPTION: 'off' },
            ...{
              RATE_MESSAGES_PER_SECOND: '0',
              RATE_CHANGES_PER_SECOND: '0',
              RATE_FRAMES_PER_SECOND: '0',
              CHANGES: 'on',
            },
            ...(bus ? { REDIS_URL: bus.url } : {}),
            ...{ ...common, ...env },
          },
        });
        running[i] = { port, process };
        pin(process.pid);
        await process.ready;
      };
      const stop = async () => {
        await Promise.all(running.map(({ process }) => process.kill()));
      };
      try {
        for (let i = 0; i < instances; i++) await open(i, await freePort());
        for (const roomId of rooms) await openRoom(running[0]!.port, roomId);
      } catch (error) {
        await stop();
        throw error;
      }
      await sleep(500);
      return {
        ports: running.map(({ port }) => port),
        pids: running.map(({ process }) => process.pid),
        helpers: [`pg:${postgres.pid}`, ...(bus ? [`redis:${bus.pid}`] : [])],
        async crash() {
          const { port, process } = running[0]!;
          await process.kill('SIGKILL');
          await open(0, port);
          await sleep(1_000); // it finds Redis
        },
        stop,
      };
    },
  });
  return {
    /** Chat as it is here; each start empties its database. */
    subject: variant('gongu chat'),
    variant,
    postgres: { url: postgres.url, pid: postgres.pid } satisfies Postgres,
    /** Null without Redis. */
    redis: bus && { url: bus.url, pid: bus.pid },
    /** A member's token. */
    token: (userId: string) => userToken({ sub: userId, secret: JWT_SECRET }),
    /** Who hears chat's statements from now on; null: nobody. */
    onStatement(listener: ((statement: Statement) => void) | null): void {
      heard = listener;
    },
    async stop() {
      proxy?.close();
      await bus?.stop();
      await postgres.stop();
    },
  };
}

export type Chat = Awaited<ReturnType<typeof openChat>>;

/** Each measurement begins with an empty database: chat makes its tables again. */
async function empty(databaseUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  await client.query('DROP SCHEMA IF EXISTS chat CASCADE');
  await client.query('CHECKPOINT');
  await client.end();
}

async function openRoom(port: number, roomId: string): Promise<void> {
  const answer = await fetch(`http://127.0.0.1:${port}/api/chat/rooms`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer ${serviceToken({ secret: SERVICE_JWT_SECRET })}`,
    },
    body: JSON.stringify({
      ...{ productId: roomId, title: 'Measured', hostId: 'seller', maxParticipants: 100_000 },
      expiresAt: new Date(Date.now() + 86_400_000).toISOString(),
    }),
  });
  if (!answer.ok) throw new Error(`room ${roomId} could not be opened: ${answer.status} ${await answer.text()}`);
}
