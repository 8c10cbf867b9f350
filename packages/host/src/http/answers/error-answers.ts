import { AppError, type ErrorCode, problemOf } from '@gongu/shared';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import { isUnavailable } from '../../postgres/fate.ts';
import { isHushed } from '../observe/request-log.ts';
import { METHODS, noteAllowedMethods } from './allowed-methods.ts';

/** What a client waits after UNAVAILABLE, or UNKNOWN_OUTCOME, that names no time. */
const RETRY_MS = 1_000;

const NOT_NOW: ReadonlySet<ErrorCode> = new Set(['UNAVAILABLE', 'UNKNOWN_OUTCOME']);

/**
 * Every error, of whatever origin, becomes a problem body with a code of the one table. Before the first route: a path
 * that is there without the method is 405, of which only those that come later are known.
 */
export function answerErrors(app: FastifyInstance): void {
  const allowed = noteAllowedMethods(app);
  app.setErrorHandler((error, request, reply) => {
    const known = toAppError(error, request.routeOptions.bodyLimit);
    if (known.code === 'INTERNAL') {
      request.log.error({ method: request.method, route: request.routeOptions.url, err: error }, 'request failed');
    } else if (NOT_NOW.has(known.code) && !request.raw.destroyed && !isHushed(request)) {
      request.log.warn({ route: request.routeOptions.url, err: error }, 'request refused');
    }
    // Fastify would end the connection. A client that sends all it has said before it reads would see that, and no answer.
    const isSized = request.headers['content-length'] !== undefined;
    if (known.code === 'TOO_LARGE' && isSized) reply.removeHeader('connection');
    return sendProblem(request, reply, known);
  });
  const refusal = (request: FastifyRequest, reply: FastifyReply) => {
    const methods = allowed.of(request.url.split('?', 1)[0]!);
    const nobodys = !METHODS.includes(request.method);
    if (nobodys || (methods.length > 0 && !methods.includes(request.method))) {
      reply.header('allow', (methods.length > 0 ? methods : METHODS).join(', '));
      return new AppError('METHOD_NOT_ALLOWED');
    }
    return new AppError('NOT_FOUND', { detail: `No such route: ${request.method}` });
  };
  // Before the body: what nobody takes need not be of a type that somebody would. After CORS has set its headers.
  app.addHook('preParsing', async (request, reply) => {
    if (request.is404) throw refusal(request, reply);
  });
  app.setNotFoundHandler((request, reply) => sendProblem(request, reply, refusal(request, reply)));
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
export function problemHeaders(error: AppError): Record<string, string> {
  const headers: Record<string, string> = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' };
  // RFC 6750 §3
  if (error.status === 401) headers['www-authenticate'] = 'Bearer';
  const retryAfterMs = error.retryAfterMs ?? (NOT_NOW.has(error.code) ? RETRY_MS : undefined);
  if (retryAfterMs !== undefined) headers['retry-after'] = String(Math.max(1, Math.ceil(retryAfterMs / 1000)));
  return headers;
}

/**
 * `error` in the words of the table; what it does not know becomes INTERNAL, with the error as its cause.
 *
 * @param bodyLimit bytes that a body may have
 */
export function toAppError(error: unknown, bodyLimit?: number): AppError {
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
    if (statusCode === 413) {
      const limit =
        bodyLimit === undefined ? {} : { detail: `At most ${bodyLimit} bytes are taken`, maxBytes: bodyLimit };
      return new AppError('TOO_LARGE', { ...limit, cause: error });
    }
    if (statusCode === 429) return new AppError('RATE_LIMITED', { cause: error });
    return new AppError('VALIDATION_FAILED', { detail: String(message), cause: error });
  }
  return new AppError('INTERNAL', { cause: error });
}
