import { createAuth } from '@gongu/host';
import { startEmbeddedPostgres } from '@gongu/host/embedded';
import { freePort, hasNginx, newSecret, redisProgram, startNginx, startRedis, type TestRedis } from '@gongu/testkit';
import type { Lifecycle } from '../start/lifecycle.ts';
import type { Terminal } from '../start/terminal.ts';
import { createCalls } from './calls.ts';
import { createInstance, type Instance } from './instance.ts';
import { createVoices } from './voices.ts';
import { openWorkplace } from './workplace.ts';

export interface StageOptions {
  readonly env: NodeJS.ProcessEnv;
  /** Folder in DATA_DIR, which no other run may use at the same time. */
  readonly name: string;
  readonly lifecycle: Lifecycle;
  readonly terminal: Terminal;
  /** Further variables of chat. */
  readonly chatEnv?: Readonly<Record<string, string>>;
  /** Something ended by itself. */
  readonly died: (reason: string) => void;
}

const ORDER = ['nginx', 'trade', 'chat-1', 'chat-2', 'redis'];

/**
 * A whole system of its own: PostgreSQL, Redis where the PATH has one, two chat instances, trade, and the shipped nginx
 * in front of chat where the PATH has one. Everything that was started is added to the lifecycle.
 *
 * @throws StartError, or an error of the system, when a part does not start
 */
export async function startStage(options: StageOptions) {
  const { env, name, lifecycle, terminal, chatEnv = {}, died } = options;
  const { stopping } = lifecycle;
  const workplace = await openWorkplace({ env, name, order: ORDER, terminal });
  lifecycle.add({ name: 'the folder', stop: workplace.remove });

  const secrets = { JWT_SECRET: newSecret(), SERVICE_JWT_SECRET: newSecret() };
  const auth = createAuth({ jwtSecret: secrets.JWT_SECRET, serviceSecret: secrets.SERVICE_JWT_SECRET });
  const postgres = await startEmbeddedPostgres({ dataDir: workplace.path });
  lifecycle.add({ name: 'PostgreSQL', stop: postgres.stop });
  const redis = await openRedis();
  const [one, two, tradePort] = [await freePort(), await freePort(), await freePort()];
  const nginx = hasNginx() ? await openNginx([one, two]) : null;
  const balanced = nginx && `http://127.0.0.1:${nginx.port}`;

  const common = {
    ...secrets,
    DATABASE_URL: postgres.url,
    DATA_DIR: workplace.path,
    HOST: '127.0.0.1',
    ALLOWED_ORIGINS: '*',
    DRAIN_MS: '1000',
    ...(nginx ? { TRUST_PROXY: 'loopback' } : {}),
  };
  const voices = createVoices({ terminal });
  const chats = [one, two].map((port, i) =>
    open('chat', `chat-${i + 1}`, port, {
      ...(redis ? { REDIS_URL: redis.url } : {}),
      INSTANCE_URL: `http://127.0.0.1:${port}`,
      ...chatEnv,
    }),
  ) as [Instance, Instance];
  const chatUrl = balanced ?? chats[0].url;
  const trade = open('trade', 'trade', tradePort, { CHAT_URL: chatUrl });
  await Promise.all([...chats, trade].map((instance) => instance.start()));

  function open(service: 'chat' | 'trade', title: string, port: number, more: Record<string, string>): Instance {
    const instance = createInstance({
      name: title,
      service,
      port,
      env: { ...common, ...more },
      note: (pid) => workplace.note(title, pid),
      heard: voices(title),
      died,
      stopping,
    });
    lifecycle.add(instance);
    return instance;
  }

  async function openRedis(): Promise<TestRedis | null> {
    if (!redisProgram()) return null;
    const started = await startRedis({ dir: workplace.file('redis'), detached: true });
    workplace.note('redis', started.pid);
    lifecycle.add({ name: 'Redis', stop: started.stop });
    return started;
  }

  async function openNginx(ports: [number, number]) {
    const started = await startNginx('round-robin', ports, { dir: workplace.file('nginx'), detached: true });
    workplace.note('nginx', started.pid);
    lifecycle.add({ name: 'nginx', stop: started.stop });
    return started;
  }

  return {
    chats,
    trade,
    /** Null: the PATH has none, and the instances have the local bus. */
    redis,
    /** Where HTTP to chat goes. */
    chatUrl,
    /** Where sockets connect, one after the other: nginx, or else the instances themselves. */
    sockets: (balanced ? [balanced] : chats.map(({ url }) => url)).map((url) => `${url.replace(/^http/, 'ws')}/ws`),
    behindNginx: nginx !== null,
    auth,
    calls: createCalls({ auth, stopping }),
    /** What runs, a line each. */
    parts: [
      `two chat instances on ports ${one} and ${two}`,
      nginx
        ? `nginx with the shipped configuration on port ${nginx.port}`
        : 'no nginx on the PATH: clients connect to the instances directly',
      redis
        ? `Redis on port ${redis.port}`
        : 'no redis-server and no valkey-server on the PATH: the instances meet in PostgreSQL (local bus)',
      `trade on port ${tradePort}`,
      `PostgreSQL on port ${postgres.port}, with fsync`,
    ],
  };
}

export type Stage = Awaited<ReturnType<typeof startStage>>;
