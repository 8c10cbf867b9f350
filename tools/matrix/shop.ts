import { randomUUID } from 'node:crypto';
import { createInstance } from '@gongu/sim';
import type { Lifecycle } from '@gongu/sim/supervise';
import { freePort, type LogLine, newSecret, serviceToken, userToken } from '@gongu/testkit';
import { ask, DAY, type Scene } from './smoke/scene.ts';

type Environment = Readonly<Record<string, string>>;

/** What the services are put into; where a field is absent, it is as with `start`. */
export interface Surroundings {
  readonly databaseUrl: string;
  /** What runs the services. @default this Node */
  readonly runtime?: readonly [program: string, ...args: string[]];
  /** Further environment of both services. */
  readonly env?: Environment;
  readonly chatEnv?: Environment;
  /** Instances of chat. @default 1 */
  readonly chats?: 1 | 2;
  /** Puts something before these ports. @returns where clients connect, to both services */
  readonly front?: (ports: { chat: readonly number[]; trade: number }) => Promise<string>;
}

export interface ShopOptions {
  readonly surroundings: Surroundings;
  readonly lifecycle: Lifecycle;
  /** A process began, or ended (null). */
  readonly note?: (name: string, pid: number | null) => void;
}

/**
 * Chat and trade as an operator starts them, in what surrounds them. All is added to the lifecycle.
 *
 * @throws StartError, or an error of the system, when a part does not start
 */
export async function startShop({ surroundings, lifecycle, note = () => {} }: ShopOptions) {
  const { databaseUrl, runtime, env = {}, chatEnv = {}, chats: count = 1, front } = surroundings;
  const secrets = { JWT_SECRET: newSecret(), SERVICE_JWT_SECRET: newSecret() };
  const common = {
    ...{ DATABASE_URL: databaseUrl, ...secrets, HOST: '127.0.0.1', ALLOWED_ORIGINS: '*', DRAIN_MS: '1000' },
    CONTENT_KEYS: `matrix:${newSecret()}`,
    // A few users do what many would.
    ...{ RATE_CHANGES_PER_SECOND: '0', RATE_MESSAGES_PER_SECOND: '0', LOG_LEVEL: 'info' },
    ...(front ? { TRUST_PROXY: 'loopback' } : {}),
    ...env,
  };
  const lines: LogLine[] = [];
  const died: string[] = [];
  async function start(service: 'chat' | 'trade', name: string, port: number, own: Environment) {
    const instance = createInstance({
      ...{ service, name, port, runtime, env: { ...common, ...own }, revives: false, detached: true },
      onPid: (pid) => note(name, pid),
      onLine: (line) => void lines.push(line),
      onDied: (reason) => void died.push(reason),
      stopping: lifecycle.stopping,
    });
    lifecycle.add(instance);
    await instance.start();
    return instance;
  }

  const ports: number[] = [];
  for (let i = 0; i < count; i++) ports.push(await freePort());
  const chats = [];
  for (const [i, port] of ports.entries()) {
    chats.push(await start('chat', `chat-${i + 1}`, port, { INSTANCE_URL: `http://127.0.0.1:${port}`, ...chatEnv }));
  }
  const trade = await start('trade', 'trade', await freePort(), { CHAT_URL: chats[0]!.url });
  const fronted = await front?.({ chat: ports, trade: trade.port });
  const chatUrl = fronted ?? chats[0]!.url;

  const service = () => serviceToken({ secret: secrets.SERVICE_JWT_SECRET });
  const token = (sub: string, roles: readonly string[] = []) => userToken({ sub, roles, secret: secrets.JWT_SECRET });
  const scene: Scene = {
    ...{ chatUrl, otherUrl: fronted ?? chats.at(-1)!.url, tradeUrl: fronted ?? trade.url },
    ...{ chats, services: [...chats, trade], service, token },
    tokenWith: (options) => userToken({ ...options, secret: secrets.JWT_SECRET }),
  };
  return {
    scene,
    trade,
    /** What the services' processes wrote so far. */
    lines,
    /** Processes that ended, and nobody had asked them to. */
    died,
    /** For clients, who need no product. */
    stage: {
      url: chatUrl,
      userToken: (sub: string) => token(sub),
      async openRoom() {
        const roomId = randomUUID();
        const body = { productId: roomId, title: '제주 감귤', hostId: 'host', maxParticipants: 9, expiresAt: DAY() };
        await ask(service(), 'POST', `${chatUrl}/api/chat/rooms`, { status: 201, body });
        return roomId;
      },
    },
  };
}

export type Shop = Awaited<ReturnType<typeof startShop>>;
