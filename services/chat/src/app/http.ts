import { randomInt, randomUUID } from 'node:crypto';
import { addressKey, createServiceHttp, createShopCallers, createShopKeys, type ServiceParts } from '@gongu/host';
import type { FastifyRequest } from 'fastify';
import { createIdentify } from '../endpoints/identify.ts';
import { bodyLimitOf, type ChatEnv } from '../env.ts';
import { createAnonymous } from '../room/anonymous.ts';
import type { Asker } from '../room/rates.ts';
import type { Domain } from './domain.ts';

/** HTTP before its first URL, and who may ask: users, services, and people without an account. */
export async function createChatHttp(
  parts: ServiceParts<ChatEnv>,
  { store, queues, links, rates, tickets, admins }: Domain,
) {
  const { env, auth, bars, clock } = parts;
  const identify = createIdentify({
    auth,
    tickets,
    clock,
    queue: queues.reads,
    anonymousAccess: env.ANONYMOUS_ACCESS,
    admins,
    bars,
  });
  const anonymous = createAnonymous({
    tokens: {
      verify: (token) => auth.verifyUser(token),
      readExpired: async (token) => auth.readExpiredAnonymous(token, env.ANONYMOUS_RENEW_DAYS),
      async sign(user) {
        const token = auth.signAnonymous(user);
        return { token, expiresAtMs: (await auth.verifyUser(token)).expiresAtMs };
      },
    },
    tags: store.tags,
    newId: randomUUID,
    random: randomInt,
  });
  const { user, service, caller } = identify.routes;
  const { SHOP_JWT_SECRET: secret, SHOP_JWKS_URL: jwksUrl } = env;
  const shop = createShopCallers(createShopKeys({ secret, jwksUrl, audience: 'chat', clock }));
  async function judge(limit: (asker: Asker) => void, request: FastifyRequest): Promise<void> {
    const { security } = request.routeOptions.schema ?? {};
    if (security?.some((one) => 'shop' in one) && shop.isKey(request)) return;
    const found = await caller(request);
    if (found.kind === 'user') limit({ user: found.user, address: addressKey(request) });
  }
  const judgeChange = (request: FastifyRequest) => judge(rates.change, request);

  const app = await createServiceHttp(parts, {
    service: { name: 'gongu chat', version: '0.1.0', description: 'Rooms, participants and messages of group buys' },
    tags: [
      { name: 'rooms', description: 'The conversation of a product' },
      { name: 'participants', description: 'Who is in a room, and how far he has read' },
      { name: 'restrictions', description: 'Who may not talk, or not be there' },
      { name: 'messages', description: 'What is said' },
      { name: 'files', description: 'Files of messages' },
      { name: 'events', description: 'Streams of what happens' },
      { name: 'reports', description: 'Messages that somebody reported' },
      { name: 'webhooks', description: 'Where back ends hear of what happens' },
      { name: 'users', description: 'Whose tokens are refused' },
      { name: 'tokens', description: 'People without an account, and tickets for sockets' },
    ],
    otherCallers: { shop: "A shop's back end: aud chat, and a scope" },
    bodyLimitBytes: bodyLimitOf(env),
    webSockets: true,
    checks: { postgres: () => store.ping().then(() => 'ok' as const), redis: async () => links.state() },
    callers: {
      user,
      service,
      either: caller,
      shop: (request) => (shop.isKey(request) ? shop.require()(request) : caller(request)),
    },
    rates: {
      change: judgeChange,
      message: async (request) => judge(rates.message, request),
      identity: (request) => rates.identity(addressKey(request)),
    },
    queue: queues.reads,
  });
  return { app, identify, anonymous, shop, judgeChange };
}
export type ChatHttp = Awaited<ReturnType<typeof createChatHttp>>;
