import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { freePort, redisProgram, startRedis, type TestRedis } from '@gongu/testkit';
import { Missing } from '../workshop.ts';
import type { Ground, Surrounding } from './surrounding.ts';

/** The least that docs/operations.md lists for chat's own user. */
const RIGHTS =
  '-@all resetkeys resetchannels ~gongu:presence:* ~gongu:sockjs:* &gongu:bus:* +info +eval +evalsha +publish +subscribe +unsubscribe +get +set +del +unlink +exists +expire +pexpire +time +sadd +srem +sscan +hset +hgetall +hdel +zadd +zrange +zrem +zremrangebyscore +zscore';
const PASSWORD = 'a-password-of-this-run';
const SLOTS = 16_384;
const MASTERS = 3;

interface Built {
  /** As REDIS_URL has it. */
  readonly url: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Two instances of chat that meet in a Redis. */
const redis = (name: string, build: (ground: Ground) => Promise<Built>): Surrounding => ({
  name,
  async open(ground) {
    const program = redisProgram();
    if (!program) throw new Missing('neither redis-server nor valkey-server is on the PATH');
    const version = /v=([\d.]+)/.exec(execFileSync(program, ['--version'], { encoding: 'utf8' }))?.[1] ?? '?';
    const { url, env = {} } = await build(ground);
    return {
      versions: `${program.split('-')[0]} ${version}, two instances of chat`,
      databaseUrl: await ground.database(),
      chats: 2,
      chatEnv: { REDIS_URL: url, ...env },
    };
  },
});

async function start({ lifecycle }: Ground, args: readonly string[] = []): Promise<TestRedis> {
  const one = await startRedis({ args, detached: true });
  lifecycle.add({ name: 'Redis', stop: one.stop });
  return one;
}

/** Asks a server by the program beside it. */
function cli(port: number, ...args: string[]): string {
  return execFileSync('redis-cli', ['-p', String(port), ...args], { encoding: 'utf8' });
}

async function withRights(ground: Ground): Promise<Built> {
  const { port } = await start(ground);
  cli(port, 'ACL', 'SETUSER', 'gongu', 'on', `>${PASSWORD}`, ...RIGHTS.split(' '));
  return { url: `redis://gongu:${PASSWORD}@127.0.0.1:${port}` };
}

async function overTls(ground: Ground): Promise<Built> {
  const dir = ground.folder('tls');
  const [key, certificate] = [join(dir, 'key.pem'), join(dir, 'certificate.pem')];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1,DNS:localhost'];
  const self = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-keyout', key, '-out', certificate];
  execFileSync('openssl', [...self, ...subject], { stdio: 'ignore' });
  const port = await freePort();
  const files = ['--tls-cert-file', certificate, '--tls-key-file', key, '--tls-ca-cert-file', certificate];
  await start(ground, ['--tls-port', String(port), '--tls-auth-clients', 'no', ...files]);
  return { url: `rediss://127.0.0.1:${port}`, env: { NODE_EXTRA_CA_CERTS: certificate } };
}

async function inCluster(ground: Ground): Promise<Built> {
  const nodes: TestRedis[] = [];
  for (let i = 0; i < MASTERS; i++) nodes.push(await start(ground, ['--cluster-enabled', 'yes']));
  const bound = (i: number) => String(Math.ceil((i * SLOTS) / MASTERS));
  for (const [i, { port }] of nodes.entries()) {
    cli(port, 'CLUSTER', 'ADDSLOTSRANGE', bound(i), String(Number(bound(i + 1)) - 1));
    if (i > 0) cli(nodes[0]!.port, 'CLUSTER', 'MEET', '127.0.0.1', String(port));
  }
  for (const { port } of nodes) {
    while (!cli(port, 'CLUSTER', 'INFO').includes('cluster_state:ok'))
      await new Promise((soon) => setTimeout(soon, 50));
  }
  return { url: `redis+cluster://${nodes.map(({ port }) => `127.0.0.1:${port}`).join(',')}` };
}

export const REDIS: readonly Surrounding[] = [
  redis('Redis', async (ground) => ({ url: (await start(ground)).url })),
  redis('Redis, a user with the least rights', withRights),
  redis('Redis over TLS', overTls),
  redis('Redis Cluster', inCluster),
];
