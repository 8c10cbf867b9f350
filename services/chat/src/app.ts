import { randomBytes, randomInt, randomUUID } from 'node:crypto';
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
  type Logger,
  observeHttp,
  observeJobs,
  observePools,
  registerDocs,
  registerHealth,
  systemClock,
} from '@gongu/host';
import { AppError } from '@gongu/shared';
import type { FastifyInstance } from 'fastify';
import { createLocalExchange, type LocalExchange } from './bus/local-bus.ts';
import { registerSockets } from './endpoints/accept.ts';
import { createAdmission } from './endpoints/admission.ts';
import { createIdentify } from './endpoints/identify.ts';
import { bodyLimitOf, type ChatEnv } from './env.ts';
import { memberRoutes } from './http/member-routes.ts';
import { messageRoutes } from './http/message-routes.ts';
import { roomRoutes } from './http/room-routes.ts';
import { tokenRoutes } from './http/token-routes.ts';
import { createHub } from './hub/hub.ts';
import { createOverview } from './hub/overview/overview.ts';
import { periodic } from './jobs/periodic.ts';
import { createReconcileHeads } from './jobs/reconcile-heads.ts';
import { createLinks } from './links.ts';
import { createChatMetrics } from './observe/metrics.ts';
import { createObservers } from './observe/observers.ts';
import { createAnonymous } from './room/anonymous.ts';
import { createMembers } from './room/members.ts';
import { createMessages } from './room/messages.ts';
import { createRooms } from './room/rooms.ts';
import { createTickets } from './room/tickets.ts';
import { createConnectionWatch } from './session/connection-watch.ts';
import { createDispatch } from './session/dispatch.ts';
import { createPresenceTick } from './session/presence-tick.ts';
import { createRateLimit } from './session/rate-limit.ts';
import { createSessions } from './session/sessions.ts';
import { CHAT_SCHEMA, openStore } from './store/open-store.ts';

export interface ChatDeps {
  readonly env: ChatEnv;
  readonly log: Logger;
  readonly clock?: Clock;
  /** Instances of one process that share it hear each other at once; tests do that. */
  readonly exchange?: LocalExchange;
}

export interface Chat {
  readonly app: FastifyInstance;
  /** Listens. Resolves with the port, which is another than CHAT_PORT when that is 0. */
  start(): Promise<number>;
  /** Drains the sockets, finishes what was accepted, closes everything. */
  stop(): Promise<void>;
}

/** Connections that may wait to be accepted: a storm brings more at once than Node's 511. */
const CONNECT_BACKLOG = 4_096;

export { CHAT_SCHEMA };

