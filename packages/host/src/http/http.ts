import { isUtf8 } from 'node:buffer';
import cors from '@fastify/cors';
import { AppError } from '@gongu/shared';
import Fastify, {
  errorCodes,
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type FastifySerializerCompiler,
  LogController,
  type RawReplyDefaultExpression,
  type RawRequestDefaultExpression,
  type RawServerDefault,
} from 'fastify';
import { validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Logger } from '../log.ts';
import { compressJson } from './answers/compress-json.ts';
import { answerErrors, sendProblem, toAppError } from './answers/error-answers.ts';
import { answerBrokenRequest, answerRefused } from './answers/raw-answers.ts';
import { endConnections } from './end-connections.ts';
import { faultOfHead } from './fault-of-head.ts';
import { readForwardedFor } from './forwarded-for.ts';
import { logRequests } from './observe/request-log.ts';
import { requestIdOf } from './observe/trace.ts';
import { type AllowedOrigins, isOriginAllowed } from './origins.ts';
import { ComingBodies } from './server/coming-bodies.ts';
import { HttpServer } from './server/http-server.ts';
import { guardTexts } from './text-guard.ts';

/** A Fastify instance whose route schemas are zod's. */
export type Http = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  ZodTypeProvider
>;

/** How a service calls itself in its documentation. */
export interface ServiceInfo {
  name: string;
  description: string;
  version: string;
}

declare module 'fastify' {
  interface FastifyInstance {
    serviceInfo: ServiceInfo;
  }
  interface FastifyContextConfig {
    /** The body is not kept in memory until all of it has come. */
    passesBodyOn?: boolean;
  }
}

export interface HttpOptions {
  log: Logger;
  service: ServiceInfo;
  /** Whose `X-Forwarded-For` is believed: `envFields.trustProxy`. @default false */
  trustProxy?: boolean | string[];
  allowedOrigins: AllowedOrigins;
  /** Largest body. @default 262_144 // 256 KiB */
  bodyLimitBytes?: number;
  /** Time for the head of a request, and for its body, which has a second more for each 16 KiB that have come. @default 30_000 */
  requestTimeoutMs?: number;
  /** Time for which a client may take nothing of the answer that waits for it; then its connection ends. @default 30_000 */
  sendTimeoutMs?: number;
  /** Bytes of answers that may wait for all clients together; then the costliest connections end. 0 = any number. @default 0 */
  unreadBytes?: number;
  /** Bytes of bodies that may be kept until the rest has come, of all clients together; then the costliest requests end. 0 = any number. @default 0 */
  comingBytes?: number;
  /** Connections at once, of whatever use; 0 = any number. Further ones get 503. @default 0 */
  maxConnections?: number;
  /** WebSockets are taken by a listener to `upgrade`. Without, every upgrade is an ordinary request. @default false */
  webSockets?: boolean;
  /** Whether the service is about to go: each answer is its connection's last one then. @default never */
  draining?: () => boolean;
  /** Compare each answer with its schema; for tests. @default false */
  checkAnswers?: boolean;
}

/** Headers of an answer that a script of another origin may read. */
const EXPOSED = ['Location', 'ETag', 'x-request-id', 'Retry-After', 'Idempotent-Replayed', 'Date'];
const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * A Fastify instance without routes: zod schemas, request ids, CORS, problem bodies for every error, one log line per
 * request. For the documentation, `await registerDocs(app)` before the first route.
 */
