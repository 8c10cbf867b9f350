import type { FastifyInstance, FastifyReply, FastifyRequest, HTTPMethods } from 'fastify';
import { queryOf } from '../request-url.ts';
import { allowOrigin, answerOptions, neverCache } from './headers.ts';
import { type Mounted, resolved } from './mounted.ts';
import type { SockJsOptions } from './options.ts';
import { pollingRoutes } from './polling.ts';
import { websocketRoutes } from './websocket.ts';

const METHODS: readonly HTTPMethods[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'];

/**
 * SockJS 0.3.3 under a prefix: greeting, info, websocket and raw websocket, xhr, xhr_streaming, eventsource. Knows no
 * protocol; each session is a `Socket` for `accept`. What no current browser can use (htmlfile, jsonp, iframes) is 404.
 * Register it with `{ prefix: '/any/path', accept, … }`; two of them in one process share nothing.
 */
export async function sockjs(app: FastifyInstance, given: SockJsOptions): Promise<void> {
  const options = resolved(given);
  if (options.websocket && !app.hasDecorator('websocketServer')) {
    throw new Error('SockJS with websocket needs @fastify/websocket to be registered before it');
  }
  const unlisted = { config: { cors: false } as object, schema: { hide: true } as object, exposeHeadRoute: false };

  const mounted: Mounted = {
    options,
    route(method, url, handler) {
      app.route({ ...unlisted, method, url, handler });
      app.route({
        ...unlisted,
        method: 'OPTIONS',
        url,
        handler: async (request, reply) => answerOptions(request, reply, method, new Date()),
      });
      mounted.others(method, url);
    },
    others(method, url) {
      const rest = METHODS.filter((each) => each !== method);
      const refuse = async (_: FastifyRequest, reply: FastifyReply) =>
        reply.code(405).header('allow', `${method}, OPTIONS`).send();
      // Before the handler: an upgrade by another method than GET never gets there.
      const config = { ...unlisted.config, refuses: true };
      app.route({ ...unlisted, config, method: rest as HTTPMethods[], url, preParsing: refuse, handler: refuse });
    },
    async identified(request) {
      try {
        return await options.identify(request, queryOf(request));
      } catch (error) {
        options.onRejected(request, error);
        throw error;
      }
    },
    admitted(request) {
      try {
        return options.admit();
      } catch (error) {
        options.onRejected(request, error);
        throw error;
      }
    },
  };

  app.addHook('onRequest', async (request, reply) => {
    if (!isNamed(request)) return reply.callNotFound();
    if (!options.originAllowed(request.headers.origin)) {
      const error = options.refusal('origin');
      options.onRejected(request, error);
      throw error;
    }
    allowOrigin(request, reply);
    // Clients call a body text/plain, application/xml, "T" or nothing; what it is doesn't depend on that.
    if (request.method === 'POST') request.raw.headers['content-type'] = 'text/plain';
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('text/plain', { parseAs: 'buffer', bodyLimit: options.bodyBytes }, (_, body, done) => {
    done(null, body);
  });

  const { base } = options;
  app.route({
    ...unlisted,
    method: 'GET',
    url: '/',
    preValidation: async (request) => {
      if (!request.ws) return;
      if (!base) throw options.refusal('no-upgrade');
      await base.check?.(request);
    },
    handler: async (_, reply) => {
      reply.header('content-type', 'text/plain; charset=UTF-8');
      return 'Welcome to SockJS!\n';
    },
    ...(base && options.websocket ? { wsHandler: base.serve } : {}),
  });
  mounted.route('GET', '/info', async (_, reply) => {
    neverCache(reply);
    reply.header('content-type', 'application/json; charset=UTF-8');
    return JSON.stringify({
      websocket: options.websocket,
      cookie_needed: options.jsessionid,
      origins: ['*:*'],
      entropy: crypto.getRandomValues(new Uint32Array(1))[0],
      ...(options.baseUrl === undefined ? {} : { base_url: options.baseUrl }),
    });
  });
  if (options.websocket) websocketRoutes(app, mounted);
  pollingRoutes(app, mounted);
}

/** Whether the server and session of a URL, if it has them, are what they may be: any text without a dot. */
function isNamed(request: FastifyRequest): boolean {
  const { server = '-', session = '-' } = request.params as { server?: string; session?: string };
  return /^[^.]+$/.test(server) && /^[^.]+$/.test(session);
}
