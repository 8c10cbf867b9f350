import {
  createServiceHttp,
  createShopCallers,
  createShopKeys,
  requireEither,
  requireService,
  requireUser,
  type ServiceParts,
} from '@gongu/host';
import type { FastifyRequest } from 'fastify';
import type { TradeEnv } from '../env.ts';
import { createRequireOperator } from '../http/caller.ts';
import { requireAccount } from '../product/permission.ts';
import type { Domain } from './domain.ts';

/** HTTP before its first URL, and who may ask: users, services, and those who operate it. */
export async function createTradeHttp(parts: ServiceParts<TradeEnv>, { store, queues, changes }: Domain) {
  const userOf = requireUser(parts.auth);
  const either = requireEither(parts.auth);
  const { env, clock } = parts;
  const { SHOP_JWT_SECRET: secret, SHOP_JWKS_URL: jwksUrl } = env;
  const shop = createShopCallers(createShopKeys({ secret, jwksUrl, audience: 'trade', clock }));
  const requireOperator = createRequireOperator(either);
  const keys = shop.require('webhooks');
  /** Admins, services, and back ends that may keep webhooks. */
  const requireKeeper = (request: FastifyRequest) => (shop.isKey(request) ? keys(request) : requireOperator(request));
  const app = await createServiceHttp(parts, {
    service: { name: 'gongu trade', version: '0.1.0', description: 'Group-buying products and purchases' },
    tags: [
      { name: 'products', description: 'What is sold, until when, and to how many' },
      { name: 'participations', description: 'Who takes part' },
      { name: 'webhooks', description: "Where shops' back ends hear of what happens" },
      { name: 'users', description: 'Whose tokens are refused' },
      { name: 'operations', description: 'For who runs the service' },
      { name: 'development', description: 'Only with DEV_LOGIN=1' },
    ],
    otherCallers: { shop: "A shop's back end: aud trade, and a scope" },
    checks: { postgres: () => store.ping().then(() => 'ok' as const) },
    callers: {
      async user(request) {
        const user = await userOf(request);
        if (request.method !== 'GET') requireAccount(user);
      },
      service: requireService(parts.auth),
      either,
      shop: (request) => (shop.isKey(request) ? shop.require()(request) : either(request)),
    },
    rates: {
      async change(request) {
        const { security } = request.routeOptions.schema ?? {};
        if (security?.some((one) => 'shop' in one) && shop.isKey(request)) return;
        const caller = await either(request);
        if (caller !== 'service') changes.admit(caller.userId);
      },
    },
    queue: queues.all,
  });
  return { app, userOf, either, shop, requireKeeper, requireOperator };
}
export type TradeHttp = Awaited<ReturnType<typeof createTradeHttp>>;
