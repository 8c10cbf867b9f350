import { createService, createServiceParts, reached, type Service, type ServiceOptions } from '@gongu/host';
import { requireContentKeys } from './app/content-keys.ts';
import { createDomain } from './app/domain.ts';
import { registerEndpoints } from './app/endpoints.ts';
import { openFiles } from './app/files.ts';
import { createChatHttp } from './app/http.ts';
import { createSchedule } from './app/schedule.ts';
import type { LocalExchange } from './bus/local-bus.ts';
import type { ChatEnv } from './env.ts';

export interface ChatOptions extends ServiceOptions {
  /** Instances of one process that share it hear each other at once; tests do that. */
  readonly exchange?: LocalExchange;
}

export type Chat = Service;

/** From the source and from the bundle alike. */
const FILES_WORKER = new URL('../dist/files-worker.mjs', import.meta.url);

export { CHAT_SCHEMA } from './store/open-store.ts';

/** The chat service, wired; `app/` and this file are all that knows all of its parts. The database is migrated already. */
export async function createChat(env: ChatEnv, options: ChatOptions): Promise<Chat> {
  const parts = createServiceParts('chat', env, options);
  const files = await openFiles(parts, FILES_WORKER);
  const domain = createDomain(parts, { ...options, files });
  const http = await createChatHttp(parts, domain);
  await registerEndpoints(parts, domain, http);
  const schedule = createSchedule(parts, domain);
  const { app } = http;
  const { hub, links, messages, sessions, store } = domain;

  let unfollow = () => {};

  return createService(parts, app, {
    port: env.CHAT_PORT,
    async begin() {
      await reached(() => requireContentKeys(store.content));
      const onFailure = (error: unknown) => domain.observers.failed('reading of blocks', error);
      unfollow = await reached(() => parts.bars.follow(store.bars, onFailure));
      if (env.LOBBY_ROOM_ID !== '') await reached(() => domain.rooms.openLobby(env.LOBBY_ROOM_ID));
      schedule.start();
    },
    onListening: links.listening,
    async end(settle, leftMs) {
      // Sockets are told only when nobody can come back to this instance.
      app.server.close();
      await sessions.drain({ windowMs: env.DRAIN_MS / 2, deadlineMs: leftMs, flush: hub.flush });
      await settle('messages', messages.idle(), env.DRAIN_MS + 1_000);
      unfollow();
      await settle('jobs', schedule.stop(), env.DRAIN_MS + 1_500);
      await settle('HTTP', app.close(), env.DRAIN_MS + 2_000);
      await settle('webhooks', domain.hooks.stop(), env.DRAIN_MS + 2_500);
      hub.close();
      await settle('files', files.close(), env.DRAIN_MS + 2_500);
      await settle('Redis', links.close(), env.DRAIN_MS + 2_500);
      await settle('PostgreSQL', store.close(), env.DRAIN_MS + 3_500);
    },
  });
}
