import {
  type Clock,
  createBarStore,
  createHoldStore,
  createPool,
  createWebhookStore,
  type Logger,
  type Pooler,
  prismaAdapter,
  type SealingKey,
  type SessionLimits,
  systemClock,
} from '@gongu/host';
import { createAddressKeyStore } from './address-keys.ts';
import { createAddressStore } from './address-store.ts';
import { createChangeCall, createManyCall, createOriginOf } from './change-call.ts';
import { createChangeStore } from './change-store.ts';
import { createDueStore } from './due-store.ts';
import { PrismaClient } from './generated/client.ts';
import { createKeyStore } from './key-store.ts';
import { createParticipationStore } from './participation-store.ts';
import { createPersonStore } from './person-store.ts';
import { createPictureStore } from './picture-store.ts';
import { createProductStore } from './product-store.ts';
import { createReconcileStore } from './reconcile-store.ts';
import { createWaitingStore } from './waiting-store.ts';
import { webhookDataOf } from './webhook-data.ts';

/** PostgreSQL schema of trade's tables. */
export const TRADE_SCHEMA = 'trade';

export interface StoreOptions {
  /** `DATABASE_URL`; migrated. */
  url: string;
  /** What stands between. @default 'none' */
  pooler?: Pooler;
  /** Most connections at once. */
  max: number;
  log: Logger;
  /** How long PostgreSQL may take. Default: the pool's. */
  limits?: Partial<SessionLimits>;
  /** `ADDRESS_KEYS`. Default: none, and no addresses are kept. */
  addressKeys?: readonly SealingKey[];
  /** Seconds in which a payment that becomes due has to be authorised. @default 900 */
  paymentWindowS?: number;
  /** By which purchases that wait for each other are spaced. @default systemClock */
  clock?: Clock;
  /** Called after each commit that the relay and live listeners wait for. */
  onCommit: () => void;
}

/**
 * Milliseconds to wait for a connection. A thousand who buy one product at once wait for ten connections and one lock:
 * with 5 s the last of them were turned away, although nothing was wrong.
 */
const POOL_WAIT_MS = 15_000;

/** Everything that touches trade's tables, but the outbox, over one pool that Prisma shares. */
export function openStore(options: StoreOptions) {
  const { url, pooler = 'none', max, log, limits = {}, addressKeys, paymentWindowS = 900, onCommit } = options;
  const { clock = systemClock } = options;
  const pool = createPool({
    ...{ ...limits, url, pooler, schema: TRADE_SCHEMA, max, log },
    ...{ applicationName: 'gongu trade', connectTimeoutMs: POOL_WAIT_MS },
  });
  const prisma = new PrismaClient({ adapter: prismaAdapter({ pool, schema: TRADE_SCHEMA }) });
  const call = createChangeCall({ pool, onCommit });
  const callMany = createManyCall({ pool, onCommit });
  const origin = createOriginOf(paymentWindowS);
  const due = createDueStore({ pool, origin, onCommit });
  const products = createProductStore({ call, origin, pool, prisma, endDue: due.endDue });
  const participations = createParticipationStore({ call, callMany, origin, pool, prisma, clock });
  const addresses = addressKeys === undefined ? null : createAddressStore({ pool, keys: addressKeys, origin });
  return {
    pool,
    products,
    participations,
    waiting: createWaitingStore({ pool, origin, onCommit }),
    addresses,
    addressKeys: createAddressKeyStore({ pool, keys: addressKeys ?? [] }),
    people: createPersonStore({ pool, participations, products, addresses, origin, onCommit }),
    pictures: createPictureStore({ pool }),
    keys: createKeyStore({ pool }),
    changes: createChangeStore({ pool }),
    webhooks: createWebhookStore({
      ...{ pool, schema: TRADE_SCHEMA, messagePrefix: 'msg_', dataOf: webhookDataOf },
      subject: { column: 'product_id', field: 'productId' },
    }),
    reconcile: createReconcileStore({ pool, onCommit }),
    due,
    bars: createBarStore({ pool, schema: TRADE_SCHEMA }),
    holds: createHoldStore({ pool, schema: TRADE_SCHEMA }),

    /** Rejects when PostgreSQL does not answer. */
    async ping(): Promise<void> {
      await pool.query('SELECT 1');
    },

    async close(): Promise<void> {
      await prisma.$disconnect();
      await pool.end();
    },
  };
}
