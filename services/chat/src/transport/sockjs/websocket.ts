import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { WebSocket } from 'ws';
import { offeredSubprotocols, presentedToken, realSubprotocols } from '../presented-token.ts';
import { pathOf, queryOf } from '../request-url.ts';
import { createRounds } from '../rounds.ts';
import type { Hello, Identity } from '../socket.ts';
import { textFrame } from '../ws-framing.ts';
import { WsSocket } from '../ws-socket.ts';
import { SockJsWebSocket } from './framed-socket.ts';
import { OPEN, quotedBytes } from './frames.ts';
import type { Mounted } from './mounted.ts';

const OPEN_FRAME = textFrame(OPEN);

/** The websocket transport, where a session is its socket, and the raw WebSocket, which has no framing at all. */
export function websocketRoutes(app: FastifyInstance, { options, others, identified, admitted }: Mounted): void {
  const { flusher } = options;
  const rounds = createRounds<SockJsWebSocket>({
    intervalMs: options.heartbeatMs,
    visit: (socket) => socket.heartbeat(),
    timers: options.clock,
  });
  app.addHook('onClose', async () => rounds.stop());
  // Between the check before the upgrade and the socket after it; gone with the request.
  const identities = new WeakMap<FastifyRequest, Identity | null>();

  async function check(request: FastifyRequest): Promise<void> {
    if (!request.ws) throw options.refusal('no-upgrade');
    const settled = admitted(request);
    try {
      await checkOne(request);
    } finally {
      settled();
    }
  }

  async function checkOne(request: FastifyRequest): Promise<void> {
    const offered = offeredSubprotocols(request.headers);
    if (offered.length > 0 && options.choose && options.choose(realSubprotocols(offered)) === null) {
      const error = options.refusal('subprotocol');
      options.onRejected(request, error);
      throw error;
    }
    identities.set(request, await identified(request));
  }

  function serve(ws: WebSocket, request: FastifyRequest, framed: boolean): void {
    const inner = new WsSocket(ws, request, flusher, framed ? quotedBytes(options.frameBytes) : options.frameBytes);
    const subprotocol = ws.protocol === '' ? null : ws.protocol;
    const path = pathOf(request);
    const raw = !framed || subprotocol !== null;
    const socket = new SockJsWebSocket(inner, {
      // A subprotocol is a client's word that it knows nothing of SockJS, which has none.
      raw,
      recognise: options.raw,
      onMismatch: (protocol) => options.onMismatch({ connectionId: inner.id, path, protocol }),
      frameBytes: options.frameBytes,
      ceilingBytes: options.ceilingBytes,
    });
    const user = identities.get(request) ?? null;
    const query = queryOf(request);
    const tokenPresent = presentedToken(request.headers, query) !== null;
    const { peer } = inner;
    const hello: Hello = { path, query, subprotocol, user, tokenPresent, peer, requestId: request.id };
    if (!raw) inner.write(OPEN_FRAME);
    const inbound = options.accept(socket, hello);
    socket.listen(inbound, {
      failed: (_id, error) => options.onFailure('socket', error),
      closed: () => rounds.delete(socket),
    });
    rounds.add(socket);
    options.onAccepted({ connectionId: socket.id, transport: raw ? 'raw' : 'websocket', hello });
  }

  for (const [url, framed] of [
    ['/websocket', false],
    ['/:server/:session/websocket', true],
  ] as const) {
    app.route({
      method: 'GET',
      url,
      config: { cors: false } as object,
      schema: { hide: true } as object,
      exposeHeadRoute: false,
      preValidation: check,
      // Never reached: `check` refuses what is no upgrade.
      handler: async (_, reply) => reply.callNotFound(),
      wsHandler: (ws, request) => serve(ws, request, framed),
    });
    others('GET', url);
  }
}
