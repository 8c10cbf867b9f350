import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { FastifyRequest } from 'fastify';

/** What ties the log lines of several services to one request. */
export interface Trace {
  requestId: string;
  /** W3C Trace Context, as it came. */
  traceparent?: string;
}

const REQUEST_ID = /^[A-Za-z0-9._-]{1,128}$/;
const TRACEPARENT = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

/** The caller's `x-request-id` where it is well formed, else a new one. */
export function requestIdOf(request: Pick<IncomingMessage, 'headers'>): string {
  const given = request.headers['x-request-id'];
  return typeof given === 'string' && REQUEST_ID.test(given) ? given : randomUUID();
}

/** The trace to pass on to another service. */
export function traceOf(request: Pick<FastifyRequest, 'id' | 'headers'>): Trace {
  const { traceparent } = request.headers;
  return typeof traceparent === 'string' && TRACEPARENT.test(traceparent)
    ? { requestId: request.id, traceparent }
    : { requestId: request.id };
}

/** `trace` as headers of a request to another service. */
export function traceHeaders({ requestId, traceparent }: Trace): Record<string, string> {
  return { 'x-request-id': requestId, ...(traceparent === undefined ? {} : { traceparent }) };
}
