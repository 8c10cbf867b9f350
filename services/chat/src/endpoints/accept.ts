import { isOriginAllowed, type Logger, toAppError } from '@gongu/host';
import { AppError } from '@gongu/shared';
import type { FastifyInstance } from 'fastify';
import type { ChatEnv } from '../env.ts';
import type { Codec } from '../protocol/codec.ts';
import { chooseSubprotocol, detectProtocol } from '../protocol/detect.ts';
import { createJsonProtocol } from '../protocol/json.ts';
import { createDestinations } from '../protocol/stomp/destination.ts';
import { createStompProtocol } from '../protocol/stomp/protocol.ts';
import type { Anonymous } from '../room/anonymous.ts';
import { Session } from '../session/session.ts';
import type { SessionLimits, SessionLog, SessionOpening, SessionOptions } from '../session/session-options.ts';
import type { Sessions } from '../session/sessions.ts';
import type { Hello, Inbound, Socket } from '../transport/socket.ts';
import { quotedBytes } from '../transport/sockjs/frames.ts';
import type { InstanceOptions, Refused } from '../transport/sockjs/options.ts';
import { sockjs } from '../transport/sockjs/plugin.ts';
import { registerWebSocket, type WebSocketRoute, type WebSockets } from '../transport/websocket.ts';
import type { Admission } from './admission.ts';
import { registerEventStreams } from './event-streams.ts';
import { createHandshakeLog } from './handshake-log.ts';
import type { createIdentify } from './identify.ts';
import { registerOlderUrls } from './older-urls/older-urls.ts';

/**
 * A recovery has 2 MiB of text, and each byte may take seven on SockJS's wire: a control character, escaped twice. A
 * session that its own recovery ended could never come back.
 */
const RECOVERY_CEILING_BYTES = 16 * 1024 * 1024;

export interface SocketDeps {
  readonly env: ChatEnv;
  readonly log: Logger;
  readonly now: () => number;
  /** The parts that sessions work with. */
  readonly parts: Pick<SessionOptions, 'commands' | 'hub' | 'overview' | 'connections' | 'leaving' | 'typing'>;
  readonly sessions: Sessions;
  /** The door: whoever opens a session passes it first. */
  readonly admission: Admission;
  readonly identify: ReturnType<typeof createIdentify>;
  readonly anonymous: Anonymous;
  /** @throws AppError NOT_FOUND (no such room), UNAVAILABLE */
  readonly isMember: (roomId: string, userId: string) => Promise<boolean>;
  /** 0 ≤ n < 1. */
  readonly random: () => number;
  readonly newId: () => string;
  /** Hears of each command that was answered with an error. */
  readonly refused: (code: string) => void;
  /** Hears of each session that ended, by its close code. */
  readonly closed: (code: number) => void;
  /** Hear of each handshake. */
  readonly handshakes: { readonly accepted: () => void; readonly refused: (reason: string) => void };
  /** How sessions of SockJS are found that are at other instances. Default: there are none. */
  readonly instances?: InstanceOptions;
}

/** What all socket URLs have in common, so that each of them is a few lines. */
export interface SocketParts {
  readonly websockets: WebSockets;
  /** Who an upgrade names. */
  readonly identify: WebSocketRoute['identify'];
  /** Opens a session; what a URL's `accept` ends in. */
  open(socket: Socket, hello: Hello, codec: Codec, opening?: SessionOpening): Inbound;
  /** Opens a session whose protocol the subprotocol or the first frame decides. */
  openAny(socket: Socket, hello: Hello): Inbound;
  /** The log lines of handshakes. */
  readonly handshakes: ReturnType<typeof createHandshakeLog>;
}

