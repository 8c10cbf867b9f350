import { AppError, type User } from '@gongu/shared';
import type { FastifyRequest } from 'fastify';
import { isAdmin } from '../product/permission.ts';

/** Lets admins and services pass; says who it is, for the log. */
export function createRequireOperator(callerOf: (request: FastifyRequest) => Promise<User | 'service'>) {
  return async (request: FastifyRequest): Promise<string> => {
    const caller = await callerOf(request);
    if (caller === 'service') return 'service';
    if (!isAdmin(caller)) throw new AppError('FORBIDDEN', { detail: 'Only admins and services may do this' });
    return caller.userId;
  };
}
