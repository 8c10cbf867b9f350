import { spawnSync } from 'node:child_process';
import { type Instance, openParts } from '@gongu/sim';
import type { Run } from '@gongu/sim/supervise';
import { freePort, inRepository, type TcpProxy, tcpProxy } from '@gongu/testkit';
import { type BusProxy, startBusProxy } from './bus-proxy.ts';
import { startDatabase } from './database.ts';
import { createWitness } from './witness.ts';

const MIB = 2 ** 20;
/**
 * Resident memory that each process may have. A chat instance alone has about 150 MiB, and 230 under this load; twice
 * that leaves room for a slow machine, and none for a queue that grows.
 */
const BOUNDS: Readonly<Record<string, number>> = {
  chat: 480 * MIB,
  trade: 360 * MIB,
  redis: 64 * MIB,
  nginx: 64 * MIB,
};
const REJOIN_PAUSE_S = 6;
/** Services are quicker to notice, and to forget, here than they are by default, since a run is short. */
const CHAT = {
  ...{ HEARTBEAT_MS: '4000', SEND_QUEUE_BYTES: '65536', SEND_TIMEOUT_MS: '5000' },
  ...{ VISITOR_GRACE_S: '4', REJOIN_PAUSE_S: String(REJOIN_PAUSE_S), CHANGES: 'on' },
};
/** Which instances prove over Redis who they are, a run after the other. */
const SEALS = ['all', 'one that nginx does not know', 'none'] as const;

export interface ChaosSystemOptions extends Run {
  readonly instances: number;
  readonly seed: number;
}

/** A whole system with a place to break it between any two of its parts. Everything is added to the lifecycle. */
export async function startChaosSystem({ lifecycle, terminal, env, instances, seed }: ChaosSystemOptions) {
  const { stopping } = lifecycle;
  const numbers = Array.from({ length: instances }, (_, i) => i);
  const chatNames = numbers.map((i) => `chat-${i + 1}`);
  const onProcess = (name: string, pid: () => number | null) => witness.watch(name, pid);
  const parts = await openParts({ env, name: 'chaos', chats: chatNames, lifecycle, terminal, onProcess });
  const { workplace, secrets, auth, calls } = parts;
  const witness = createWitness({
    dir: workplace.file('logs'),
    boundOf: (name) => BOUNDS[name.replace(/-\d+$/, '')] ?? Number.POSITIVE_INFINITY,
  });
  lifecycle.add({ name: 'the witness', stop: witness.stop });

  const database = await startDatabase({ dataDir: workplace.path });
  lifecycle.add({ name: 'PostgreSQL', stop: database.stop });
  for (const text of [...Object.values(secrets), new URL(database.url).password]) witness.secret(text);

  const redis = await parts.redis();
  const redisLinks: TcpProxy[] = [];
  const buses: BusProxy[] = [];
  if (redis) {
    for (const _ of numbers) {
      const link = await proxyTo(redis.port);
      redisLinks.push(link);
      buses.push(await busTo(link.port));
    }
  }
  /** Between PostgreSQL and each instance of chat, and last trade. */
  const postgresLinks: TcpProxy[] = [];
  for (const _ of [...numbers, 'trade']) postgresLinks.push(await proxyTo(database.port));

  // Nobody listens yet, so the same one may be free twice.
  const taken = new Set<number>();
  while (taken.size < instances + 1) taken.add(await freePort());
  const [tradePort, ...ports] = [...taken] as [number, ...number[]];
  const nginx = await parts.nginx([ports[0]!, ports[1]!]);
  const front = nginx?.port ?? ports[0]!;
  const tradeToChat = await proxyTo(front);

  const seals = SEALS[seed % SEALS.length]!;
  const isSealed = (i: number) => seals === 'all' || (seals !== 'none' && i > 1);
  const chats = numbers.map((i) =>
    open('chat', chatNames[i]!, ports[i]!, {
      ...CHAT,
      DATABASE_URL: postgresLinks[i]!.through(database.url),
      INSTANCE_URL: `http://127.0.0.1:${ports[i]}`,
      // One of them says everything, so that there is something to look for tokens in.
      LOG_LEVEL: i === 0 ? 'debug' : 'info',
      ...(redis ? { REDIS_URL: `redis://127.0.0.1:${buses[i]!.port}`, BUS_SEAL: isSealed(i) ? 'on' : 'off' } : {}),
    }),
  );
  const trade = open('trade', 'trade', tradePort, {
    DATABASE_URL: postgresLinks[instances]!.through(database.url),
    CHAT_URL: `http://127.0.0.1:${tradeToChat.port}`,
    LOG_LEVEL: 'debug',
  });
  await Promise.all([...chats, trade].map((instance) => instance.start()));

  function open(service: 'chat' | 'trade', name: string, port: number, own: Record<string, string>): Instance {
    const wrote = witness.wrote(name);
    return parts.instance({
      service,
      name,
      port,
      env: { TRUST_PROXY: 'loopback', ...own },
      revives: true,
      onLine: (line) => wrote(JSON.stringify(line)),
      onText: wrote,
      onDied(reason) {
        if (!stopping.aborted) witness.died(reason);
      },
    });
  }

  async function proxyTo(target: number): Promise<TcpProxy> {
    const proxy = await tcpProxy({ target });
    lifecycle.add({ name: 'a proxy', stop: proxy.close });
    return proxy;
  }

  async function busTo(target: number): Promise<BusProxy> {
    const proxy = await startBusProxy({ target });
    lifecycle.add({ name: 'a proxy of the bus', stop: proxy.close });
    return proxy;
  }

  return {
    chats,
    trade,
    database,
    redis,
    redisLinks,
    buses,
    postgresLinks,
    tradeToChat,
    nginx,
    witness,
    auth,
    calls,
    note: workplace.note,
    /** What a room's log is held against. */
    rules: { rejoinPauseMs: REJOIN_PAUSE_S * 1_000 },
    /** Of the programs that take part, as they say it themselves. */
    async versions(): Promise<Record<string, string>> {
      const said = (text: string, pattern: RegExp) => pattern.exec(text)?.[0] ?? 'unknown';
      const commit = spawnSync('git', ['rev-parse', 'HEAD'], { cwd: inRepository(), encoding: 'utf8' }).stdout ?? '';
      return {
        gongu: said(commit, /^\w+/),
        node: process.version,
        postgres: said(await database.log(), /PostgreSQL [\d.]+/),
        ...(redis ? { redis: said(redis.log(), /(?:Redis|Valkey) version=[^,]+/) } : {}),
      };
    },
    /** HTTP to chat when nothing is broken. */
    chatUrl: `http://127.0.0.1:${front}`,
    /** Where clients may connect: the balancer more often than an instance itself. */
    fronts: nginx ? [front, front, ports[instances - 1]!, front, ports[0]!] : ports,
    parts: [
      `${instances} chat instances, trade, PostgreSQL with fsync`,
      nginx ? 'nginx with the shipped configuration in front of two of them' : 'no nginx on the PATH',
      redis
        ? `Redis; with BUS_SEAL: ${seals}`
        : 'no redis-server and no valkey-server on the PATH: the faults of Redis are left out',
    ],
  };
}

export type ChaosSystem = Awaited<ReturnType<typeof startChaosSystem>>;
