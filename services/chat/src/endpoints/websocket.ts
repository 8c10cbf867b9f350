import { createUpgradesAhead, type Logger } from '@gongu/host';
import type { FastifyInstance } from 'fastify';
import type { ChatEnv } from '../env.ts';
import type { Flusher } from '../transport/send-queue.ts';
import { quotedBytes } from '../transport/sockjs/frames.ts';
import { registerWebSocket, type Upgrade, type WebSocketRoute, type WebSockets } from '../transport/websocket.ts';
import type { Accept } from './accept.ts';
import type { Admission } from './admission.ts';
import type { HandshakeLog } from './handshake-log.ts';

export interface WebSocketEndpointOptions {
  readonly env: ChatEnv;
  readonly log: Logger;
  readonly accept: Accept;
  /** The door: whoever opens a session passes it first. */
  readonly admission: Admission;
  readonly handshakes: HandshakeLog;
  /** When sockets are written to. */
  readonly flusher: Flusher;
}

/** `/ws`, and WebSockets for whatever other URL takes one. */
export async function registerWebSocketEndpoint(
  app: FastifyInstance,
  { env, log, accept, admission, handshakes, flusher }: WebSocketEndpointOptions,
): Promise<WebSockets> {
  const websockets = await registerWebSocket(app, {
    frameBytes: env.MAX_FRAME_BYTES,
    payloadBytes: quotedBytes(env.MAX_FRAME_BYTES),
    heartbeatMs: env.HEARTBEAT_MS,
    flusher,
    ahead: createUpgradesAhead(app, env.TRUST_PROXY),
    choose: accept.choose,
    refusal: accept.refusal,
    admit: admission.enter,
    onRejected: handshakes.rejected,
    onAccepted: handshakes.accepted,
    onFailure: (connectionId, error) => log.debug({ connectionId, err: error }, 'socket error'),
  });
  websockets.mount('/ws', { identify: accept.identify, accept: accept.openAny });
  return websockets;
}

/** A URL that takes a WebSocket, and is somebody else's besides. */
export interface ChatUrl {
  readonly upgrade: Upgrade;
  /** Another route for upgrades whose query has that name. */
  variant(name: string, route: WebSocketRoute): void;
}

/** `/ws/chat`, under which SockJS lies: a plain WebSocket on it speaks what `/ws` does. */
export function createChatUrl(websockets: WebSockets, { identify, openAny }: Accept): ChatUrl {
  const variants = new Map<string, WebSocketRoute>();
  const plain: WebSocketRoute = { identify, accept: openAny };

  function routeOf(query: URLSearchParams): WebSocketRoute {
    for (const [name, route] of variants) if (query.has(name)) return route;
    return plain;
  }

  return {
    upgrade: websockets.upgrade({
      identify: (request, query) => routeOf(query).identify(request, query),
      accept: (socket, hello, request) => routeOf(hello.query).accept(socket, hello, request),
    }),
    variant: (name, route) => void variants.set(name, route),
  };
}
