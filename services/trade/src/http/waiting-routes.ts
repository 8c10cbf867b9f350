import { type Http, noContent, OF_ONE_KIND, problems } from '@gongu/host';
import { CreateParticipation, WaitingPlace } from '@gongu/shared';
import type { WaitingLists } from '../product/waiting.ts';
import { callerOf, type UserOf } from './caller.ts';
import { ProductPath } from './product-path.ts';
import { OF_ACCOUNT } from './refusals.ts';

export interface WaitingRoutesOptions {
  waiting: WaitingLists;
  userOf: UserOf;
}

/** Waiting for a place of a product that has none left. */
export function waitingRoutes(app: Http, { waiting, userOf }: WaitingRoutesOptions): void {
  app.post(
    '/api/products/:id/waiting',
    {
      schema: {
        tags: ['participations'],
        security: [{ user: [] }],
        operationId: 'joinWaitingList',
        summary: 'Wait for a place: the first who waits gets the first that is free',
        params: ProductPath,
        body: CreateParticipation.nullish(),
        response: {
          201: WaitingPlace,
          ...problems(
            ...OF_ACCOUNT,
            'SELLER_CANNOT_BUY',
            'NOT_FOUND',
            'ALREADY_PARTICIPATING',
            'ALREADY_WAITING',
            'CAP_REACHED',
            'DEADLINE_PASSED',
            'NOT_RECRUITING',
            'CONFLICT',
          ),
        },
      },
    },
    async (request, reply) => {
      const caller = await callerOf(request, userOf);
      const { id } = request.params;
      const place = await waiting.join(caller, id, request.body?.quantity ?? 1);
      reply.code(201).header('Location', `/api/products/${id}/waiting/me`);
      return place;
    },
  );

  app.get(
    '/api/products/:id/waiting/me',
    {
      schema: {
        tags: ['participations'],
        security: [{ user: [] }],
        operationId: 'getMyWaitingPlace',
        summary: "The caller's place on the waiting list",
        params: ProductPath,
        response: { 200: WaitingPlace, ...problems(...OF_ONE_KIND, 'NOT_FOUND') },
      },
    },
    async (request) => waiting.mine(await callerOf(request, userOf), request.params.id),
  );

  app.delete(
    '/api/products/:id/waiting/me',
    {
      schema: {
        tags: ['participations'],
        security: [{ user: [] }],
        operationId: 'leaveWaitingList',
        summary: 'Wait no longer',
        params: ProductPath,
        response: { 204: noContent, ...problems(...OF_ACCOUNT, 'NOT_FOUND') },
      },
    },
    async (request, reply) => {
      await waiting.leave(await callerOf(request, userOf), request.params.id);
      return reply.code(204).send();
    },
  );
}
