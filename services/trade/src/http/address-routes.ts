import { Readable } from 'node:stream';
import { type Http, OF_ONE_KIND, problems } from '@gongu/host';
import { Address, AddressedBuyer, ListQuery, listOf, NoAddress, OwnAddress } from '@gongu/shared';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import type { Addresses } from '../product/addresses.ts';
import { callerOf, type UserOf } from './caller.ts';
import { CSV_START, csvLine } from './csv.ts';
import { positionCursor } from './cursor.ts';
import { ProductPath } from './product-path.ts';
import { OF_ACCOUNT } from './refusals.ts';

export interface AddressRoutesOptions {
  addresses: Addresses;
  userOf: UserOf;
}

const cursor = positionCursor('addresses');
const AddressList = listOf(AddressedBuyer).meta({ id: 'AddressList' });
const AddressQuery = ListQuery.extend({
  format: z
    .enum(['json', 'csv'])
    .default('json')
    .meta({ description: 'csv: all of them, as a file; limit and cursor say nothing then' }),
});
const CSV_PAGE = 500;
const CSV_HEAD = [
  'userId',
  'nickname',
  'quantity',
  'joinedAt',
  'recipient',
  'phone',
  'postalCode',
  'line1',
  'line2',
  'memo',
];

/** `…/participations/me/address` of the buyer, and `…/participations/addresses` of the seller. No answer is kept by a cache. */
export function addressRoutes(app: Http, { addresses, userOf }: AddressRoutesOptions): void {
  app.put(
    '/api/products/:id/participations/me/address',
    {
      schema: {
        tags: ['participations'],
        security: [{ user: [] }],
        operationId: 'putMyAddress',
        summary: 'Where the purchase is sent: until the product has closed; after it, who gave none may give one',
        params: ProductPath,
        body: Address,
        response: { 200: OwnAddress, ...problems(...OF_ACCOUNT, 'NOT_FOUND', 'NOT_RECRUITING', 'DEADLINE_PASSED') },
      },
    },
    async (request, reply) => {
      unkept(reply);
      return addresses.put(await callerOf(request, userOf), request.params.id, request.body);
    },
  );

  app.get(
    '/api/products/:id/participations/me/address',
    {
      schema: {
        tags: ['participations'],
        security: [{ user: [] }],
        operationId: 'getMyAddress',
        summary: 'Where the purchase is sent, and who has read that; or that the caller gave no address',
        params: ProductPath,
        response: { 200: z.union([OwnAddress, NoAddress]), ...problems(...OF_ONE_KIND) },
      },
    },
    async (request, reply) => {
      unkept(reply);
      return addresses.mine(await callerOf(request, userOf), request.params.id);
    },
  );

  app.get(
    '/api/products/:id/participations/addresses',
    {
      schema: {
        tags: ['participations'],
        security: [{ user: [] }],
        operationId: 'listAddresses',
        summary: 'Where to send what was bought, oldest purchase first; for the seller, once the product is CLOSED',
        params: ProductPath,
        querystring: AddressQuery,
        response: {
          200: {
            description: 'A list, or a file',
            content: { 'application/json': { schema: AddressList }, 'text/csv': { schema: z.string() } },
          },
          ...problems(...OF_ONE_KIND, 'ANONYMOUS_NOT_ALLOWED', 'NOT_FOUND', 'ILLEGAL_TRANSITION'),
        },
      },
    },
    async (request, reply) => {
      const caller = await callerOf(request, userOf);
      const { id } = request.params;
      const { format, limit, cursor: text } = request.query;
      unkept(reply);
      if (format === 'csv') {
        const pages = addresses.all(caller, id, CSV_PAGE);
        // What refuses the caller is answered as such; once the file has begun, it can only end.
        const first = await pages.next();
        reply
          .header('content-disposition', `attachment; filename="addresses-${id}.csv"`)
          .type('text/csv; charset=utf-8');
        return reply.send(Readable.from(csvOf(first.done ? [] : first.value, pages)) as never) as never;
      }
      const page = { limit, after: cursor.decode(text, id) };
      const { items, next } = await addresses.list(caller, id, page);
      return { items, nextCursor: cursor.encode(next, id) };
    },
  );
}

async function* csvOf(first: readonly AddressedBuyer[], more: AsyncIterable<readonly AddressedBuyer[]>) {
  yield CSV_START + csvLine(CSV_HEAD) + first.map(lineOf).join('');
  for await (const buyers of more) yield buyers.map(lineOf).join('');
}

function lineOf({ userId, nickname, quantity, joinedAt, address, unreadable }: AddressedBuyer): string {
  const { recipient = unreadable && '(unreadable)', phone, postalCode, line1, line2, memo } = address ?? {};
  return csvLine([userId, nickname, quantity, joinedAt, recipient, phone, postalCode, line1, line2, memo]);
}

function unkept(reply: FastifyReply): void {
  reply.header('cache-control', 'no-store');
}
