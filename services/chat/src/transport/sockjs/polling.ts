import { CLOSE } from '@gongu/shared';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { peerOf } from '../peer.ts';
import { presentedToken } from '../presented-token.ts';
import { pathOf, queryOf } from '../request-url.ts';
import type { Hello, Inbound } from '../socket.ts';
import { CLIENT_HEADER, type Forwarded, type ForwardOptions, forward, HOP_HEADER } from './forward.ts';
import { closeFrame, decode } from './frames.ts';
import { headersOf, keepCookie, neverCache } from './headers.ts';
import type { Mounted } from './mounted.ts';
import { lastWords, Receiver, type ReceiverKind } from './receiver.ts';
import { SockJsSession } from './session.ts';
import { createSockJsSessions } from './sessions.ts';

/** Requests of one session that may wait while it takes no messages; together they have no more than one body may. */
const WAITING_MAX = 8;
/** Of the 3000s, which are the application's: the session's instance is gone, so is the session, and the room is not. */
const LOST = closeFrame(3000, 'The session was lost; connect again');

type SessionRequest = FastifyRequest<{ Params: { server: string; session: string } }>;

/** The transports that live on HTTP requests: xhr with xhr_send, xhr_streaming, eventsource. */
export function pollingRoutes(app: FastifyInstance, mounted: Mounted): void {
  const { options, route, identified, admitted } = mounted;
  const { clock, instances, refusal } = options;
  const { owners } = instances;
  const sessions = createSockJsSessions({ identified, addressOf: options.addressOf });

  app.addHook('preClose', async () => {
    for (const session of sessions.all()) session.stop(CLOSE.restart, 'stopping');
  });

  /** Whether another instance sent this. @throws what `refusal` makes when it only says so */
  async function isHop(request: FastifyRequest): Promise<boolean> {
    const token = request.headers[HOP_HEADER];
    if (token === undefined) return false;
    const hop = { owner: owners.self, method: request.method, url: request.url };
    if (typeof token !== 'string' || !(await instances.verify(token, hop))) throw refusal('hop');
    return true;
  }

  async function isClient(sessionId: string, request: FastifyRequest, hop: boolean): Promise<boolean> {
    const client = request.headers[CLIENT_HEADER];
    return sessions.isClient(sessionId, request, hop ? { client: client?.toString() } : undefined);
  }

  async function where(sessionId: string): Promise<string | null> {
    return owners.find(sessionId).catch((error) => {
      options.onFailure('session owners', error);
      return null;
    });
  }

  /** Takes the request to the instance that has the session. One that has it no longer loses its claim. */
  async function passOn(
    owner: string,
    sessionId: string,
    request: SessionRequest,
    reply: FastifyReply,
    how: Pick<ForwardOptions, 'silenceMs' | 'lost'>,
  ) {
    // Claimed by this instance and not here: it was restarted.
    const there: Forwarded =
      owner === owners.self
        ? 'gone'
        : await forward(owner, request, reply, {
            ...{ ...instances, timers: clock, ...how },
            client: sessions.clientOf(request),
          });
    if (there === 'gone') {
      await owners.release(sessionId, owner).catch((error) => options.onFailure('session owners', error));
    }
    return there;
  }

  async function receive(kind: ReceiverKind, request: SessionRequest, reply: FastifyReply): Promise<unknown> {
    const sessionId = request.params.session;
    neverCache(reply);
    if (options.jsessionid) keepCookie(request, reply);
    const hop = await isHop(request);
    // The lock is for opening: a forwarded stream may last for hours.
    const owner = await sessions.inTurn(sessionId, async () => {
      const known = sessions.find(sessionId);
      if (known) {
        if (!(await isClient(sessionId, request, hop))) throw refusal('user');
        return known.attach(receiver(kind, reply));
      }
      if (hop) return reply.callNotFound();
      return (await where(sessionId)) ?? openHere(kind, request, reply);
    });
    if (typeof owner !== 'string') return reply;
    const how = { silenceMs: options.heartbeatMs * 2, lost: lastWords(kind, LOST) };
    if ((await passOn(owner, sessionId, request, reply, how)) === 'answered') return reply;
    const answer = receiver(kind, reply);
    answer.frame(LOST);
    return answer.end();
  }

  /** Opens a session that no instance has; the owner, if another instance was faster. */
  async function openHere(
    kind: ReceiverKind,
    request: SessionRequest,
    reply: FastifyReply,
  ): Promise<string | undefined> {
    const settled = admitted(request);
    try {
      const user = await identified(request);
      const owner = await owners.claim(request.params.session).catch((error) => {
        // Without the others, this instance serves who comes to it.
        options.onFailure('session owners', error);
        return owners.self;
      });
      if (owner !== owners.self) return owner;
      open(kind, request, reply, user);
      return undefined;
    } finally {
      settled();
    }
  }

  function open(kind: ReceiverKind, request: SessionRequest, reply: FastifyReply, user: Hello['user']): void {
    const sessionId = request.params.session;
    const { heartbeatMs, disconnectDelayMs, ceilingBytes } = options;
    const forget = () => {
      sessions.delete(sessionId);
      owners.release(sessionId, owners.self).catch((error) => options.onFailure('session owners', error));
    };
    // The client gave up while it was being identified.
    if (reply.raw.destroyed) return forget();
    const peer = peerOf(request);
    const session = new SockJsSession({
      peer,
      timers: clock,
      heartbeatMs,
      disconnectDelayMs,
      ceilingBytes,
      onGone: forget,
    });
    const [path, query, requestId] = [pathOf(request), queryOf(request), request.id];
    const tokenPresent = presentedToken(request.headers, query) !== null;
    const hello: Hello = { path, query, subprotocol: null, user, tokenPresent, peer, requestId };
    sessions.add(sessionId, request, user, session);
    session.open(receiver(kind, reply), () => accepted(session, hello, kind));
  }

  function accepted(session: SockJsSession, hello: Hello, transport: ReceiverKind): Inbound {
    try {
      const inbound = options.accept(session, hello);
      options.onAccepted({ connectionId: session.id, transport, hello });
      return inbound;
    } catch (error) {
      options.onFailure('accept', error);
      session.close(CLOSE.internal, 'internal error');
      return { frame() {}, drained() {}, closed() {} };
    }
  }

  function receiver(kind: ReceiverKind, reply: FastifyReply): Receiver {
    reply.hijack();
    return new Receiver(reply.raw, kind, headersOf(reply), options.responseLimitBytes);
  }

  async function send(request: SessionRequest, reply: FastifyReply): Promise<unknown> {
    const sessionId = request.params.session;
    neverCache(reply);
    if (options.jsessionid) keepCookie(request, reply);
    const hop = await isHop(request);
    const session = sessions.find(sessionId);
    if (!session) {
      const owner = hop ? null : await where(sessionId);
      const how = { silenceMs: options.heartbeatMs, lost: null };
      const there = owner === null ? 'gone' : await passOn(owner, sessionId, request, reply, how);
      if (there === 'gone') return reply.callNotFound();
      return there === 'answered' ? reply : reply.code(503).header('retry-after', '1').send();
    }
    if (!(await isClient(sessionId, request, hop))) throw refusal('user');
    const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
    const messages = body.length === 0 ? null : decode(body);
    if (!messages) {
      reply.code(500).header('content-type', 'text/plain; charset=UTF-8');
      return reply.send(body.length === 0 ? 'Payload expected.' : 'Broken JSON encoding.');
    }
    const { waiting, waitingChars } = session;
    if (waiting >= WAITING_MAX || (waiting > 0 && waitingChars + body.length > options.bodyBytes)) {
      return reply.code(503).header('retry-after', '1').send();
    }
    // A client that doesn't take what it is sent doesn't get more of it by asking.
    await session.ready(body.length);
    if (session.closed) return reply.callNotFound();
    if (messages.some((message) => Buffer.byteLength(message) > options.frameBytes)) {
      session.close(CLOSE.tooBig, 'message too big');
    } else session.receive(messages);
    // Answered past Fastify, which drops the type of an answer without a body. Firefox takes one without a type for XML.
    reply.hijack();
    reply.raw.writeHead(204, { ...headersOf(reply), 'content-type': 'text/plain; charset=UTF-8' });
    return reply.raw.end();
  }

  const kinds: [string, 'GET' | 'POST', ReceiverKind][] = [
    ['xhr', 'POST', 'xhr'],
    ['xhr_streaming', 'POST', 'xhr_streaming'],
    ['eventsource', 'GET', 'eventsource'],
  ];
  for (const [name, method, kind] of kinds) {
    route(method, `/:server/:session/${name}`, (request, reply) => receive(kind, request as SessionRequest, reply));
  }
  route('POST', '/:server/:session/xhr_send', (request, reply) => send(request as SessionRequest, reply));
}
