import { type Http, OF_ONE_KIND, problems } from '@gongu/host';
import { AppError, Consistency } from '@gongu/shared';
import type { FastifyRequest } from 'fastify';
import type { Reconcile } from '../product/reconcile.ts';

export interface ConsistencyRoutesOptions {
  reconcile: Pick<Reconcile, 'look'>;
  /** @throws AppError FORBIDDEN for anybody but admins and services */
  requireOperator: (request: FastifyRequest) => Promise<string>;
}

/** Whether trade and chat say the same. For admins and services. */
export function consistencyRoutes(app: Http, { reconcile, requireOperator }: ConsistencyRoutesOptions): void {
  app.get(
    '/api/trade/consistency',
    {
      // Waits for chat, for most of its time.
      config: { queued: false },
      schema: {
        tags: ['operations'],
        security: [{ user: [] }, { service: [] }],
        operationId: 'getConsistency',
        summary: 'Compare products with their rooms, now, and change nothing',
        response: { 200: Consistency, ...problems(...OF_ONE_KIND) },
      },
    },
    async (request) => {
      await requireOperator(request);
      try {
        return await reconcile.look();
      } catch (cause) {
        throw new AppError('UNAVAILABLE', {
          detail: 'Chat or the database does not answer',
          retryAfterMs: 5_000,
          cause,
        });
      }
    },
  );
}
