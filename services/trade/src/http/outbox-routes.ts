import { type Http, noContent, OF_ONE_KIND, problems } from '@gongu/host';
import { AppError, ListQuery, type OutboxItem, OutboxStatus } from '@gongu/shared';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { pageOf } from '../product/page.ts';
import { numberCursor } from './cursor.ts';
import { OF_ACCOUNT } from './refusals.ts';

/** The outbox as an operator sees it. */
export interface OutboxView {
  backlog(): Promise<Omit<OutboxStatus, 'items' | 'nextCursor'>>;
  /** Oldest first; one more than `limit` where there is more. */
  items(after: string | null, limit: number, parkedOnly: boolean): Promise<OutboxItem[]>;
  /** False: no such parked entry. */
  unpark(id: string, decision: 'retry' | 'discard'): Promise<boolean>;
}

export interface OutboxRoutesOptions {
  outbox: OutboxView;
  /** An entry may be delivered again. */
  wake: () => void;
  /** @throws AppError FORBIDDEN for anybody but admins and services */
  requireOperator: (request: FastifyRequest) => Promise<string>;
}

const OPERATORS: Record<string, string[]>[] = [{ user: [] }, { service: [] }];
const cursor = numberCursor('outbox');
const EntryPath = z.object({ id: z.string().regex(/^[1-9]\d{0,17}$/, { error: 'must be the id of an outbox entry' }) });

/** What chat has not taken yet, and what to do with an entry that it refused. For admins and services. */
export function outboxRoutes(app: Http, { outbox, wake, requireOperator }: OutboxRoutesOptions): void {
  app.get(
    '/api/trade/outbox',
    {
      schema: {
        tags: ['operations'],
        security: OPERATORS,
        operationId: 'getOutbox',
        summary: 'Depth, age and entries of the outbox',
        querystring: ListQuery.extend({
          parked: z.enum(['true', 'false']).default('false').meta({ description: 'only parked entries' }),
        }),
        response: { 200: OutboxStatus, ...problems(...OF_ONE_KIND) },
      },
    },
    async (request) => {
      await requireOperator(request);
      const { limit, parked, cursor: text } = request.query;
      const rows = await outbox.items(cursor.decode(text, parked), limit, parked === 'true');
      const { items, next } = pageOf(rows, limit, (last) => last.id);
      return { ...(await outbox.backlog()), items, nextCursor: cursor.encode(next, parked) };
    },
  );

  const decision = (operationId: string, summary: string) => ({
    schema: {
      tags: ['operations'],
      security: OPERATORS,
      operationId,
      summary,
      params: EntryPath,
      response: { 204: noContent, ...problems(...OF_ACCOUNT, 'NOT_FOUND') },
    },
  });

  app.route({
    method: 'POST',
    url: '/api/trade/outbox/:id/retry',
    ...decision('retryOutboxEntry', 'Deliver a parked entry again'),
    handler: (request, reply) => decide(request, request.params.id, 'retry', reply),
  });

  app.route({
    method: 'POST',
    url: '/api/trade/outbox/:id/discard',
    ...decision('discardOutboxEntry', 'Give a parked entry up, so that its room goes on'),
    handler: (request, reply) => decide(request, request.params.id, 'discard', reply),
  });

  async function decide(request: FastifyRequest, id: string, what: 'retry' | 'discard', reply: FastifyReply) {
    const by = await requireOperator(request);
    if (!(await outbox.unpark(id, what))) throw new AppError('NOT_FOUND', { detail: 'There is no such parked entry' });
    request.log.warn({ outboxId: id, decision: what, by }, 'a parked outbox entry was decided on');
    wake();
    return reply.code(204).send();
  }
}
