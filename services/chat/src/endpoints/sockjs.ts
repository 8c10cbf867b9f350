import { clientAddress, isOriginAllowed } from '@gongu/host';
import { AppError } from '@gongu/shared';
import type { FastifyInstance } from 'fastify';
import type { BaseSocket, InstanceOptions, Refused } from '../transport/sockjs/options.ts';
import { sockjs } from '../transport/sockjs/plugin.ts';
import type { Accept } from './accept.ts';
import type { createIdentify } from './identify.ts';
import type { WebSocketEndpointOptions } from './websocket.ts';

/**
 * A recovery has 2 MiB of text, and each byte may take seven on SockJS's wire: a control character, escaped twice. A
 * session that its own recovery ended could never come back.
 */
const RECOVERY_CEILING_BYTES = 16 * 1024 * 1024;

export interface SockJsEndpointOptions extends WebSocketEndpointOptions {
  readonly identify: ReturnType<typeof createIdentify>;
  /** How sessions are found that are at other instances. Default: there are none. */
  readonly instances?: InstanceOptions | undefined;
}

/** SockJS under a prefix. `base`: what takes a WebSocket on the prefix itself, which is none of SockJS's. */
export async function registerSockJsEndpoint(
  app: FastifyInstance,
  prefix: string,
  { env, log, accept, admission, handshakes, flusher, identify, instances }: SockJsEndpointOptions,
  base?: BaseSocket,
): Promise<void> {
  await app.register(sockjs, {
    prefix,
    accept: accept.openAny,
    identify: (request, query) => identify.upgrade(request, query),
    // Of a client that a trusted proxy tells of: the nodes of a balancer have addresses of their own.
    addressOf: (request) => ((request.ips?.length ?? 0) > 1 ? clientAddress(request) : null),
    originAllowed: (origin) => isOriginAllowed(origin, env.ALLOWED_ORIGINS),
    refusal: (why) => refusalOf(why, accept),
    choose: accept.choose,
    raw: accept.sniff,
    ...(base ? { base } : {}),
    frameBytes: env.MAX_FRAME_BYTES,
    heartbeatMs: env.HEARTBEAT_MS,
    flusher,
    sendQueueBytes: env.SEND_QUEUE_BYTES,
    leastCeilingBytes: RECOVERY_CEILING_BYTES,
    ...(instances ? { instances } : {}),
    admit: admission.enter,
    onRejected: handshakes.rejected,
    onAccepted: handshakes.accepted,
    onMismatch: (fields) => log.warn({ event: 'framing.mismatch', ...fields }, 'a client without SockJS framing'),
    onFailure: (what, error) => log.debug({ what, err: error }, 'SockJS failed'),
  });
}

function refusalOf(why: Refused, accept: Accept): Error {
  if (why === 'origin') return new AppError('ORIGIN_NOT_ALLOWED');
  if (why === 'user') return new AppError('FORBIDDEN', { detail: 'The session belongs to somebody else' });
  if (why === 'hop') return new AppError('FORBIDDEN', { detail: 'Not an instance of this service' });
  return accept.refusal(why);
}
