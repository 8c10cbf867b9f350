import { AppError, type User } from '@gongu/shared';
import type { FastifyRequest } from 'fastify';
import { noteUser } from '../http/observe/request-log.ts';
import type { Auth } from './auth.ts';
import type { ShopKeys, ShopScope } from './shop-keys.ts';

/** The token of `Authorization: Bearer …`, without anything verified. */
export function bearerOf(request: Pick<FastifyRequest, 'headers'>): string | undefined {
  const match = /^Bearer +([^ ]+) *$/i.exec(request.headers.authorization ?? '');
  return match?.[1];
}

/** Who calls a route that people use. @throws AppError UNAUTHENTICATED, TOKEN_EXPIRED, FORBIDDEN (a service's token) */
export function requireUser(auth: Auth): (request: FastifyRequest) => Promise<User> {
  return oncePerRequest(async (request) => {
    const user = await auth.verifyUser(tokenOf(request));
    noteUser(request, user.userId);
    return user;
  });
}

/** Lets only services pass. @throws AppError UNAUTHENTICATED, TOKEN_EXPIRED, FORBIDDEN (a user's token) */
export function requireService(auth: Auth): (request: FastifyRequest) => Promise<void> {
  return oncePerRequest(async (request) => {
    await auth.verifyService(tokenOf(request));
    noteUser(request, 'service');
  });
}

/** Who of a service's callers are shops' back ends, and what these may do. */
export function createShopCallers(keys: ShopKeys) {
  return {
    /** Whether the request's token says that it is a back end's; unverified, to choose who is asked. */
    isKey(request: FastifyRequest): boolean {
      const token = bearerOf(request);
      return token !== undefined && keys.isOne(token);
    },

    /**
     * Lets only back ends pass that have the scope; without one, all of them.
     *
     * @throws AppError UNAUTHENTICATED, TOKEN_EXPIRED, FORBIDDEN
     */
    require:
      (scope?: ShopScope) =>
      async (request: FastifyRequest): Promise<void> => {
        await keys.verify(tokenOf(request), scope);
        noteUser(request, 'shop');
      },
  };
}
export type ShopCallers = ReturnType<typeof createShopCallers>;

/** Who calls a route that people and services use. @throws AppError UNAUTHENTICATED, TOKEN_EXPIRED */
export function requireEither(auth: Auth): (request: FastifyRequest) => Promise<User | 'service'> {
  const user = requireUser(auth);
  const service = requireService(auth);
  return async (request) => {
    if (!auth.isForService(tokenOf(request))) return user(request);
    await service(request);
    return 'service';
  };
}

/** A route asks before it validates and again when it works: the token is looked at once. */
function oncePerRequest<T>(ask: (request: FastifyRequest) => Promise<T>): (request: FastifyRequest) => Promise<T> {
  const asked = new WeakMap<FastifyRequest, Promise<T>>();
  return (request) => {
    const known = asked.get(request);
    if (known) return known;
    const answer = ask(request);
    asked.set(request, answer);
    return answer;
  };
}

function tokenOf(request: FastifyRequest): string {
  const token = bearerOf(request);
  if (token === undefined) throw new AppError('UNAUTHENTICATED', { detail: 'Send Authorization: Bearer <token>' });
  return token;
}
