import { traceOf } from '@gongu/host';
import { AppError, type User } from '@gongu/shared';
import type { FastifyRequest } from 'fastify';
import type { Caller } from '../product/caller.ts';
import { isAdmin } from '../product/permission.ts';

/** Verifies a request's token. */
export type UserOf = (request: FastifyRequest) => Promise<User>;

/** Who asks, and the marks of the request. @throws AppError UNAUTHENTICATED, TOKEN_EXPIRED, FORBIDDEN */
export async function callerOf(request: FastifyRequest, userOf: UserOf): Promise<Caller> {
  return { user: await userOf(request), trace: traceOf(request) };
}

/** Lets admins and services pass; says who it is, for the log. */
export function createRequireOperator(either: (request: FastifyRequest) => Promise<User | 'service'>) {
  return async (request: FastifyRequest): Promise<string> => {
    const caller = await either(request);
    if (caller === 'service') return 'service';
    if (!isAdmin(caller)) throw new AppError('FORBIDDEN', { detail: 'Only admins and services may do this' });
    return caller.userId;
  };
}
