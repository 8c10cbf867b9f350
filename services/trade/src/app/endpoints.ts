import { barRoutes, personRoutes, type ServiceParts, webhookRoutes } from '@gongu/host';
import { TradeWebhooks } from '@gongu/shared';
import type { TradeEnv } from '../env.ts';
import { addressRoutes } from '../http/address-routes.ts';
import { cardRoute } from '../http/card-route.ts';
import { consistencyRoutes } from '../http/consistency-routes.ts';
import { devRoutes } from '../http/dev-routes.ts';
import { outboxRoutes } from '../http/outbox-routes.ts';
import { participationRoutes } from '../http/participation-routes.ts';
import { paymentRoutes } from '../http/payment-routes.ts';
import { pictureRoutes } from '../http/picture-routes.ts';
import { productEvents } from '../http/product-events.ts';
import { productRoutes } from '../http/product-routes.ts';
import { waitingRoutes } from '../http/waiting-routes.ts';
import type { Pictures } from '../product/pictures.ts';
import type { Domain } from './domain.ts';
import type { TradeHttp } from './http.ts';

/** All URLs: the event stream and the routes of HTTP. */
export function registerEndpoints(
  { env, log, clock, auth, bars }: ServiceParts<TradeEnv>,
  {
    store,
    queues,
    outbox,
    relay,
    feed,
    products,
    participations,
    payments,
    waiting,
    hooks,
    addresses,
    reconcile,
    counts,
    pictures,
  }: Domain & { pictures: Pictures },
  { app, userOf, either, shop, requireKeeper, requireOperator }: TradeHttp,
): void {
  productEvents(app, {
    ...{ feed, store: store.changes, clock, heartbeatMs: env.HEARTBEAT_MS, maxStreams: env.MAX_CONNECTIONS },
    onRefused: counts.streamRefused,
    random: Math.random,
  });
  productRoutes(app, { products, userOf });
  pictureRoutes(app, { pictures, userOf, maxBytes: env.PICTURE_MAX_BYTES });
  cardRoute(app, { products });
  participationRoutes(app, { participations, userOf, purchases: queues.purchases });
  addressRoutes(app, { addresses, userOf });
  waitingRoutes(app, { waiting, userOf });
  paymentRoutes(app, { payments, requireShop: shop.require('payments'), purchases: queues.purchases });
  outboxRoutes(app, { outbox, wake: relay.wake, requireOperator });
  consistencyRoutes(app, { reconcile, requireOperator });
  webhookRoutes(app, {
    ...{ base: '/api/trade', webhooks: hooks.webhooks, schemas: TradeWebhooks, requireKeeper },
    keepers: ['user', 'service', 'shop'],
  });
  barRoutes(app, {
    ...{ base: '/api/trade', bars, store: store.bars, either },
    onAct: (event, fields) => log.info({ event, ...fields }, event),
  });
  personRoutes(app, {
    ...{ base: '/api/trade', person: store.people, bars, store: store.bars, either, shop },
    onAct: (event, fields) => log.info({ event, ...fields }, event),
  });
  if (!env.DEV_LOGIN) return;
  log.warn(
    { event: 'dev-login.on' },
    'DEV_LOGIN is on: whoever reaches this service can be anybody. Never in production',
  );
  devRoutes(app, { sign: auth.signUser });
}
