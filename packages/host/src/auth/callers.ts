import { AppError, type User } from '@gongu/shared';
import type { FastifyRequest } from 'fastify';
import { noteUser } from '../http/request-log.ts';
import type { Auth } from './auth.ts';

/** The token of `Authorization: Bearer …`, without anything verified. */
export function bearerOf(request: Pick<FastifyRequest, 'headers'>): string | undefined {
  const match = /^Bearer +([^ ]+) *$/i.exec(request.headers.authorization ?? '');
  return match?.[1];
}

/** Who calls a route that people use. @throws AppError UNAUTHENTICATED, TOKEN_EXPIRED, FORBIDDEN (a service's token) */
export function requireUser(auth: Auth): (request: FastifyRequest) => Promise<User> {
  return async (request) => {
    const user = await auth.verifyUser(tokenOf(request));
    noteUser(request, user.userId);
    return user;
  };
}

/** Lets only services pass. @throws AppError UNAUTHENTICATED, TOKEN_EXPIRED, FORBIDDEN (a user's token) */
export function requireService(auth: Auth): (request: FastifyRequest) => Promise<void> {
  return async (request) => {
    await auth.verifyService(tokenOf(request));
    noteUser(request, 'service');
  };
}

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

function tokenOf(request: FastifyRequest): string {
  const token = bearerOf(request);
  if (token === undefined) throw new AppError('UNAUTHENTICATED', { detail: 'Send Authorization: Bearer <token>' });
  return token;
}