/** The chat service, wired; the only file that knows all of its parts. The database is migrated already. */
export async function createChat(deps: ChatDeps): Promise<Chat> {
  const { env, log, clock = systemClock, exchange = createLocalExchange() } = deps;
  const now = () => clock.now();
  let state: 'starting' | 'ready' | 'draining' = 'starting';

  const metrics = createMetrics({ service: 'chat' });
  const counts = createChatMetrics(metrics, {
    sessions: () => sessions.all(),
    connections: () => sessions.byProtocol(),
    rooms: () => hub.roomIds().length,
    waiting: () => stored.waiting(),
    bus: () => ({ state: bus.state(), lagMs: bus.lagMs() }),
  });
  const observers = createObservers({ log, counts });
  const { failed } = observers;

  // The way in and the way out, from the store to the sockets.
  const store = openStore({ url: env.DATABASE_URL, poolSize: env.DATABASE_POOL, log });
  observePools(metrics, store.pools);
  const links = createLinks({
    ...{ env, log, clock, exchange },
    openSockets: () => sessions.size,
    gone: (roomId, userIds) => presenceTick.gone(roomId, userIds),
  });
  const { bus, presence, owners } = links;
  const hub = createHub({
    rooms: store.rooms,
    members: store.members,
    messages: store.messages,
    bus: links.branch(),
    flushSpacingMs: env.ROOM_WRITE_MS,
    onEmit: (signal) => overview.apply(signal),
    onPresence: (roomId, userId, online) => presenceTick.note(roomId, userId, online),
    observe: observers.hub,
  });
  const elapsed = () => performance.now();
  const overview = createOverview({ rooms: store.rooms, bus: links.branch(), now: elapsed, failed });
  const { emit } = hub;
  const rooms = createRooms({
    ...store,
    presence,
    emit,
    told: observers.roomTold,
  });
  const members = createMembers({
    ...store,
    presence,
    emit,
    told: observers.memberTold,
  });
  const stored = createMessages({
    ...store,
    emit,
    newId: randomUUID,
    spacingMs: env.COMMIT_MS,
    observe: observers.messages,
  });
  const tickets = createTickets({ tickets: store.tickets, newTicket: () => randomBytes(32).toString('base64url') });

  // Who may do how much.
  const auth = createAuth({
    jwtSecret: env.JWT_SECRET,
    jwksUrl: env.JWKS_URL,
    serviceSecret: env.SERVICE_JWT_SECRET,
    clock,
  });
  const identify = createIdentify({ auth, tickets, clock });
  const anonymous = createAnonymous({
    tokens: {
      verify: (token) => auth.verifyUser(token),
      readExpired: async (token) => auth.readExpiredAnonymous(token),
      async sign(user) {
        const token = auth.signAnonymous(user);
        return { token, expiresAtMs: (await auth.verifyUser(token)).expiresAtMs };
      },
    },
    tags: store.tags,
    newId: randomUUID,
    random: randomInt,
  });
  const perUser = createRateLimit({ perSecond: env.RATE_MESSAGES_PER_SECOND, now });
  const { messages, rate: messageRate } = observers.counted(stored, perUser);
  // By address, and behind a balancer whose word is not taken all clients have one address: so ten times as many.
  const identityRate = createRateLimit({ perSecond: env.RATE_MESSAGES_PER_SECOND * 10, now });

  // HTTP.
  const app = createHttp({
    log,
    trustProxy: env.TRUST_PROXY,
    allowedOrigins: env.ALLOWED_ORIGINS,
    bodyLimitBytes: bodyLimitOf(env),
    service: { name: 'gongu chat', version: '0.1.0', description: 'Rooms, participants and messages of group buys' },
  });
  announceDraining(app, () => state === 'draining');
  await registerDocs(app);
  observeHttp(app, metrics);
  registerHealth(app, {
    metrics,
    state: () => state,
    critical: ['postgres'],
    checks: { postgres: () => store.ping().then(() => 'ok' as const), redis: async () => bus.state() },
  });
  const { user, service, caller } = identify.routes;
  askCallersFirst(app, { user, service, either: caller });
  const routes = {
    rooms,
    members,
    messages,
    identify: identify.routes,
    rate: messageRate,
    contentChars: env.MAX_CONTENT_CHARS,
  };
  roomRoutes(app, { ...routes, presence });
  memberRoutes(app, routes);
  messageRoutes(app, routes);
  tokenRoutes(app, {
    user: identify.routes.user,
    anonymous,
    ticket: (user) => tickets.issue(user),
    admit(request) {
      const retryAfterMs = identityRate.take(request.ip);
      if (retryAfterMs > 0) throw new AppError('RATE_LIMITED', { retryAfterMs });
    },
  });

  // Sockets.
  const presenceTick = createPresenceTick({ presence, hub });
  const connections = createConnectionWatch({ presence, failed: (error) => failed('count of connections', error) });
  const dispatch = createDispatch({
    ...{ hub, presence, presenceTick, connections, overview, members },
    messages,
    rate: messageRate,
    now,
  });
  const sessions = createSessions({ random: Math.random });
  const admission = createAdmission({
    maxConnections: env.MAX_CONNECTIONS,
    maxHandshakesPerSecond: env.MAX_HANDSHAKES_PER_SECOND,
    connections: () => sessions.size,
    draining: () => state === 'draining',
    now: elapsed,
    random: Math.random,
  });
  await registerSockets(app, {
    env,
    log,
    now,
    dispatch,
    sessions,
    admission,
    identify,
    anonymous,
    isMember: async (roomId, userId) => (await hub.member(roomId, userId)) !== null,
    random: Math.random,
    newId: randomUUID,
    refused: counts.refused,
    closed: counts.closed,
    handshakes: { accepted: counts.handshakeAccepted, refused: counts.handshakeRefused },
    ...(owners ? { instances: { owners, fetch, sign: auth.signService, verify: identify.instance } } : {}),
  });

  // What happens by itself.
  const cron = createCron({ log, ran: observeJobs(metrics) });
  const every = (what: string, intervalMs: () => number, task: () => Promise<void>) =>
    periodic({ task, intervalMs, failed: (error) => failed(what, error) });
  const stops: (() => Promise<void>)[] = [];
  const { headIntervalMs } = bus;
  const reconcileHeads = createReconcileHeads({ headIntervalMs, reconcile: hub.reconcile, now: elapsed });
  const reconcileOverview = createReconcileHeads({ headIntervalMs, reconcile: overview.reconcile, now: elapsed });

  return {
    app,
    async start() {
      stops.push(
        // Four times a second it is asked whether it is time: the bus may fail between two readings.
        every('reading of heads', () => 250, reconcileHeads),
        every('reading of overviews', () => 250, reconcileOverview),
        every('overviews', () => 250, overview.beat),
        every('presence', () => 1_000, presenceTick.tick),
        every('count of connections', () => 1_000, connections.beat),
        every(
          'sweep',
          () => 1_000,
          async () => {
            hub.sweep(env.HEARTBEAT_MS);
            messageRate.sweep();
            identityRate.sweep();
          },
        ),
      );
      if (env.LOBBY_ROOM_ID !== '') await rooms.openLobby(env.LOBBY_ROOM_ID);
      // At start too: what fell due while no instance ran.
      cron.schedule('expire-rooms', env.EXPIRE_CRON, expire, { atStart: true });
      await app.listen({ port: env.CHAT_PORT, host: env.HOST, backlog: CONNECT_BACKLOG });
      const address = app.server.address();
      const port = typeof address === 'object' && address !== null ? address.port : env.CHAT_PORT;
      links.listening(port);
      state = 'ready';
      log.info({ event: 'service.started', port }, 'service started');
      return port;
    },
    async stop() {
      state = 'draining';
      const settle = createSettle(log);
      const noticeMs = drainNoticeMs(env.DRAIN_MS);
      // Sockets are told only when nobody can come back to this instance.
      await new Promise((resolve) => setTimeout(resolve, noticeMs));
      app.server.close();
      await sessions.drain({ windowMs: env.DRAIN_MS / 2, deadlineMs: env.DRAIN_MS - noticeMs, flush: hub.flush });
      await settle('messages', messages.idle(), env.DRAIN_MS + 1_000);
      const jobs = [cron.stop(), ...stops.map((stop) => stop())];
      await settle('jobs', Promise.all(jobs), env.DRAIN_MS + 1_500);
      await settle('HTTP', app.close(), env.DRAIN_MS + 2_000);
      hub.close();
      await settle('Redis', links.close(), env.DRAIN_MS + 2_500);
      await settle('PostgreSQL', store.close(), env.DRAIN_MS + 3_500);
      log.info({ event: 'service.stopped' }, 'service stopped');
    },
  };

  async function expire(): Promise<boolean> {
    try {
      // More may be due than one run takes.
      for (let ended = 1; ended > 0; ) ended = await rooms.expire();
      return true;
    } catch (error) {
      failed('expiry of rooms', error);
      return false;
    }
  }
}
