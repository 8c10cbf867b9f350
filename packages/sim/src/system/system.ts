import { startEmbeddedPostgres } from '@gongu/host/embedded';
import { freePort, type LogLine } from '@gongu/testkit';
import type { Lifecycle } from '../supervise/lifecycle.ts';
import { readable } from '../supervise/log-line.ts';
import type { Terminal } from '../supervise/terminal.ts';
import type { Instance } from './instance.ts';
import { openParts } from './parts.ts';

export interface SystemOptions {
  readonly env: NodeJS.ProcessEnv;
  /** Folder in DATA_DIR, which no other run may use at the same time. */
  readonly name: string;
  readonly lifecycle: Lifecycle;
  readonly terminal: Terminal;
  /** Further variables of chat. */
  readonly chatEnv?: Readonly<Record<string, string>>;
}

/**
 * A whole system of its own: PostgreSQL, Redis where the PATH has one, two chat instances, trade, and the shipped nginx
 * in front of chat where the PATH has one. Everything that was started is added to the lifecycle; what ends by itself is
 * told to the terminal.
 *
 * @throws StartError, or an error of the system, when a part does not start
 */
export async function startSystem({ env, name, lifecycle, terminal, chatEnv = {} }: SystemOptions) {
  const parts = await openParts({ env, name, chats: ['chat-1', 'chat-2'], lifecycle, terminal });
  const { auth, calls } = parts;
  const postgres = await startEmbeddedPostgres({ dataDir: parts.workplace.path });
  lifecycle.add({ name: 'PostgreSQL', stop: postgres.stop });
  const redis = await parts.redis();
  const [one, two, tradePort] = [await freePort(), await freePort(), await freePort()];
  const nginx = await parts.nginx([one, two]);
  const balanced = nginx && `http://127.0.0.1:${nginx.port}`;

  const warnings = createWarnings({ terminal });
  const open = (service: 'chat' | 'trade', title: string, port: number, own: Record<string, string>): Instance =>
    parts.instance({
      service,
      name: title,
      port,
      env: { DATABASE_URL: postgres.url, ...(nginx ? { TRUST_PROXY: 'loopback' } : {}), ...own },
      revives: false,
      onLine: warnings(title),
      onDied(reason) {
        if (!lifecycle.stopping.aborted) terminal.warn(reason);
      },
    });
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
    calls,
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

export type System = Awaited<ReturnType<typeof startSystem>>;

interface WarningsOptions {
  readonly terminal: Terminal;
  /** @default 40 */
  readonly most?: number;
}

/** Warnings of the services for the person who reads along; the first so many, since an outage may bring thousands. */
function createWarnings({ terminal, most = 40 }: WarningsOptions) {
  let shown = 0;
  /** @param name whose log it is */
  return (name: string) => (line: LogLine) => {
    const text = readable(name, JSON.stringify(line));
    if (text === null || shown > most) return;
    shown += 1;
    terminal.say(shown > most ? '         (further warnings of the services are not shown)' : `         ${text}`);
  };
}
