import { addressKey, EVENT_STREAM_HEADERS, OF_CALLER, problems } from '@gongu/host';
import { AppError, LIMITS, RoomPath } from '@gongu/shared';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { ChatEnv } from '../env.ts';
import { OPENING_REF } from '../protocol/one-room.ts';
import { createOverviewStreamCodec, createRoomStreamCodec } from '../protocol/sse.ts';
import type { MayFollow } from '../session/may-follow.ts';
import { EventStream } from '../transport/event-stream.ts';
import { peerOf } from '../transport/peer.ts';
import { pathOf, queryOf } from '../transport/request-url.ts';
import { createRounds } from '../transport/rounds.ts';
import type { Flusher } from '../transport/send-queue.ts';
import type { Hello, Identity, Inbound, Socket } from '../transport/socket.ts';
import { systemTimers } from '../transport/timers.ts';
import type { Accept } from './accept.ts';
import type { Admission } from './admission.ts';
import type { HandshakeLog } from './handshake-log.ts';

/** Milliseconds within which an EventSource that lost its stream comes back, each at a moment of its own. */
const RETURN_FROM_MS = 1_000;
const RETURN_TO_MS = 3_000;

/** `Last-Event-ID`. Empty: none, as an EventSource has it that was told an empty one. */
const LastSeq = z.string().regex(/^(?:[0-9]{1,15}(?:\.[0-9a-z]{8})?)?$/, {
  error: 'must be a seq, a whole number, alone or with an epoch: 12.1f0c9a3e',
});

/** A text of whatever length; NUL is refused everywhere. */
const Secret = z.string().meta({ pattern: '^[^\\u0000]*$' });

const Presented = z.object({
  token: Secret.optional().meta({ description: 'in place of the header, which an EventSource can not send' }),
  ticket: Secret.optional().meta({ description: 'a one-time ticket; opens one stream' }),
});
const Query = Presented.extend({
  after: LastSeq.optional().meta({ description: 'for the first opening: all messages after this seq' }),
  lastEventId: LastSeq.optional().meta({ description: 'the same as `after`' }),
});
const Headers = z.object({
  'last-event-id': LastSeq.optional().meta({ description: 'seq of the last message; goes before the query' }),
});

/** A stream takes turns at PostgreSQL as sockets do. */
const STREAM_CONFIG = { findsCaller: true, queued: false };
const STREAM = { 'text/event-stream': { schema: z.string() } };

export interface EventStreamsOptions {
  readonly env: ChatEnv;
  readonly accept: Accept;
  /** The door: whoever opens a session passes it first. */
  readonly admission: Admission;
  readonly handshakes: HandshakeLog;
  /** When sockets are written to. */
  readonly flusher: Flusher;
  readonly mayFollow: MayFollow;
  readonly now: () => number;
  /** 0 ≤ n < 1. */
  readonly random: () => number;
}

/**
 * What is told without being asked, for those who can only listen (server-sent events): a transport and a codec onto the
 * same sessions as the sockets. An `EventSource` stays away from an answer that is not 200, so all refusals come first.
 */
