import { createHash, randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import {
  announceDraining,
  askCallersFirst,
  type Clock,
  createAuth,
  createCron,
  createHttp,
  createMetrics,
  createSettle,
  drainNoticeMs,
  type Http,
  type Lifecycle,
  type Logger,
  migrate,
  observeHttp,
  observeJobs,
  observePools,
  registerDocs,
  registerHealth,
  requireEither,
  requireService,
  requireUser,
  systemClock,
  waitForPostgres,
} from '@gongu/host';
import { v7 } from 'uuid';
import { createChatApi } from './chat/chat-api.ts';
import type { TradeEnv } from './env.ts';
import { consistencyRoutes } from './http/consistency-routes.ts';
import { devRoutes } from './http/dev-routes.ts';
import { createRequireOperator } from './http/operator.ts';
import { outboxRoutes } from './http/outbox-routes.ts';
import { participationRoutes } from './http/participation-routes.ts';
import { productEvents } from './http/product-events.ts';
import { productRoutes } from './http/product-routes.ts';
import { scheduleJobs } from './jobs/schedule.ts';
import { tradeMetrics } from './metrics.ts';
import { createDeliver } from './outbox/deliver.ts';
import { createOutboxStore } from './outbox/outbox-store.ts';
import { createRelay } from './outbox/relay.ts';
import { createChangeFeed } from './product/change-feed.ts';
import { createOnce } from './product/once.ts';
import { createParticipations } from './product/participation.ts';
import { requireAccount } from './product/permission.ts';
import { createProducts } from './product/products.ts';
import { createReconcile } from './product/reconcile.ts';
import { openStore, TRADE_SCHEMA } from './store/open-store.ts';

export interface TradeDeps {
  log: Logger;
  /** Default: the real time. */
  clock?: Clock;
  /** Milliseconds that one call to chat may take. Default 5 000. */
  chatTimeoutMs?: number;
  /** When products and rooms are compared. Default: every ten minutes. */
  reconcileCron?: string;
  /** Compare each answer with its schema; for tests. Default false. */
  checkAnswers?: boolean;
}

export interface Trade {
  readonly app: Http;
  /** Migrates, catches up and listens. @returns the port */
  start(): Promise<number>;
  /** Takes no more requests, ends streams and deliveries, closes the database. */
  stop(): Promise<void>;
}

/** The same from `src/` and from the bundle in `dist/`. */
const PRISMA_DIR = fileURLToPath(new URL('../../../prisma/trade', import.meta.url));
const VERSION = '0.1.0';
/** Connections that may wait to be accepted: a sale that opens brings more at once than Node's 511. */
const CONNECT_BACKLOG = 4_096;

/** Puts trade together. Nothing runs and nothing is connected before `start`. */
export async function createTrade(env: TradeEnv, deps: TradeDeps): Promise<Trade> {
  const { log, clock = systemClock, chatTimeoutMs, reconcileCron = '0 */10 * * * *', checkAnswers } = deps;
  const url = env.DATABASE_URL;
  let state: Lifecycle = 'starting';

  const auth = createAuth({
    jwtSecret: env.JWT_SECRET,
    jwksUrl: env.JWKS_URL,
    serviceSecret: env.SERVICE_JWT_SECRET,
    clock,
  });

  // Commits wake the relay and the feed, which are made from the store: the one knot, tied here.
  const wake = { committed: () => {} };
  const store = openStore({ url, max: env.DATABASE_POOL, log, committed: () => wake.committed() });
  const outbox = createOutboxStore({ pool: store.pool });

  const metrics = createMetrics({ service: 'trade' });
  observePools(metrics, { all: store.pool });
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
  const cron = createCron({ log, ran: observeJobs(metrics) });

  const app = createHttp({
    log,
    service: { name: 'gongu trade', description: 'Group-buying products and purchases', version: VERSION },
    trustProxy: env.TRUST_PROXY,
    allowedOrigins: env.ALLOWED_ORIGINS,
    checkAnswers,
  });
  announceDraining(app, () => state === 'draining');
  observeHttp(app, metrics);
  await registerDocs(app, {
    tags: [{ name: 'products' }, { name: 'participations' }, { name: 'operations' }, { name: 'development' }],
  });
  registerHealth(app, {
    checks: { postgres: () => store.ping().then(() => 'ok' as const) },
    critical: ['postgres'],
    state: () => state,
    metrics,
  });
  const userOf = requireUser(auth);
  const either = requireEither(auth);
  askCallersFirst(app, {
    async user(request) {
      const user = await userOf(request);
      if (request.method !== 'GET') requireAccount(user);
    },
    service: requireService(auth),
    either,
  });
  productEvents(app, { feed, store: store.changes, clock, heartbeatMs: env.HEARTBEAT_MS });
  productRoutes(app, { products, userOf });
  participationRoutes(app, { participations, userOf });
  const requireOperator = createRequireOperator(either);
  outboxRoutes(app, { outbox, wake: relay.wake, requireOperator });
  consistencyRoutes(app, { reconcile, requireOperator });
  if (env.DEV_LOGIN) devRoutes(app, { sign: auth.signUser });

  return {
    app,

    async start() {
      await waitForPostgres({ url, deadlineMs: 15_000, log });
      await migrate({ url, schema: TRADE_SCHEMA, dir: PRISMA_DIR, log });
      scheduleJobs({
        cron,
        log,
        products,
        reconcile,
        wakeRelay: relay.wake,
        purge: store.due.purge,
        reconcileCron,
      });
      relay.start();
      const address = await app.listen({ port: env.TRADE_PORT, host: env.HOST, backlog: CONNECT_BACKLOG });
      state = 'ready';
      const port = Number(new URL(address).port);
      log.info({ event: 'service.started', port, chatUrl: env.CHAT_URL, devLogin: env.DEV_LOGIN }, 'service started');
      return port;
    },

    async stop() {
      state = 'draining';
      const settle = createSettle(log);
      await new Promise((resolve) => setTimeout(resolve, drainNoticeMs(env.DRAIN_MS)));
      const closed = app.close();
      await settle('jobs', cron.stop(), env.DRAIN_MS);
      await settle('HTTP', closed, env.DRAIN_MS + 1_000);
      feed.stop();
      await settle('outbox', relay.stop(), env.DRAIN_MS + 2_000);
      await settle('PostgreSQL', store.close(), env.DRAIN_MS + 3_000);
      log.info({ event: 'service.stopped' }, 'service stopped');
    },
  };
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
