import { LIMITS } from '@gongu/shared';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { createFlusher } from '../send-queue.ts';
import type { Hello, Identity } from '../socket.ts';
import { systemTimers } from '../timers.ts';
import { plainRefusal, type SockJsOptions } from './options.ts';
import { createLocalOwners } from './owners.ts';

/** What the routes of one mounted SockJS share. */
export interface Mounted {
  readonly options: ReturnType<typeof resolved>;
  /** A route with the OPTIONS and the refusals that belong to it. */
  route(method: 'GET' | 'POST', url: string, handler: Handler): void;
  /** Refuses all other methods than `method`. */
  others(method: 'GET' | 'POST', url: string): void;
  /** Who the request names; a refusal is told to `rejected` and thrown. */
  identified(request: FastifyRequest): Promise<Identity | null>;
  /** Takes a place for a new session. A refusal is told to `rejected` and thrown. */
  admitted(request: FastifyRequest): () => void;
}
export type Handler = (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>;

/** The options, with their defaults. */
export function resolved(options: SockJsOptions) {
  const frameBytes = options.frameBytes ?? LIMITS.frameBytes;
  const local = {
    owners: createLocalOwners(),
    fetch: () => Promise.reject(new Error('there are no other instances')),
    sign: () => '',
    verify: () => false,
  };
  return {
    ...options,
    identify: options.identify ?? (async () => null),
    admit: options.admit ?? (() => () => {}),
    addressOf: options.addressOf ?? (() => null),
    originAllowed: options.originAllowed ?? (() => true),
    refusal: options.refusal ?? plainRefusal,
    websocket: options.websocket ?? true,
    raw: options.raw ?? (() => null),
    jsessionid: options.jsessionid ?? false,
    responseLimitBytes: options.responseLimitBytes ?? 131_072,
    heartbeatMs: options.heartbeatMs ?? LIMITS.heartbeatMs,
    disconnectDelayMs: options.disconnectDelayMs ?? 5_000,
    frameBytes,
    bodyBytes: options.bodyBytes ?? frameBytes * 4,
    ceilingBytes: Math.max((options.sendQueueBytes ?? LIMITS.sendQueueBytes) * 8, options.leastCeilingBytes ?? 0),
    flusher: options.flusher ?? createFlusher(),
    clock: options.clock ?? systemTimers,
    instances: options.instances ?? local,
    onRejected: options.onRejected ?? (() => {}),
    onAccepted: options.onAccepted ?? ((_: { connectionId: string; hello: Hello }) => {}),
    onMismatch: options.onMismatch ?? (() => {}),
    onFailure: options.onFailure ?? (() => {}),
  };
}
