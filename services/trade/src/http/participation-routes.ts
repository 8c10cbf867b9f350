import { Readable } from 'node:stream';
import { type FairQueue, type Http, noContent, OF_ONE_KIND, problems } from '@gongu/host';
import {
  Buyer,
  ChangeParticipation,
  CreateParticipation,
  ListQuery,
  listOf,
  Participation,
  PaymentStatus,
  ProductSummary,
  Purchase,
} from '@gongu/shared';
import { z } from 'zod';
import type { Participations } from '../product/participation.ts';
import { callerOf, type UserOf } from './caller.ts';
import { CSV_START, csvLine } from './csv.ts';
import { positionCursor } from './cursor.ts';
import { ProductPath } from './product-path.ts';
import { OF_ACCOUNT } from './refusals.ts';
import { RepeatableHeaders, repeatableOf, unwrap } from './repeatable.ts';

export interface ParticipationRoutesOptions {
  participations: Participations;
  userOf: UserOf;
  /** In which purchases take their turn: those of one product need one connection together. */
  purchases: FairQueue;
}

const buyersCursor = positionCursor('buyers');
const purchasesCursor = positionCursor('purchases');

const BuyerList = listOf(Buyer).meta({ id: 'BuyerList' });
const BuyersQuery = ListQuery.extend({
  payment: PaymentStatus.optional(),
  format: z
    .enum(['json', 'csv'])
    .default('json')
    .meta({ description: 'csv: all of them, as a file; limit and cursor say nothing then' }),
});
const CSV_PAGE = 500;
const CSV_HEAD = [
  ...['userId', 'nickname', 'tag', 'quantity', 'joinedAt', 'payable', 'currency'],
  ...['paymentStatus', 'paymentDueAt', 'paymentReference', 'paymentAmount'],
];
const TimeZone = z
  .string()
  .max(64)
  .refine(isTimeZone, { error: 'must be a time zone such as Asia/Seoul' })
  .default('UTC')
  .meta({ description: 'of the days: an IANA name' });

const PurchaseList = listOf(Purchase).meta({ id: 'PurchaseList' });

/** Purchases: join, change, withdraw, the seller's and the buyer's lists. */
export function participationRoutes(
  app: Http,
  { participations, userOf, purchases }: ParticipationRoutesOptions,
): void {
  app.post(
    '/api/products/:id/participations',
    {
      config: { queued: purchases },
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
        querystring: BuyersQuery,
        response: {
          200: {
            description: 'A list, or a file',
            content: { 'application/json': { schema: BuyerList }, 'text/csv': { schema: z.string() } },
          },
          ...problems(...OF_ONE_KIND, 'ANONYMOUS_NOT_ALLOWED', 'NOT_FOUND'),
        },
      },
    },
    async (request, reply) => {
      const caller = await callerOf(request, userOf);
      const { limit, cursor, payment, format } = request.query;
      if (format === 'csv') {
        const { id } = request.params;
        const pages = participations.allBuyers(caller, id, CSV_PAGE, payment);
        // What refuses the caller is answered as such; once the file has begun, it can only end.
        const first = await pages.next();
        reply
          .header('cache-control', 'no-store')
          .header('content-disposition', `attachment; filename="participations-${id}.csv"`)
          .type('text/csv; charset=utf-8');
        return reply.send(Readable.from(csvOf(first.done ? [] : first.value, pages)) as never) as never;
      }
      const asked = [request.params.id, payment];
      const page = { limit, after: buyersCursor.decode(cursor, asked) };
      const { items, next } = await participations.buyers(caller, request.params.id, page, payment);
      return { items, nextCursor: buyersCursor.encode(next, asked) };
    },
  );

  app.get(
    '/api/products/:id/summary',
    {
      schema: {
        tags: ['participations'],
        security: [{ user: [] }],
        operationId: 'getSummary',
        summary: 'Places, units and sums, by payment and by day, all of one moment; for the seller',
        params: ProductPath,
        querystring: z.object({ timeZone: TimeZone }),
        response: { 200: ProductSummary, ...problems(...OF_ONE_KIND, 'ANONYMOUS_NOT_ALLOWED', 'NOT_FOUND') },
      },
    },
    async (request, reply) => {
      const caller = await callerOf(request, userOf);
      reply.header('cache-control', 'no-store');
      return participations.summary(caller, request.params.id, request.query.timeZone);
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
      const page = { limit, after: purchasesCursor.decode(cursor, caller.user.userId) };
      const { items, next } = await participations.purchases(caller, page);
      return { items, nextCursor: purchasesCursor.encode(next, caller.user.userId) };
    },
  );
}

async function* csvOf(first: readonly Buyer[], more: AsyncIterable<readonly Buyer[]>) {
  yield CSV_START + csvLine(CSV_HEAD) + first.map(lineOf).join('');
  for await (const buyers of more) yield buyers.map(lineOf).join('');
}

function lineOf({ userId, nickname, tag, quantity, joinedAt, payable, payment }: Buyer): string {
  const paid = [payment?.status, payment?.dueAt, payment?.reference, payment?.amount];
  return csvLine([userId, nickname, tag, quantity, joinedAt, payable.amount, payable.currency, ...paid]);
}

// PostgreSQL takes more, POSIX's with the sign turned round among them.
function isTimeZone(name: string): boolean {
  try {
    return /^[A-Za-z]/.test(name) && new Intl.DateTimeFormat('en', { timeZone: name }) !== null;
  } catch {
    return false;
  }
}
