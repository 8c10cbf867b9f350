import { createHash, randomUUID } from 'node:crypto';
import { observePools, type ServiceParts } from '@gongu/host';
import { v7 } from 'uuid';
import { createChatApi } from '../chat/chat-api.ts';
import type { TradeEnv } from '../env.ts';
import { tradeMetrics } from '../metrics.ts';
import { createDeliver } from '../outbox/deliver.ts';
import { createOutboxStore } from '../outbox/outbox-store.ts';
import { createRelay } from '../outbox/relay.ts';
import { createChangeFeed } from '../product/change-feed.ts';
import { createOnce } from '../product/once.ts';
import { createParticipations } from '../product/participation.ts';
import { createProducts } from '../product/products.ts';
import { createReconcile } from '../product/reconcile.ts';
import { openStore } from '../store/open-store.ts';

/** The rules, the outbox that tells chat, and the live changes; nothing of it runs yet. */
export function createDomain(
  { env, log, clock, metrics, auth }: ServiceParts<TradeEnv>,
  { chatTimeoutMs }: { chatTimeoutMs?: number },
) {
  // Commits wake the relay and the feed, which are made from the store: the one knot, tied here.
  const wake = { committed: () => {} };
  const store = openStore({
    url: env.DATABASE_URL,
    max: env.DATABASE_POOL,
    log,
    committed: () => wake.committed(),
  });
  observePools(metrics, { all: store.pool });
  const outbox = createOutboxStore({ pool: store.pool });
  const observe = tradeMetrics(metrics, { backlog: outbox.backlog, listeners: () => feed.listeners() });

  const chat = createChatApi({ url: env.CHAT_URL, signService: auth.signService, timeoutMs: chatTimeoutMs });
  const relay = createRelay({
    store: outbox,
    deliver: createDeliver({ chat }),
    clock,
    log,
    attempted: observe.attempted,
  });
  const feed = createChangeFeed({
    store: store.changes,
    clock,
    failed: (error) => log.warn({ err: error }, 'live changes can not be read'),
  });
  wake.committed = () => {
    relay.wake();
    feed.wake();
  };

  const once = createOnce({ keys: store.keys, newRun: randomUUID, digest: sha256 });
  const products = createProducts({ store: store.products, once, newId: v7 });
  const participations = createParticipations({ store: store.participations, products, once });
  const reconcile = createReconcile({
    store: store.reconcile,
    rooms: chat,
    now: clock.now,
    compared: observe.compared,
    found(divergence, healed) {
      observe.diverged();
      // Ids tell enough, and there may be thousands of them.
      const { productId, fields, missingBuyers, extraBuyers } = divergence;
      const line = { productId, fields, missing: missingBuyers.length, extra: extraBuyers.length };
      if (healed) log.warn(line, 'the room differs from its product: chat is told everything again');
      else log.warn(line, 'the room differs from its product, and telling chat again would not help now');
    },
  });
  return { store, outbox, relay, feed, products, participations, reconcile };
}
export type Domain = ReturnType<typeof createDomain>;

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