export function registerEventStreams(
  app: FastifyInstance,
  { env, accept, admission, handshakes, flusher, mayFollow, now, random }: EventStreamsOptions,
): void {
  const routes = app.withTypeProvider<ZodTypeProvider>();
  const heartbeats = createRounds<EventStream>({
    intervalMs: env.HEARTBEAT_MS,
    visit: (stream) => stream.heartbeat(),
    timers: systemTimers,
  });
  app.addHook('onClose', async () => heartbeats.stop());

  /** The user of a stream. Also of a token that would be good for a few seconds more: a stream ends where it says. */
  async function identified(request: FastifyRequest): Promise<Identity> {
    const user = await accept.identify(request, queryOf(request));
    if (!user) throw new AppError('UNAUTHENTICATED');
    if (user.expiresAtMs <= now()) throw new AppError('TOKEN_EXPIRED');
    return user;
  }

  async function open(
    request: FastifyRequest,
    reply: FastifyReply,
    check: (user: Identity) => Promise<void>,
    begin: (socket: Socket, hello: Hello) => Inbound,
  ): Promise<FastifyReply> {
    let user: Identity;
    let settled = () => {};
    try {
      settled = admission.enter();
      user = await identified(request);
      await check(user);
      // A second request on the connection before the first one is answered: a stream has no end to wait for.
      if (!reply.raw.socket) throw new AppError('VALIDATION_FAILED', { detail: 'A stream needs its own connection' });
    } catch (error) {
      settled();
      handshakes.rejected(request, error);
      throw error;
    }
    reply.hijack();
    const peer = peerOf(request);
    const [path, query, requestId] = [pathOf(request), queryOf(request), request.id];
    // Nobody gets a stream without one.
    const hello: Hello = { path, query, subprotocol: null, user, tokenPresent: true, peer, requestId };
    const stream = new EventStream(request.raw, reply.raw, {
      headers: { ...(reply.getHeaders() as Record<string, string>), ...EVENT_STREAM_HEADERS },
      retryMs: RETURN_FROM_MS + random() * (RETURN_TO_MS - RETURN_FROM_MS),
      peer,
      flusher,
    });
    handshakes.accepted({ connectionId: stream.id, hello });
    const inbound = begin(stream, hello);
    settled();
    heartbeats.add(stream);
    stream.listen({
      frame: (data) => inbound.frame(data),
      drained: () => inbound.drained(),
      closed(code, reason) {
        heartbeats.delete(stream);
        inbound.closed(code, reason);
      },
    });
    return reply;
  }

  routes.route({
    method: 'GET',
    url: '/api/chat/rooms/:roomId/events',
    exposeHeadRoute: false,
    config: STREAM_CONFIG,
    schema: {
      tags: ['events'],
      security: [{ user: [] }],
      operationId: 'followRoom',
      summary: 'A room as it happens (server-sent events); while it is ACTIVE, for anybody signed in',
      params: RoomPath,
      querystring: Query,
      headers: Headers,
      response: {
        200: {
          description: 'First `joined`, then the messages after Last-Event-ID, then all that follows',
          content: STREAM,
        },
        ...problems(...OF_CALLER, 'ORIGIN_NOT_ALLOWED', 'NOT_A_MEMBER', 'BANNED', 'NOT_FOUND', 'RATE_LIMITED'),
      },
    },
    async handler(request, reply) {
      const { roomId } = request.params;
      const { after, lastEventId } = request.query;
      const last = request.headers['last-event-id'] || lastEventId || after;
      const [seq, epoch = null] = last?.split('.') ?? [];
      const check = (user: Identity) => mayFollow(roomId, { user, address: addressKey(request) });
      return open(request, reply, check, (socket, hello) =>
        accept.open(socket, hello, createRoomStreamCodec(), {
          commands: [{ type: 'follow', ref: OPENING_REF, roomId, after: seq ? Number(seq) : null, epoch }],
        }),
      );
    },
  });

  routes.route({
    method: 'GET',
    url: '/api/chat/events',
    exposeHeadRoute: false,
    config: STREAM_CONFIG,
    schema: {
      tags: ['events'],
      security: [{ user: [] }],
      operationId: 'followMyRooms',
      summary: 'How all my rooms are, and what becomes of them (server-sent events)',
      querystring: Presented,
      response: {
        200: {
          description: `First \`rooms\`, the newest ${LIMITS.streamRooms} at most, then \`head\`, \`room.changed\`, \`room.joined\`, \`room.left\``,
          content: STREAM,
        },
        ...problems(...OF_CALLER, 'ORIGIN_NOT_ALLOWED'),
      },
    },
    handler: async (request, reply) =>
      open(
        request,
        reply,
        async () => {},
        (socket, hello) =>
          accept.open(socket, hello, createOverviewStreamCodec(), { commands: [{ type: 'overview' }] }),
      ),
  });
}
