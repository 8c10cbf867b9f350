import { createHash, randomUUID } from 'node:crypto';
import {
  createChangeRate,
  createDatabaseQueues,
  createHooks,
  observePools,
  type ServiceParts,
  sessionLimitsOf,
} from '@gongu/host';
import { v7 } from 'uuid';
import { createChatApi } from '../chat/chat-api.ts';
import type { TradeEnv } from '../env.ts';
import { createTradeMetrics } from '../observe/metrics.ts';
import { createObservers } from '../observe/observers.ts';
import { createDeliver, createDeliverTogether } from '../outbox/deliver.ts';
import { createOutboxStore } from '../outbox/outbox-store.ts';
import { createRelay } from '../outbox/relay.ts';
import { createAddresses } from '../product/addresses.ts';
import { createChangeFeed } from '../product/change-feed.ts';
import { createOnce } from '../product/once.ts';
import { createParticipations } from '../product/participation.ts';
import { createPayments } from '../product/payments.ts';
import { createProducts } from '../product/products.ts';
import { createReconcile } from '../product/reconcile.ts';
import { createWaiting } from '../product/waiting.ts';
import { openStore } from '../store/open-store.ts';

/** Purchases, and reports of payments, at work at once: those of one product share a connection. As many as go together. */
const PURCHASES_AT_ONCE = 100;

/** The rules, the outbox that tells chat, and the live changes; nothing of it runs yet. */
export function createDomain(parts: ServiceParts<TradeEnv>, { chatTimeoutMs }: { chatTimeoutMs?: number }) {
  const { env, log, clock, metrics, auth } = parts;
  // Commits wake the relay and the feed, which are made from the store: the one knot, tied here.
  const wake = { onCommit: () => {} };
  const store = openStore({
    url: env.DATABASE_URL,
    pooler: env.DATABASE_POOLER,
    max: env.DATABASE_POOL,
    log,
    clock,
    limits: sessionLimitsOf(env),
    addressKeys: env.ADDRESS_KEYS,
    paymentWindowS: env.PAYMENT_WINDOW_S,
    onCommit: () => wake.onCommit(),
  });
  observePools(metrics, { all: store.pool });
  const places = { all: env.DATABASE_POOL, purchases: PURCHASES_AT_ONCE };
  const queues = createDatabaseQueues({ clock, metrics, pool: store.pool, places });
  const outbox = createOutboxStore({ pool: store.pool });
  const counts = createTradeMetrics(metrics, { backlog: outbox.backlog, listeners: () => feed.listeners() });
  const observers = createObservers({ log, counts });

  const chat = createChatApi({ url: env.CHAT_URL, signService: auth.signService, timeoutMs: chatTimeoutMs });
  const relay = createRelay({
    ...{ store: outbox, deliver: createDeliver({ chat }), deliverTogether: createDeliverTogether({ chat }) },
    ...{ clock, log, ...observers.relay },
  });
  // What may still be committed by a statement that was begun, and what a run may still be doing.
  const statementMs = env.DATABASE_STATEMENT_TIMEOUT_MS;
  const feed = createChangeFeed({
    ...{ store: store.changes, clock, gapMs: Math.max(20_000, 2 * statementMs) },
    ...observers.feed,
  });
  const hooks = createHooks(parts, { store: store.webhooks, newId: v7, onAttempt: counts.webhookAttempt });
  wake.onCommit = () => {
    hooks.dispatch.onCommit();
    relay.wake();
    feed.wake();
  };

  // A run that is taken for dead too soon has no effect beside the next one's: this is only how long a buyer waits after a crash.
  const leaseMs = Math.max(30_000, 3 * statementMs);
  const once = createOnce({ keys: store.keys, newRun: randomUUID, digest: sha256, now: clock.monotonic, leaseMs });
  const deadlineMaxDays = env.DEADLINE_MAX_DAYS === 0 ? null : env.DEADLINE_MAX_DAYS;
  const maxOpen = env.MAX_OPEN_PRODUCTS === 0 ? null : env.MAX_OPEN_PRODUCTS;
  const products = createProducts({
    ...{ store: store.products, once, newId: v7, deadlineMaxDays, maxOpen, now: clock.monotonic },
  });
  const participations = createParticipations({ store: store.participations, products, once });
  const addresses = createAddresses({ store: store.addresses });
  const payments = createPayments({ store: store.participations });
  const waiting = createWaiting({ store: store.waiting });
  const reconcile = createReconcile({
    ...{ store: store.reconcile, rooms: chat, roomDays: env.ROOM_DAYS, now: clock.now },
    ...observers.reconcile,
  });
  const changes = createChangeRate({ perSecond: env.RATE_CHANGES_PER_SECOND, now: clock.monotonic });
  return {
    changes,
    store,
    queues,
    outbox,
    relay,
    feed,
    products,
    participations,
    payments,
    waiting,
    addresses,
    hooks,
    reconcile,
    counts,
  };
}
export type Domain = ReturnType<typeof createDomain>;

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
