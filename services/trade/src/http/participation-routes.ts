import { type Http, noContent, OF_ONE_KIND, problems } from '@gongu/host';
import {
  Buyer,
  ChangeParticipation,
  CreateParticipation,
  ListQuery,
  listOf,
  Participation,
  PaymentStatus,
  Purchase,
} from '@gongu/shared';
import type { Participations } from '../product/participation.ts';
import { callerOf, type UserOf } from './caller.ts';
import { positionCursor } from './cursor.ts';
import { ProductPath } from './product-path.ts';
import { OF_ACCOUNT } from './refusals.ts';
import { RepeatableHeaders, repeatableOf, unwrap } from './repeatable.ts';

export interface ParticipationRoutesOptions {
  participations: Participations;
  userOf: UserOf;
}

const buyersCursor = positionCursor('buyers');
const purchasesCursor = positionCursor('purchases');

const BuyerList = listOf(Buyer).meta({ id: 'BuyerList' });
const PurchaseList = listOf(Purchase).meta({ id: 'PurchaseList' });

/** Purchases: join, change, withdraw, the seller's and the buyer's lists. */
export function participationRoutes(app: Http, { participations, userOf }: ParticipationRoutesOptions): void {
  app.post(
    '/api/products/:id/participations',
    {
      schema: {
        tags: ['participations'],
        security: [{ user: [] }],
        operationId: 'createParticipation',
        summary: 'Buy: take one of the places',
        params: ProductPath,
        headers: RepeatableHeaders,
        body: CreateParticipation.nullish(),
        response: {
          201: Participation,
          ...problems(
            ...OF_ACCOUNT,
            'SELLER_CANNOT_BUY',
            'NOT_FOUND',
            'ALREADY_PARTICIPATING',
            'CAP_REACHED',
            'DEADLINE_PASSED',
            'NOT_RECRUITING',
            'CONFLICT',
            'IDEMPOTENCY_CONFLICT',
          ),
        },
      },
    },
    async (request, reply) => {
      const caller = await callerOf(request, userOf);
      const { id } = request.params;
      const quantity = request.body?.quantity ?? 1;
      const repeatable = repeatableOf(request, caller.user.userId, { quantity });
      const participation = unwrap(await participations.join(caller, id, quantity, repeatable), reply);
      reply.code(201).header('Location', `/api/products/${id}/participations/me`);
      return participation;
    },
  );

  app.get(
    '/api/products/:id/participations',
    {
      schema: {
        tags: ['participations'],
        security: [{ user: [] }],
        operationId: 'listBuyers',
        summary: 'Who buys what, oldest first; for the seller',
        params: ProductPath,
        querystring: ListQuery.extend({ payment: PaymentStatus.optional() }),
        response: { 200: BuyerList, ...problems(...OF_ONE_KIND, 'ANONYMOUS_NOT_ALLOWED', 'NOT_FOUND') },
      },
    },
    async (request) => {
      const caller = await callerOf(request, userOf);
      const { limit, cursor, payment } = request.query;
      const page = { limit, after: buyersCursor.decode(cursor) };
      const { items, next } = await participations.buyers(caller, request.params.id, page, payment);
      return { items, nextCursor: buyersCursor.encode(next) };
    },
  );

  app.get(
    '/api/products/:id/participations/me',
    {
      schema: {
        tags: ['participations'],
        security: [{ user: [] }],
        operationId: 'getMyParticipation',
        summary: "The caller's own purchase",
        params: ProductPath,
        response: { 200: Participation, ...problems(...OF_ONE_KIND, 'NOT_FOUND') },
      },
    },
    async (request) => participations.mine(await callerOf(request, userOf), request.params.id),
  );

  app.patch(
    '/api/products/:id/participations/me',
    {
      schema: {
        tags: ['participations'],
        security: [{ user: [] }],
        operationId: 'changeMyParticipation',
        summary: 'Take more or less of it while the product recruits',
        params: ProductPath,
        body: ChangeParticipation,
        response: {
          200: Participation,
          ...problems(...OF_ACCOUNT, 'NOT_FOUND', 'NOT_RECRUITING', 'DEADLINE_PASSED'),
        },
      },
    },
    async (request) => {
      const caller = await callerOf(request, userOf);
      return participations.changeQuantity(caller, request.params.id, request.body.quantity);
    },
  );

  app.delete(
    '/api/products/:id/participations/me',
    {
      schema: {
        tags: ['participations'],
        security: [{ user: [] }],
        operationId: 'withdrawMyParticipation',
        summary: 'Withdraw a purchase while the product recruits',
        params: ProductPath,
        response: { 204: noContent, ...problems(...OF_ACCOUNT, 'NOT_FOUND', 'NOT_RECRUITING', 'DEADLINE_PASSED') },
      },
    },
    async (request, reply) => {
      await participations.withdraw(await callerOf(request, userOf), request.params.id);
      return reply.code(204).send();
    },
  );

  app.get(
    '/api/participations/me',
    {
      schema: {
        tags: ['participations'],
        security: [{ user: [] }],
        operationId: 'listMyPurchases',
        summary: 'What the caller has bought, newest first',
        querystring: ListQuery,
        response: { 200: PurchaseList, ...problems(...OF_ONE_KIND) },
      },
    },
    async (request) => {
      const caller = await callerOf(request, userOf);
      const { limit, cursor } = request.query;
      const page = { limit, after: purchasesCursor.decode(cursor) };
      const { items, next } = await participations.purchases(caller, page);
      return { items, nextCursor: purchasesCursor.encode(next) };
    },
  );
}