export function createHttp(options: HttpOptions): Http {
  const { log, service, trustProxy = false, allowedOrigins, checkAnswers = false, webSockets = false } = options;
  const { draining = () => false } = options;
  let closing = false;
  let server: HttpServer | undefined;
  const app: FastifyInstance = Fastify<RawServerDefault>({
    serverFactory(handle) {
      server = new HttpServer({
        handle,
        requestTimeoutMs: options.requestTimeoutMs ?? 30_000,
        // Longer than a balancer keeps idle connections (60 s is usual), so that it never reuses one we are closing.
        keepAliveMs: 72_000,
        sendTimeoutMs: options.sendTimeoutMs ?? 30_000,
        unreadBytes: options.unreadBytes ?? 0,
        maxConnections: options.maxConnections ?? 0,
        takesWebSockets: () => webSockets && !closing,
        isEnding: () => closing || draining(),
        refuse: answerRefused,
      });
      return server;
    },
    loggerInstance: log as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'requestId' }),
    trustProxy,
    bodyLimit: options.bodyLimitBytes ?? 262_144,
    genReqId: requestIdOf,
    requestIdHeader: false,
    onProtoPoisoning: 'error',
    onConstructorPoisoning: 'error',
    return503OnClosing: false, // ours below is a problem body
    routerOptions: { maxParamLength: 4_000 }, // a user id of 255 emoji is 3,060, percent-encoded
    clientErrorHandler: answerBrokenRequest,
    frameworkErrors: (error, request, reply) => {
      reply.header('x-request-id', request.id);
      endAfterUpgrade(request, reply);
      sendProblem(request, reply, toAppError(error));
      // Node has given an upgrade's connection away, and no hook runs for a path that can't be read.
      if (isUpgrade(request)) reply.raw.once('finish', () => request.raw.socket.destroySoon());
    },
  });

  app.decorate('serviceInfo', service);
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(createSerializerCompiler(checkAnswers));
  takeJson(app);
  const coming = new ComingBodies({
    mostBytes: options.comingBytes ?? 0,
    now: () => performance.now(),
    end: ({ socket }) => server!.endLate(socket),
  });
  app.addHook('preParsing', async ({ raw, routeOptions }) => {
    if (!routeOptions.config.passesBodyOn) coming.note(raw);
  });
  // JSON only: a page of another origin could send a text body without asking first.
  app.removeContentTypeParser('text/plain');

  if (trustProxy) readForwardedFor(app);

  app.addHook('preClose', async () => {
    closing = true;
  });
  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id);
    // What a route says itself goes before: entity tags are of use only to who may keep what they are of.
    reply.headers({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' });
    endAfterUpgrade(request, reply);
    if (closing) throw new AppError('UNAVAILABLE', { detail: 'The service is stopping' });
    // RFC 9110 §14.5: a part would be taken for the whole.
    if (request.method === 'PUT' && request.headers['content-range'] !== undefined) {
      throw new AppError('VALIDATION_FAILED', { detail: 'Content-Range must not be there: what is PUT is a whole' });
    }
    const fault = faultOfHead(request.raw);
    if (!fault) return;
    // Nobody knows what else it got wrong, or whether a body follows.
    reply.header('connection', 'close');
    throw fault;
  });

  app.register(cors, {
    origin: (origin, callback) => callback(null, isOriginAllowed(origin, allowedOrigins) ? allowedValue() : false),
    methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
    exposedHeaders: EXPOSED,
    maxAge: 600,
    strictPreflight: false,
  });
  const allowedValue = () => (allowedOrigins === '*' ? '*' : true); // true: the request's own origin
  app.addHook('onRequest', async (request) => {
    if (SAFE_METHODS.has(request.method) || isOriginAllowed(request.headers.origin, allowedOrigins)) return;
    throw new AppError('ORIGIN_NOT_ALLOWED');
  });

  endConnections(app, server!);
  logRequests(app);
  guardTexts(app);
  answerErrors(app);
  compressJson(app);
  return app.withTypeProvider<ZodTypeProvider>();
}

const BYTE_ORDER_MARK = Buffer.from('\ufeff');

/**
 * Bodies of JSON, in UTF-8. An empty one is no body, whatever the header says: many clients send `Content-Type` with every
 * request. Where a body is needed, its schema says so. Fastify's parser ignores a byte order mark, as RFC 8259 §8.1 has it.
 */
function takeJson(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error');
  app.removeContentTypeParser('application/json');
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    const bytes = body as Buffer;
    if (bytes.length === 0 || bytes.equals(BYTE_ORDER_MARK)) done(null, undefined);
    // It would be stored with other characters in the place of its own.
    else if (!isUtf8(bytes)) done(new AppError('VALIDATION_FAILED', { detail: 'The body is not UTF-8' }));
    else void parse(request, bytes.toString(), done);
  });
  // Whether there is a body of a type that nobody takes, only its first byte can tell.
  app.addContentTypeParser('*', (_request, payload, done) => {
    payload.once('data', () => done(new errorCodes.FST_ERR_CTP_INVALID_MEDIA_TYPE()));
    payload.once('end', () => done(null, undefined));
    payload.once('error', done);
  });
  // Of a type that nobody takes, too, or of none: `curl -d ''` calls nothing a form.
  app.addHook('preParsing', async ({ server, raw: { headers } }) => {
    const { 'transfer-encoding': encoding, 'content-length': length = '0', 'content-type': type = '' } = headers;
    const isTaken = () => server.hasContentTypeParser(type.split(';', 1)[0]!.trim().toLowerCase());
    if (encoding === undefined ? Number(length) === 0 : !isTaken()) delete headers['content-type'];
  });
}

/** An upgrade that is refused has its connection ended with the answer, and says so. Others have lost that header. */
function endAfterUpgrade(request: FastifyRequest, reply: FastifyReply): void {
  if (isUpgrade(request)) reply.header('connection', 'close');
}

function isUpgrade({ headers, method }: FastifyRequest): boolean {
  return headers.upgrade === 'websocket' && method === 'GET';
}

/**
 * Answers are written as they are. Their schemas describe them (OpenAPI); they neither cut fields off nor refuse an
 * answer that a newer or older row has made a little different, and they cost nothing on the hot path.
 *
 * @param check true: compare each answer with its schema and throw on a difference. For tests: it keeps the
 *   documentation true.
 */
function createSerializerCompiler(check: boolean): FastifySerializerCompiler<unknown> {
  return ({ schema, method, url, httpStatus }) =>
    (data) => {
      if (check && schema instanceof z.core.$ZodType) {
        const { error } = z.core.safeParse(schema, data);
        if (error) {
          throw new Error(
            `${method} ${url} gave a ${httpStatus} that its schema does not allow: ${z.prettifyError(error)}`,
          );
        }
      }
      return JSON.stringify(data);
    };
}
