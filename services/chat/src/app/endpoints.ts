import { randomUUID } from 'node:crypto';
import type { ServiceParts } from '@gongu/host';
import { registerSockets } from '../endpoints/accept.ts';
import { createAdmission } from '../endpoints/admission.ts';
import type { ChatEnv } from '../env.ts';
import { memberRoutes } from '../http/member-routes.ts';
import { messageRoutes } from '../http/message-routes.ts';
import { roomRoutes } from '../http/room-routes.ts';
import { tokenRoutes } from '../http/token-routes.ts';
import { createCommands } from '../session/commands/commands.ts';
import { createLeaving } from '../session/leaving.ts';
import { createTyping } from '../session/typing.ts';
import type { Domain } from './domain.ts';
import type { ChatHttp } from './http.ts';

/** All URLs: the routes of HTTP, then what opens sessions. */
export async function registerEndpoints(
  { env, log, clock, auth, phase }: ServiceParts<ChatEnv>,
  domain: Domain,
  { app, identify, anonymous }: ChatHttp,
): Promise<void> {
  const { rooms, members, messages, rate, identityRate, tickets, hub, sessions, counts, connections } = domain;
  const { presence, owners } = domain.links;
  const routes = { rooms, members, messages, identify: identify.routes, rate, contentChars: env.MAX_CONTENT_CHARS };
  roomRoutes(app, { ...routes, presence });
  memberRoutes(app, routes);
  messageRoutes(app, routes);
  tokenRoutes(app, {
    user: identify.routes.user,
    anonymous,
    ticket: (user) => tickets.issue(user),
    admit: (request) => identityRate.admit(request.ip),
  });

  const now = () => clock.now();
  const { overview, presenceTick } = domain;
  const typing = createTyping({ hub, now });
  const leaving = createLeaving({ hub, overview, connections, presenceTick, typing });
  const commands = createCommands({
    ...{ hub, overview, presence, presenceTick, members, messages, rate, typing, leaving, now },
  });
  const admission = createAdmission({
    maxConnections: env.MAX_CONNECTIONS,
    maxHandshakesPerSecond: env.MAX_HANDSHAKES_PER_SECOND,
    connections: () => sessions.size,
    draining: () => phase.current === 'draining',
    now: clock.monotonic,
    random: Math.random,
  });
  await registerSockets(app, {
    ...{ env, log, now, sessions, admission, identify, anonymous },
    parts: { commands, hub, overview, connections, leaving, typing },
    isMember: async (roomId, userId) => (await hub.member(roomId, userId)) !== null,
    random: Math.random,
    newId: randomUUID,
    refused: counts.refused,
    closed: counts.closed,
    handshakes: { accepted: counts.handshakeAccepted, refused: counts.handshakeRefused },
    ...(owners ? { instances: { owners, fetch, sign: auth.signService, verify: identify.instance } } : {}),
  });
}
