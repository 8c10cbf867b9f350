import { type Http, OF_ONE_KIND, OF_WRITER, problems } from '@gongu/host';
import { AnonymousTokenAnswer, AnonymousTokenRequest, AppError, TicketAnswer, type User } from '@gongu/shared';
import type { FastifyRequest } from 'fastify';
import type { z } from 'zod';

export interface TokenRoutesOptions {
  /** False: the route of anonymous identities is closed. */
  readonly anonymousAccess: boolean;
  readonly user: (request: FastifyRequest) => Promise<User>;
  /** The same token when it is valid, a renewed one of the same identity when it has expired, else a new identity. */
  readonly anonymous: (token: string | null) => Promise<z.output<typeof AnonymousTokenAnswer>>;
  readonly ticket: (user: User) => Promise<z.output<typeof TicketAnswer>>;
}

/** Identities without an account, and one-time tickets for connecting. */
export function tokenRoutes(app: Http, deps: TokenRoutesOptions): void {
  app.post(
    '/api/chat/tokens/anonymous',
    {
      config: { rate: 'identity' },
      schema: {
        tags: ['tokens'],
        operationId: 'createAnonymousToken',
        summary: 'An anonymous identity: kept, renewed or new',
        body: AnonymousTokenRequest.nullish(),
        response: {
          200: AnonymousTokenAnswer,
          ...problems(...OF_WRITER, 'ANONYMOUS_NOT_ALLOWED', 'TOKEN_REVOKED', 'BLOCKED', 'RATE_LIMITED'),
        },
      },
    },
    async (request) => {
      if (!deps.anonymousAccess) throw new AppError('ANONYMOUS_NOT_ALLOWED', { detail: 'An account is needed here' });
      return deps.anonymous(request.body?.token ?? null);
    },
  );

  app.post(
    '/api/chat/tickets',
    {
      schema: {
        tags: ['tokens'],
        security: [{ user: [] }],
        operationId: 'createTicket',
        summary: 'A ticket that opens one connection within 30 seconds',
        response: { 201: TicketAnswer, ...problems(...OF_ONE_KIND, ...OF_WRITER, 'RATE_LIMITED') },
      },
    },
    async (request, reply) => reply.status(201).send(await deps.ticket(await deps.user(request))),
  );
}
