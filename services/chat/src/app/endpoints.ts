import { randomUUID } from 'node:crypto';
import { barRoutes, personRoutes, type ServiceParts, turnKey, webhookRoutes } from '@gongu/host';
import { ChatWebhooks } from '@gongu/shared';
import { createAccept } from '../endpoints/accept.ts';
import { createAdmission } from '../endpoints/admission.ts';
import { registerEventStreams } from '../endpoints/event-streams.ts';
import { createHandshakeLog } from '../endpoints/handshake-log.ts';
import { registerOlderUrls } from '../endpoints/older-urls/older-urls.ts';
import { registerSockJsEndpoint } from '../endpoints/sockjs.ts';
import { createChatUrl, registerWebSocketEndpoint } from '../endpoints/websocket.ts';
import type { ChatEnv } from '../env.ts';
import { asyncApiOf } from '../http/asyncapi.ts';
import { fileRoutes } from '../http/file-routes.ts';
import { memberRoutes } from '../http/member-routes.ts';
import { messageRoutes } from '../http/message-routes.ts';
import { pushRoutes } from '../http/push-routes.ts';
import { reactionRoutes } from '../http/reaction-routes.ts';
import { reportRoutes } from '../http/report-routes.ts';
import { restrictionRoutes } from '../http/restriction-routes.ts';
import { roomRoutes } from '../http/room-routes.ts';
import { searchRoutes } from '../http/search-routes.ts';
import { tokenRoutes } from '../http/token-routes.ts';
import { uploadRoutes } from '../http/upload-routes.ts';
import { requireOperator } from '../room/access.ts';
import { createAttendances } from '../session/attendance.ts';
import { createCommands } from '../session/commands/commands.ts';
import { createLeaving } from '../session/leaving.ts';
import { createMayFollow } from '../session/may-follow.ts';
import { createPromotion } from '../session/promotion.ts';
import type { InstanceOptions } from '../transport/sockjs/options.ts';
import type { Domain } from './domain.ts';
import type { ChatHttp } from './http.ts';

/** All URLs: the routes of HTTP, then what opens sessions. */
export async function registerEndpoints(
  { env, log, clock, auth, bars, phase }: ServiceParts<ChatEnv>,
  domain: Domain,
  { app, identify, anonymous, shop, judgeChange }: ChatHttp,
): Promise<void> {
  const {
    queues,
    rooms,
    members,
    messages,
    changes,
    search,
    rates,
    typing,
    tickets,
    hub,
    sessions,
    counts,
    connections,
    flusher,
  } = domain;
  const { presence, owners, hops } = domain.links;
  const { name: title, version, description } = app.serviceInfo;
  // Made when it is first asked for: a start does not wait for what nobody may read.
  let asyncApi: string | undefined;
  app.get('/asyncapi.json', { schema: { hide: true } }, async (_request, reply) => {
    asyncApi ??= JSON.stringify(
      asyncApiOf({ info: { title, version, description }, contentChars: env.MAX_CONTENT_CHARS }),
    );
    return reply.type('application/json; charset=utf-8').send(asyncApi);
  });
  const use = { rooms, members, messages, changes };
  const routes = { ...use, identify: identify.routes, contentChars: env.MAX_CONTENT_CHARS };
  roomRoutes(app, { ...routes, presence });
  memberRoutes(app, { ...routes, judgeChange });
  messageRoutes(app, { ...routes, anonymousAccess: env.ANONYMOUS_ACCESS });
  reactionRoutes(app, routes);
  restrictionRoutes(app, { identify: identify.routes, restrictions: domain.restrictions });
  reportRoutes(app, { identify: identify.routes, reports: domain.reports });
  barRoutes(app, {
    ...{ base: '/api/chat', bars, store: domain.store.bars, either: identify.either },
    onAct: domain.observers.onModeration,
  });
  personRoutes(app, {
    ...{ base: '/api/chat', person: domain.people, bars, store: domain.store.bars, either: identify.either, shop },
    onAct: domain.observers.onModeration,
  });
  const requireKey = shop.require('webhooks');
  webhookRoutes(app, {
    ...{ base: '/api/chat', webhooks: domain.hooks.webhooks, schemas: ChatWebhooks },
    keepers: ['user', 'service', 'shop'],
    requireKeeper: async (request) =>
      shop.isKey(request) ? requireKey(request) : requireOperator(await identify.routes.caller(request)),
  });
  searchRoutes(app, { search, identify: identify.routes });
  pushRoutes(app, { pushes: domain.pushes, identify: identify.routes });
  uploadRoutes(app, { uploads: domain.uploads, identify: identify.routes });
  if (domain.localFiles) fileRoutes(app, domain.localFiles);
  tokenRoutes(app, {
    anonymousAccess: env.ANONYMOUS_ACCESS,
    user: identify.routes.user,
    anonymous,
    ticket: (user) => tickets.issue(user),
  });

  const now = () => clock.now();
  const monotonic = () => clock.monotonic();
  const { overview, watcherTick } = domain;
  const attendances = createAttendances(domain);
  const leaving = createLeaving({ hub, overview, connections, attendances, typing });
  const promote = createPromotion({ hub, presence, attendances, now });
  const commands = createCommands({
    ...{ hub, overview, presence, attendances, watcherTick, ...use, rates, typing, leaving, now },
    isWatchable: env.ROOM_WATCH,
    reading: (client, read) => queues.reads.run({ key: () => turnKey(client.from) }, read),
    entering: (client, read) => queues.joins.run({ key: () => turnKey(client.from) }, read),
  });
  const admission = createAdmission({
    maxConnections: env.MAX_CONNECTIONS,
    maxHandshakesPerSecond: env.MAX_HANDSHAKES_PER_SECOND,
    connections: () => sessions.size,
    draining: () => phase.current === 'draining',
    now: monotonic,
    random: Math.random,
  });
  const handshakes = createHandshakeLog({
    ...{ log, now: monotonic, onAccepted: counts.handshakeAccepted, onRefused: counts.handshakeRefused },
  });
  const accept = createAccept({
    ...{ env, now, monotonic, sessions, identify, refusalOf: bars.refusalOf, newId: randomUUID },
    parts: { commands, hub, overview, connections, leaving, promote, log: domain.observers.session },
  });
  const doors = { env, log, accept, admission, handshakes, identify, flusher };
  const websockets = await registerWebSocketEndpoint(app, doors);
  registerEventStreams(app, {
    ...{ ...doors, now, random: Math.random },
    mayFollow: createMayFollow({ hub, rates, isWatchable: env.ROOM_WATCH }),
  });
  const instances: InstanceOptions | undefined = owners
    ? {
        ...{ owners, fetch },
        // Instances of the version before know service tokens only.
        sign: env.BUS_SEAL ? hops.sign : auth.signService,
        verify: async (token, hop) => hops.isGood(token, hop) || (await identify.instance(token)),
      }
    : undefined;
  const sockjs = { ...doors, instances };
  const chatUrl = createChatUrl(websockets, accept);
  registerOlderUrls({ env, accept, websockets, chatUrl, anonymous, rates, newId: randomUUID });
  await registerSockJsEndpoint(app, '/ws/chat', sockjs, chatUrl.upgrade);
  await registerSockJsEndpoint(app, '/ws/chat-sockjs', sockjs);
}
