import { traceOf } from '@gongu/host';
import type { User } from '@gongu/shared';
import type { FastifyRequest } from 'fastify';
import type { Caller } from '../product/ports/caller.ts';

/** Verifies a request's token. */
export type UserOf = (request: FastifyRequest) => Promise<User>;

/** Who asks, and the marks of the request. @throws AppError UNAUTHENTICATED, TOKEN_EXPIRED, FORBIDDEN */
export async function callerOf(request: FastifyRequest, userOf: UserOf): Promise<Caller> {
  return { user: await userOf(request), trace: traceOf(request) };
}
