import { join } from 'node:path';
import { createAuth, dataDir } from '@gongu/host';
import {
  freePort,
  hasNginx,
  type NginxProcess,
  newSecret,
  redisProgram,
  startNginx,
  startRedis,
  type TcpProxy,
  type TestRedis,
  tcpProxy,
} from '@gongu/testkit';
import { createCalls } from '../../stage/calls.ts';
import type { Run } from '../../stage/run-until-signal.ts';
import { openWorkplace } from '../../stage/workplace.ts';
import { type BusProxy, startBusProxy } from './bus-proxy.ts';
import { startDatabase } from './database.ts';
import { createSubject, type Subject } from './subject.ts';
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
/** Services are quicker to notice here than they are by default, since a run is short. */
const COMMON = { HOST: '127.0.0.1', ALLOWED_ORIGINS: '*', DRAIN_MS: '1000', TRUST_PROXY: 'loopback' };
const CHAT = { HEARTBEAT_MS: '4000', SEND_QUEUE_BYTES: '65536', SEND_TIMEOUT_MS: '5000' };

export interface SystemOptions extends Run {
  readonly seed: number;
  readonly instances: number;
}

/** A whole system with a place to break it between any two of its parts. Everything is added to the lifecycle. */
export async function startSystem({ lifecycle, terminal, env, seed, instances }: SystemOptions) {
  const { stopping } = lifecycle;
  const numbers = Array.from({ length: instances }, (_, i) => i);
  const order = ['nginx', 'trade', ...numbers.map((i) => `chat-${i + 1}`), 'redis'];
  const workplace = await openWorkplace({ env, name: 'chaos', order, terminal });
  lifecycle.add({ name: 'the folder', stop: workplace.remove });
  const evidenceDir = join(dataDir(env), 'chaos-evidence', `seed-${seed}`);
  const witness = createWitness({
    dir: workplace.file('logs'),
    boundOf: (name) => BOUNDS[name.replace(/-\d+$/, '')] ?? Number.POSITIVE_INFINITY,
  });
  lifecycle.add({ name: 'the witness', stop: witness.stop });

  const secrets = { JWT_SECRET: newSecret(), SERVICE_JWT_SECRET: newSecret() };
  const auth = createAuth({ jwtSecret: secrets.JWT_SECRET, serviceSecret: secrets.SERVICE_JWT_SECRET });
  const database = await startDatabase({ dataDir: workplace.path });
  lifecycle.add({ name: 'PostgreSQL', stop: database.stop });
  for (const text of [...Object.values(secrets), new URL(database.url).password]) witness.secret(text);

  const redis = await openRedis();
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

  const ports: number[] = [];
  for (const _ of numbers) ports.push(await freePort());
  const nginx = hasNginx() ? await openNginx([ports[0]!, ports[1]!]) : null;
  const front = nginx?.port ?? ports[0]!;
  const tradeToChat = await proxyTo(front);

  const chats = numbers.map((i) =>
    open('chat', `chat-${i + 1}`, ports[i]!, {
      ...CHAT,
      DATABASE_URL: postgresLinks[i]!.through(database.url),
      INSTANCE_URL: `http://127.0.0.1:${ports[i]}`,
      // One of them says everything, so that there is something to look for tokens in.
      LOG_LEVEL: i === 0 ? 'debug' : 'info',
      ...(redis ? { REDIS_URL: `redis://127.0.0.1:${buses[i]!.port}` } : {}),
    }),
  );
  const trade = open('trade', 'trade', await freePort(), {
    DATABASE_URL: postgresLinks[instances]!.through(database.url),
    CHAT_URL: `http://127.0.0.1:${tradeToChat.port}`,
    LOG_LEVEL: 'debug',
  });
  await Promise.all([...chats, trade].map((subject) => subject.start()));

  function open(service: 'chat' | 'trade', name: string, port: number, own: Record<string, string>): Subject {
    const subject = createSubject({
      name,
      service,
      port,
      env: { ...COMMON, ...secrets, DATA_DIR: workplace.path, ...own },
      note: (pid) => workplace.note(name, pid),
      wrote: witness.wrote(name),
      died(reason) {
        if (!stopping.aborted) witness.died(reason);
      },
      stopping,
    });
    witness.watch(name, () => subject.pid);
    lifecycle.add(subject);
    return subject;
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

  async function openRedis(): Promise<TestRedis | null> {
    if (!redisProgram()) return null;
    const started = await startRedis({ dir: workplace.file('redis'), detached: true });
    workplace.note('redis', started.pid);
    witness.watch('redis', () => (started.pid > 0 ? started.pid : null));
    lifecycle.add({ name: 'Redis', stop: started.stop });
    return started;
  }

  async function openNginx(behind: [number, number]): Promise<NginxProcess> {
    const started = await startNginx('round-robin', behind, { dir: workplace.file('nginx'), detached: true });
    workplace.note('nginx', started.pid);
    witness.watch('nginx', () => started.pid);
    lifecycle.add({ name: 'nginx', stop: started.stop });
    return started;
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
    calls: createCalls({ auth, stopping }),
    evidenceDir,
    note: workplace.note,
    /** HTTP to chat when nothing is broken. */
    chatUrl: `http://127.0.0.1:${front}`,
    /** Where clients may connect: the balancer more often than an instance itself. */
    fronts: nginx ? [front, front, ports[instances - 1]!, front, ports[0]!] : ports,
    parts: [
      `${instances} chat instances, trade, PostgreSQL with fsync`,
      nginx ? 'nginx with the shipped configuration in front of two of them' : 'no nginx on the PATH',
      redis ? 'Redis' : 'no redis-server and no valkey-server on the PATH: the faults of Redis are left out',
    ],
  };
}

export type System = Awaited<ReturnType<typeof startSystem>>;
