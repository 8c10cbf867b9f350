import type { Socket } from 'node:net';
import { AppError, problemOf } from '@gongu/shared';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import { isUnavailable } from '../../postgres/unavailable.ts';
import { isHushed } from '../observe/request-log.ts';
import { requestIdOf } from '../observe/trace.ts';

/** What a client waits after UNAVAILABLE. */
const RETRY_MS = 1_000;

/** Every error, of whatever origin, becomes a problem body with a code of the one table. */
export function answerErrors(app: FastifyInstance): void {
  app.setErrorHandler((error, request, reply) => {
    const known = toAppError(error);
    if (known.code === 'INTERNAL') {
      request.log.error({ method: request.method, route: request.routeOptions.url, err: error }, 'request failed');
    } else if (known.code === 'UNAVAILABLE' && !request.raw.destroyed && !isHushed(request)) {
      request.log.warn({ route: request.routeOptions.url, err: error }, 'request refused');
    }
    return sendProblem(request, reply, known);
  });
  app.setNotFoundHandler((request, reply) => {
    return sendProblem(request, reply, new AppError('NOT_FOUND', { detail: `No such route: ${request.method}` }));
  });
}

/** Sends `error` as `application/problem+json`. Also for answers outside the error handler, such as a refused upgrade. */
export function sendProblem(request: Pick<FastifyRequest, 'id'>, reply: FastifyReply, error: AppError): FastifyReply {
  for (const [name, value] of Object.entries(problemHeaders(error))) reply.header(name, value);
  return reply
    .code(error.status)
    .type('application/problem+json')
    .send(JSON.stringify(problemOf(error, request.id)));
}

/** Headers that belong to an error, beside its body. */
function problemHeaders(error: AppError): Record<string, string> {
  const headers: Record<string, string> = { 'cache-control': 'no-store' };
  // RFC 6750 §3
  if (error.status === 401) headers['www-authenticate'] = 'Bearer';
  const retryAfterMs = error.retryAfterMs ?? (error.code === 'UNAVAILABLE' ? RETRY_MS : undefined);
  if (retryAfterMs !== undefined) headers['retry-after'] = String(Math.max(1, Math.ceil(retryAfterMs / 1000)));
  return headers;
}

/** `error` in the words of the table; what it does not know becomes INTERNAL, with the error as its cause. */
export function toAppError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  if (hasZodFastifySchemaValidationErrors(error)) {
    const errors = error.validation.slice(0, 20).map(({ instancePath, message }) => ({
      path: instancePath.split('/').filter(Boolean).join('.'),
      message: message ?? 'is not valid',
    }));
    return new AppError('VALIDATION_FAILED', { errors });
  }
  const { statusCode, message } = error as { statusCode?: unknown; message?: unknown };
  if (isUnavailable(error)) return new AppError('UNAVAILABLE', { retryAfterMs: RETRY_MS, cause: error });
  if (typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500) {
    // Fastify's own: broken or empty JSON, an unknown media type, a bad URL. Their messages quote nothing secret.
    if (statusCode === 404) return new AppError('NOT_FOUND', { cause: error });
    if (statusCode === 413) return new AppError('TOO_LARGE', { cause: error });
    if (statusCode === 429) return new AppError('RATE_LIMITED', { cause: error });
    return new AppError('VALIDATION_FAILED', { detail: String(message), cause: error });
  }
  return new AppError('INTERNAL', { cause: error });
}

/** Answers what Node could not read as HTTP: there is no request yet, only a socket. */
export function answerBrokenRequest(error: Error & { code?: string }, socket: Socket): void {
  if (error.code !== 'ECONNRESET' && socket.writable) {
    const problem =
      error.code === 'HPE_HEADER_OVERFLOW'
        ? new AppError('TOO_LARGE', { detail: 'The headers are too large' })
        : new AppError('VALIDATION_FAILED', {
            detail: error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 'The request took too long' : 'This is not HTTP',
          });
    const requestId = requestIdOf({ headers: {} });
    const body = JSON.stringify(problemOf(problem, requestId));
    const headers = {
      ...problemHeaders(problem),
      'content-type': 'application/problem+json',
      'content-length': String(Buffer.byteLength(body)),
      'x-request-id': requestId,
      connection: 'close',
    };
    const head = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    socket.write(`HTTP/1.1 ${problem.status} ${problemOf(problem).title}\r\n${head.join('')}\r\n${body}`);
  }
  socket.destroySoon();
}
