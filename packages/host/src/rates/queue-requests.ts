import type { FastifyInstance, FastifyReply, FastifyRequest, RouteHandlerMethod } from 'fastify';
import { hush } from '../http/observe/request-log.ts';
import { type FairQueue, WaitedInVain } from './fair-queue.ts';
import { turnKey } from './turn-key.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /**
     * Whether the route takes its turn at PostgreSQL, or another queue that it takes its turn in. Default: what `/openapi.json`
     * describes does, but for services' routes.
     */
    queued?: boolean | FairQueue;
  }
}

/**
 * Has requests answered in turn, one of each address, where there are more than PostgreSQL's connections: of the routes
 * that are registered from here on, and only while the answer is made, not while it is sent. One whose client has gone
 * leaves.
 */
export function queueRequests(app: FastifyInstance, queue: FairQueue): void {
  app.addHook('onRoute', (route) => {
    const config = route.config as { queued?: boolean | FairQueue } | undefined;
    const { operationId, security } = (route.schema ?? {}) as { operationId?: string; security?: object[] };
    const ofUsers = operationId !== undefined && (security?.some((one) => !('service' in one)) ?? true);
    const asked = config?.queued ?? ofUsers;
    if (asked) route.handler = inTurn(route.handler, asked === true ? queue : asked);
  });
}

function inTurn(handler: RouteHandlerMethod, queue: FairQueue): RouteHandlerMethod {
  return async function (this: FastifyInstance, request: FastifyRequest, reply: FastifyReply) {
    const asking = {
      key: () => turnKey(request.ip),
      onGone: (leave: () => void) => void (reply.raw.destroyed ? leave() : reply.raw.once('close', leave)),
    };
    try {
      return await queue.run(asking, () => handler.call(this, request, reply) as Promise<unknown>);
    } catch (error) {
      // There may be thousands, and a number tells of them.
      if (error instanceof WaitedInVain) hush(request);
      throw error;
    }
  };
}