/** The part of the wiring that concerns sockets: which URL speaks what, who may connect, what is logged of it. */
export async function registerSockets(app: FastifyInstance, deps: SocketDeps): Promise<void> {
  const { env, log, now, sessions, admission, identify, newId, refused } = deps;
  const handshakes = createHandshakeLog({ log, now, ...deps.handshakes });
  const json = createJsonProtocol({ contentChars: env.MAX_CONTENT_CHARS });
  const stomp = createStompProtocol({
    destinations: createDestinations(),
    limits: {
      contentChars: env.MAX_CONTENT_CHARS,
      // A frame may come in several messages of the socket, each of which the transport measures by itself.
      frame: { bodyBytes: env.MAX_FRAME_BYTES, frameBytes: env.MAX_FRAME_BYTES },
    },
    lobbyRoomId: env.LOBBY_ROOM_ID === '' ? null : env.LOBBY_ROOM_ID,
    newId,
  });
  const protocols = [json, stomp];
  const sessionDeps = {
    ...deps.parts,
    toAppError,
    authenticate: identify.token,
    limits: limitsOf(env),
    now,
    log: createSessionLog(log, refused, deps.closed),
    onOver: sessions.delete,
  };

  const choose = (offered: readonly string[]) => chooseSubprotocol(protocols, offered);
  const websockets = await registerWebSocket(app, {
    frameBytes: env.MAX_FRAME_BYTES,
    payloadBytes: quotedBytes(env.MAX_FRAME_BYTES),
    heartbeatMs: env.HEARTBEAT_MS,
    choose,
    refusal: (why) => new AppError('VALIDATION_FAILED', { detail: refusalDetail(why) }),
    admit: admission.enter,
    rejected: handshakes.rejected,
    accepted: handshakes.accepted,
    failed: (connectionId, error) => log.debug({ connectionId, err: error }, 'socket error'),
  });
  const parts: SocketParts = {
    websockets,
    handshakes,
    async identify(request, query) {
      if (!isOriginAllowed(request.headers.origin, env.ALLOWED_ORIGINS)) throw new AppError('ORIGIN_NOT_ALLOWED');
      return identify.upgrade(request, query);
    },
    open(socket, hello, codec, opening) {
      const session = new Session(sessionDeps, socket, codec);
      sessions.add(session);
      session.start(hello.user, opening);
      return session;
    },
    openAny: (socket, hello) => parts.open(socket, hello, detectProtocol(protocols, hello.subprotocol)),
  };
  websockets.mount('/ws', { identify: parts.identify, accept: parts.openAny });
  const base = registerOlderUrls(parts, deps);
  registerEventStreams(app, parts, deps);

  for (const prefix of ['/ws/chat', '/ws/chat-sockjs']) {
    await app.register(sockjs, {
      prefix,
      accept: parts.openAny,
      identify: (request, query) => identify.upgrade(request, query),
      originAllowed: (origin) => isOriginAllowed(origin, env.ALLOWED_ORIGINS),
      refusal: sockjsRefusal,
      choose,
      raw(frame) {
        const kind = protocols.find((candidate) => candidate.sniff(frame));
        return kind ? { protocol: kind === stomp ? 'stomp' : 'json', preamble: kind.preamble ?? '' } : null;
      },
      ...(prefix === '/ws/chat' ? { base } : {}),
      frameBytes: env.MAX_FRAME_BYTES,
      heartbeatMs: env.HEARTBEAT_MS,
      sendQueueBytes: env.SEND_QUEUE_BYTES,
      leastCeilingBytes: RECOVERY_CEILING_BYTES,
      ...(deps.instances ? { instances: deps.instances } : {}),
      admit: admission.enter,
      rejected: handshakes.rejected,
      accepted: handshakes.accepted,
      mismatch: (fields) => log.warn({ event: 'framing.mismatch', ...fields }, 'a client without SockJS framing'),
      failed: (what, error) => log.debug({ what, err: error }, 'SockJS failed'),
    });
  }

  function refusalDetail(why: 'no-upgrade' | 'subprotocol'): string {
    if (why === 'no-upgrade') return 'This URL takes a WebSocket upgrade';
    return `Offer one of the subprotocols ${protocols.flatMap((kind) => kind.subprotocols).join(', ')}`;
  }

  function sockjsRefusal(why: Refused): Error {
    if (why === 'origin') return new AppError('ORIGIN_NOT_ALLOWED');
    if (why === 'user') return new AppError('FORBIDDEN', { detail: 'The session belongs to somebody else' });
    if (why === 'hop') return new AppError('FORBIDDEN', { detail: 'Not an instance of this service' });
    return new AppError('VALIDATION_FAILED', { detail: refusalDetail(why) });
  }
}

function limitsOf(env: ChatEnv): SessionLimits {
  return {
    contentChars: env.MAX_CONTENT_CHARS,
    frameBytes: env.MAX_FRAME_BYTES,
    sendQueueBytes: env.SEND_QUEUE_BYTES,
    sendTimeoutMs: env.SEND_TIMEOUT_MS,
    firstFrameMs: env.FIRST_FRAME_MS,
    heartbeatMs: env.HEARTBEAT_MS,
    framesPerSecond: env.RATE_FRAMES_PER_SECOND,
  };
}

function createSessionLog(log: Logger, refused: (code: string) => void, closed: SocketDeps['closed']): SessionLog {
  return {
    authenticated: (fields) => log.info({ event: 'session.authenticated', ...fields }, 'session authenticated'),
    closed(fields) {
      closed(fields.code);
      log.info({ event: 'session.closed', ...fields }, 'session closed');
    },
    refused(fields) {
      refused(fields.code);
      log.debug({ event: 'command.refused', ...fields }, 'command refused');
    },
    note: (fields, note, more) => log.info({ event: note, ...fields, ...more }, note),
    failed: (fields, error) => log.error({ event: 'command.failed', ...fields, err: error }, 'command failed'),
  };
}
