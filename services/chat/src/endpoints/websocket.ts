import type { Logger } from '@gongu/host';
import type { FastifyInstance } from 'fastify';
import type { ChatEnv } from '../env.ts';
import type { Flusher } from '../transport/send-queue.ts';
import { quotedBytes } from '../transport/sockjs/frames.ts';
import { registerWebSocket, type WebSockets } from '../transport/websocket.ts';
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
    choose: accept.choose,
    refusal: accept.refusal,
    admit: admission.enter,
    rejected: handshakes.rejected,
    accepted: handshakes.accepted,
    failed: (connectionId, error) => log.debug({ connectionId, err: error }, 'socket error'),
  });
  websockets.mount('/ws', { identify: accept.identify, accept: accept.openAny });
  return websockets;
}
