import { createService, createServiceParts, reached, type Service, type ServiceOptions } from '@gongu/host';
import { createDomain } from './app/domain.ts';
import { registerEndpoints } from './app/endpoints.ts';
import { createTradeHttp } from './app/http.ts';
import { openPictures } from './app/pictures.ts';
import { createSchedule } from './app/schedule.ts';
import type { TradeEnv } from './env.ts';

export interface TradeOptions extends ServiceOptions {
  /** Milliseconds that one call to chat may take. Default 5 000. */
  readonly chatTimeoutMs?: number;
  /** When products and rooms are compared. Default: every ten minutes. */
  readonly reconcileCron?: string;
}

export type Trade = Service;

export { TRADE_SCHEMA } from './store/open-store.ts';

/** The trade service, wired; `app/` and this file are all that knows all of its parts. The database is migrated already. */
export async function createTrade(env: TradeEnv, options: TradeOptions): Promise<Trade> {
  const parts = createServiceParts('trade', env, options);
  const domain = createDomain(parts, options);
  const { pictures, close: closePictures } = await openPictures(parts, domain.store.pictures);
  const http = await createTradeHttp(parts, domain);
  registerEndpoints(parts, { ...domain, pictures }, http);
  const schedule = createSchedule(parts, { ...domain, pictures }, options);
  const { app } = http;
  const { feed, store } = domain;

  let unfollow = () => {};

  return createService(parts, app, {
    port: env.TRADE_PORT,
    facts: { chatUrl: env.CHAT_URL, devLogin: env.DEV_LOGIN },
    async begin() {
      const onFailure = (err: unknown) => parts.log.warn({ err }, 'blocks can not be read');
      unfollow = await reached(() => parts.bars.follow(store.bars, onFailure));
      const keys = await reached(() => store.addressKeys.unknownKeys());
      if (keys.length > 0) {
        const text = 'ADDRESS_KEYS lacks keys that addresses were sealed by, or has others';
        parts.log.error({ event: 'addresses.keys_missing', keys }, text);
      }
      schedule.start();
    },
    async end(settle) {
      unfollow();
      const closed = app.close();
      await settle('jobs', schedule.stop(), env.DRAIN_MS);
      await settle('HTTP', closed, env.DRAIN_MS + 1_000);
      feed.stop();
      await settle('webhooks', domain.hooks.stop(), env.DRAIN_MS + 2_000);
      await settle('outbox', domain.relay.stop(), env.DRAIN_MS + 2_000);
      closePictures();
      await settle('PostgreSQL', store.close(), env.DRAIN_MS + 3_000);
    },
  });
}
