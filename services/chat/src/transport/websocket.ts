import websocketPlugin from '@fastify/websocket';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { WebSocket } from 'ws';
import { type Ahead, createDirectUpgrades, type DirectRoute } from './direct-upgrades.ts';
import { isHandshake } from './handshake-headers.ts';
import { watchHandshakes } from './handshake-watch.ts';
import { offeredSubprotocols, presentedToken, realSubprotocols } from './presented-token.ts';
import { pathOf, queryOf } from './request-url.ts';
import { createRounds } from './rounds.ts';
import { createFlusher, type Flusher } from './send-queue.ts';
import type { Hello, Identity, Inbound, Socket } from './socket.ts';
import { systemTimers } from './timers.ts';
import type { UpgradeRequest } from './upgrade-request.ts';
import { type SocketWatch, WsSocket } from './ws-socket.ts';

export interface WebSocketOptions {
  /** The subprotocol to echo, of those offered; null when none of them is known. */
  readonly choose: (offered: readonly string[]) => string | null;
  /** What a request is refused with: without upgrade, with unknown subprotocols only, with a broken handshake, too late. */
  readonly refusal: (why: 'no-upgrade' | 'no-socket' | 'subprotocol' | 'handshake' | 'stopping') => Error;
  /** Largest inbound message, bytes; larger ones end the socket with 1009. */
  readonly frameBytes: number;
  /** Largest message that any WebSocket of the app may take, bytes; at least `frameBytes`. */
  readonly payloadBytes: number;
  /** Milliseconds between pings; two without any answer, and the socket is gone. */
  readonly heartbeatMs: number;
  /**
   * Before anybody looks at who the upgrade is from. Throws what it is refused with; what is returned is called once it
   * has become a socket, or nothing. @default every one is let in
   */
  readonly admit?: () => () => void;
  /** Called for every upgrade that was refused, by `admit`, its subprotocol or `identify`. */
  readonly onRejected: (request: FastifyRequest, error: unknown) => void;
  /** Called for every upgrade that became a socket. */
  readonly onAccepted: (fields: { connectionId: string; hello: Hello }) => void;
  /** Upgrades of URLs without parameters go past the app's routes there. @default none do */
  readonly ahead?: Ahead;
  /** When sockets are written to. @default one of its own */
  readonly flusher?: Flusher;
  /** A socket's own error; it closes by itself. */
  readonly onFailure: (connectionId: string, error: Error) => void;
}

/** What becomes of the sockets of one URL. */
export interface WebSocketRoute {
  /** Who the upgrade names; null when it names nobody. Throws what the upgrade is refused with. */
  readonly identify: (request: UpgradeRequest, query: URLSearchParams) => Promise<Identity | null>;
  readonly accept: (socket: Socket, hello: Hello, request: UpgradeRequest) => Inbound;
}

/** What a request that may become a socket asked with. */
interface Asked {
  readonly query: URLSearchParams;
  readonly user: Identity | null;
}

/** The two halves of an upgrade, for a route that is somebody else's. */
export interface Upgrade {
  /** Before it; throws what it is refused with. */
  readonly check: (request: FastifyRequest) => Promise<void>;
  readonly serve: (ws: WebSocket, request: UpgradeRequest) => void;
}

export interface WebSockets {
  /** A URL that takes a WebSocket. */
  mount(url: string, route: WebSocketRoute): void;
  upgrade(route: WebSocketRoute): Upgrade;
}

/** Pieces in which a message may come: so many, or as many as there are of this size in the largest one. */
const LEAST_PIECES = 16_384;
const PIECE_BYTES = 64;

