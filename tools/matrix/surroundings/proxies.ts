import { spawnSync } from 'node:child_process';
import { redisProgram, startRedis } from '@gongu/testkit';
import { APACHE, CADDY, HAPROXY, isThere, NGINX, type ProxyKind, startProxy } from '@gongu/testkit/proxies';
import { Missing } from '../workshop.ts';
import type { Surrounding } from './surrounding.ts';

/** Both services and two instances of chat behind a program with its example of deploy/proxies. */
const behind = (kind: ProxyKind): Surrounding => ({
  name: `behind ${kind.name.split(' (')[0]}`,
  async open({ database, lifecycle }) {
    if (!isThere(kind)) throw new Missing(`${kind.program} is not on the PATH`);
    if (!redisProgram()) throw new Missing('neither redis-server nor valkey-server is on the PATH');
    const { stdout, stderr } = spawnSync(kind.program, kind.probe, { encoding: 'utf8' });
    const version = /\d+\.\d+(?:\.\d+)?/.exec(stdout + stderr)?.[0] ?? '?';
    const redis = await startRedis({ detached: true });
    lifecycle.add({ name: 'Redis', stop: redis.stop });
    return {
      versions: `${kind.name.split(' (')[0]} ${version} with deploy/proxies/${kind.file}, two instances of chat, Redis`,
      databaseUrl: await database(),
      chats: 2,
      chatEnv: { REDIS_URL: redis.url },
      async front({ chat, trade }) {
        const proxy = await startProxy(kind, { chat: [chat[0]!, chat[1]!], trade });
        lifecycle.add({ name: kind.name, stop: proxy.stop });
        return `http://127.0.0.1:${proxy.port}`;
      },
    };
  },
});

export const PROXIES: readonly Surrounding[] = [NGINX, HAPROXY, APACHE, CADDY].map(behind);
