import { createAuth } from '@gongu/host';
import {
  hasNginx,
  type NginxProcess,
  newSecret,
  redisProgram,
  startNginx,
  startRedis,
  type TestRedis,
} from '@gongu/testkit';
import type { Lifecycle } from '../supervise/lifecycle.ts';
import type { Terminal } from '../supervise/terminal.ts';
import { openWorkplace } from '../supervise/workplace.ts';
import { createCalls } from './calls.ts';
import { createInstance, type Instance, type InstanceOptions } from './instance.ts';

export interface PartsOptions {
  readonly env: NodeJS.ProcessEnv;
  /** Folder in DATA_DIR, which no other run may use at the same time. */
  readonly name: string;
  /** Names of chat's instances. */
  readonly chats: readonly string[];
  readonly lifecycle: Lifecycle;
  readonly terminal: Terminal;
  /** A process began. @param pid null while it does not run */
  readonly onProcess?: (name: string, pid: () => number | null) => void;
}

/** What a part of a system is started from, one by one; each is added to the lifecycle. */
export async function openParts({ env, name, chats, lifecycle, terminal, onProcess }: PartsOptions) {
  const { stopping } = lifecycle;
  const workplace = await openWorkplace({ env, name, order: ['nginx', 'trade', ...chats, 'redis'], terminal });
  lifecycle.add({ name: 'the folder', stop: workplace.remove });
  const secrets = { JWT_SECRET: newSecret(), SERVICE_JWT_SECRET: newSecret() };
  const auth = createAuth({ jwtSecret: secrets.JWT_SECRET, serviceSecret: secrets.SERVICE_JWT_SECRET });
  const content = { CONTENT_KEYS: `sim:${newSecret()}` };
  const common = {
    ...secrets,
    ...content,
    DATA_DIR: workplace.path,
    HOST: '127.0.0.1',
    ALLOWED_ORIGINS: '*',
    DRAIN_MS: '1000',
  };

  return {
    workplace,
    secrets,
    auth,
    calls: createCalls({ auth, stopping }),

    /** Null: the PATH has none. */
    async redis(): Promise<TestRedis | null> {
      if (!redisProgram()) return null;
      const redis = await startRedis({ dir: workplace.file('redis'), detached: true });
      workplace.note('redis', redis.pid);
      onProcess?.('redis', () => (redis.pid > 0 ? redis.pid : null));
      lifecycle.add({ name: 'Redis', stop: redis.stop });
      return redis;
    },

    /** The shipped configuration in front of two instances. Null: the PATH has none. */
    async nginx(behind: [number, number]): Promise<NginxProcess | null> {
      if (!hasNginx()) return null;
      const nginx = await startNginx('round-robin', behind, {
        ...{ dir: workplace.file('nginx'), detached: true, unlimited: true },
      });
      workplace.note('nginx', nginx.pid);
      onProcess?.('nginx', () => nginx.pid);
      lifecycle.add({ name: 'nginx', stop: nginx.stop });
      return nginx;
    },

    /** Not started yet. @param own its environment, beside what all have */
    instance(own: Omit<InstanceOptions, 'onPid' | 'stopping' | 'detached'>): Instance {
      const instance = createInstance({
        ...own,
        env: { ...common, ...own.env },
        detached: true,
        onPid: (pid) => workplace.note(own.name, pid),
        stopping,
      });
      onProcess?.(own.name, () => instance.pid);
      lifecycle.add(instance);
      return instance;
    },
  };
}