/** WebSockets on a Fastify app: bytes to texts and back, pings, close codes. Knows no protocol. */
export async function registerWebSocket(app: FastifyInstance, options: WebSocketOptions): Promise<WebSockets> {
  const { flusher = createFlusher() } = options;
  const pings = createRounds<WsSocket>({
    intervalMs: options.heartbeatMs,
    visit: (socket) => socket.ping(),
    timers: systemTimers,
  });
  app.addHook('onClose', async () => pings.stop());
  // Between the check before the upgrade and the socket after it; gone with the request.
  const asked = new WeakMap<UpgradeRequest, Asked>();

  const handshakes = watchHandshakes(app);
  await app.register(websocketPlugin, {
    options: {
      // Each route holds its own limit; this one is for those that wrap a legal frame in something (SockJS).
      maxPayload: options.payloadBytes,
      // The library's own 16,384 would refuse legal frames where larger ones are let in: each piece costs memory, so not any
      // number of them.
      maxFragments: Math.max(LEAST_PIECES, Math.ceil(options.payloadBytes / PIECE_BYTES)),
      // Frames are built once and written raw; deflate would need a context per socket, and memory with it.
      perMessageDeflate: false,
      clientTracking: false,
      handleProtocols: (offered) => options.choose([...offered]) ?? false,
    },
    errorHandler: (error, socket) => {
      options.onFailure('', error);
      // One that can't be read is being closed with its code already; ending it now would drop the close frame.
      if (socket.readyState === socket.OPEN) socket.terminate();
    },
  });
  const watch: SocketWatch = { failed: options.onFailure, closed: pings.delete };
  const withSocket = new Set<string | undefined>();
  app.addHook('onRoute', ({ url, wsHandler }) => {
    if (wsHandler) withSocket.add(url);
  });
  // The library would answer by itself, as no other answer looks; where no socket is, by one that it closes without a reason.
  app.addHook('preValidation', (request, reply, done) => {
    if (!request.ws) return done();
    const isHere = withSocket.has(request.routeOptions.url);
    if (isHere && isHandshake(request.headers)) return done();
    // RFC 6455 §4.4
    if (isHere) reply.header('sec-websocket-version', '13');
    const error = options.refusal(isHere ? 'handshake' : 'no-socket');
    options.onRejected(request, error);
    done(error);
  });
  let stopping = false;
  app.addHook('preClose', async () => {
    stopping = true;
  });
  // Also of one that waited to be identified.
  app.addHook('preHandler', (request, _reply, done) => {
    done(request.ws && stopping ? options.refusal('stopping') : undefined);
  });
  // Sockets of whatever route: SockJS has some too.
  app.websocketServer.on('connection', (_socket, request) => handshakes.done(request.socket));

  const direct = createDirectUpgrades({
    server: app.websocketServer,
    handshakes,
    ahead: options.ahead ?? { takeBy: () => {}, callerOf: () => null },
    refusal: () => (stopping ? options.refusal('stopping') : null),
    onFailure: (error) => options.onFailure('', error as Error),
  });

  function openingOf({ identify, accept }: WebSocketRoute): DirectRoute {
    return {
      async check(request) {
        const settled = options.admit?.();
        try {
          const offered = offeredSubprotocols(request.headers);
          if (offered.length > 0 && options.choose(realSubprotocols(offered)) === null) {
            throw options.refusal('subprotocol');
          }
          const query = queryOf(request);
          asked.set(request, { query, user: await identify(request, query) });
        } finally {
          // From here to the socket nothing is waited for but this turn's promises.
          settled?.();
        }
      },
      serve(ws, request) {
        // Listeners are attached before anything else happens: frames that came with the upgrade are in the buffer.
        const socket = new WsSocket(ws, request, flusher, options.frameBytes);
        const { query, user } = asked.get(request)!;
        const hello: Hello = {
          path: pathOf(request),
          query,
          subprotocol: ws.protocol === '' ? null : ws.protocol,
          user,
          tokenPresent: presentedToken(request.headers, query) !== null,
          peer: socket.peer,
          requestId: request.id,
        };
        const inbound = accept(socket, hello, request);
        socket.listen(inbound, watch);
        pings.add(socket);
        options.onAccepted({ connectionId: socket.id, hello });
      },
    };
  }

  function upgradeOf({ check, serve }: DirectRoute): Upgrade {
    return {
      serve,
      async check(request) {
        try {
          direct.refuseAgain(request.raw);
          await check(request);
        } catch (error) {
          options.onRejected(request, error);
          throw error;
        }
      },
    };
  }

  return {
    upgrade: (route) => upgradeOf(openingOf(route)),
    mount(url, route) {
      const opening = openingOf(route);
      const { check, serve } = upgradeOf(opening);
      if (!url.includes(':')) direct.add(url, opening);
      app.route({
        method: 'GET',
        url,
        // Sockets are no part of the HTTP description.
        schema: { hide: true } as object,
        preValidation: async (request) => {
          if (request.ws) await check(request);
        },
        handler: async () => {
          throw options.refusal('no-upgrade');
        },
        wsHandler: serve,
      });
    },
  };
}
