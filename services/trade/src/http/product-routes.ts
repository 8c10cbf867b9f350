import { type Http, OF_ONE_KIND, problems } from '@gongu/host';
import {
  AuditEntry,
  CancelProduct,
  CreateProduct,
  EditProduct,
  Instant,
  ListQuery,
  listOf,
  Product,
  ProductFacets,
  ProductLabel,
  ProductStatus,
  queryInteger,
  SearchText,
  UserId,
} from '@gongu/shared';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { instantOf } from '../product/deadline.ts';
import type { Products } from '../product/products.ts';
import { callerOf, type UserOf } from './caller.ts';
import { numberCursor, positionCursor } from './cursor.ts';
import { ProductPath } from './product-path.ts';
import { OF_ACCOUNT } from './refusals.ts';
import { RepeatableHeaders, repeatableOf, unwrap } from './repeatable.ts';

export interface ProductRoutesOptions {
  products: Products;
  userOf: UserOf;
}

const ListProducts = ListQuery.extend({
  status: ProductStatus.optional(),
  sellerId: UserId.optional(),
  mine: z
    .enum(['seller', 'buyer'])
    .optional()
    .meta({ description: "seller: the caller's own; buyer: those the caller takes part in. Needs a token" }),
  minSeatsLeft: queryInteger(0, 1_000_000).optional(),
  deadlineBefore: Instant.optional(),
  category: ProductLabel.optional(),
  tag: z
    .preprocess((tags) => (typeof tags === 'string' ? [tags] : tags), z.array(ProductLabel).max(10))
    .optional()
    .meta({ description: 'several times: products that have all of them' }),
  q: SearchText.optional(),
  sort: z.enum(['deadline', '-createdAt']).default('-createdAt'),
});

const cursors = {
  deadline: positionCursor('products by deadline'),
  '-createdAt': positionCursor('products by creation'),
};
const auditCursor = numberCursor('audit');

const ProductList = listOf(Product).meta({ id: 'ProductList' });
const AuditList = listOf(AuditEntry).meta({ id: 'AuditList' });

/** Products: create, read, change, end. */
export function productRoutes(app: Http, { products, userOf }: ProductRoutesOptions): void {
  app.post(
    '/api/products',
    {
      schema: {
        tags: ['products'],
        security: [{ user: [] }],
        operationId: 'createProduct',
        summary: 'Create a product, and with it its room',
        headers: RepeatableHeaders,
        body: CreateProduct,
        response: {
          201: Product,
          ...problems(...OF_ACCOUNT, 'CONFLICT', 'IDEMPOTENCY_CONFLICT'),
        },
      },
    },
    async (request, reply) => {
      const caller = await callerOf(request, userOf);
      const repeatable = repeatableOf(request, caller.user.userId, request.body);
      const product = unwrap(await products.create(caller, request.body, repeatable), reply);
      reply.code(201).header('Location', `/api/products/${product.id}`);
      return tagged(product, reply);
    },
  );

  app.get(
    '/api/products',
    {
      config: { findsCaller: true },
      schema: {
        tags: ['products'],
        security: [{}, { user: [] }],
        operationId: 'listProducts',
        summary: 'List products',
        querystring: ListProducts,
        response: { 200: ProductList, ...problems(...OF_ONE_KIND) },
      },
    },
    async (request) => {
      const { mine, deadlineBefore, sort, limit, cursor, tag, ...asked } = request.query;
      const me = mine === undefined ? undefined : (await userOf(request)).userId;
      const filter = {
        ...asked,
        sellerId: mine === 'seller' ? me : asked.sellerId,
        buyerId: mine === 'buyer' ? me : undefined,
        tags: tag,
        deadlineBefore: deadlineBefore === undefined ? undefined : instantOf(deadlineBefore, 'deadlineBefore'),
        sort,
      };
      const { items, next } = await products.list(filter, { limit, after: cursors[sort].decode(cursor, filter) });
      return { items, nextCursor: cursors[sort].encode(next, filter) };
    },
  );

  app.get(
    '/api/products/facets',
    {
      schema: {
        tags: ['products'],
        operationId: 'getProductFacets',
        summary: 'Categories and tags of products that recruit, and how many of them have each',
        response: { 200: ProductFacets, ...problems() },
      },
    },
    () => products.facets(),
  );

  app.get(
    '/api/products/:id',
    {
      schema: {
        tags: ['products'],
        operationId: 'getProduct',
        summary: 'One product',
        params: ProductPath,
        headers: z.object({
          'if-none-match': z.string().optional().meta({ description: 'entity tags that the caller has' }),
        }),
        response: {
          200: Product,
          304: { description: 'If-None-Match names this version', content: {} },
          ...problems('NOT_FOUND'),
        },
      },
    },
    async (request, reply) => {
      const product = await products.get(request.params.id);
      return isKnown(request.headers['if-none-match'], product) ? notModified(product, reply) : tagged(product, reply);
    },
  );

  app.patch(
    '/api/products/:id',
    {
      schema: {
        tags: ['products'],
        security: [{ user: [] }],
        operationId: 'updateProduct',
        summary: 'Change a product while it recruits',
        params: ProductPath,
        headers: z.object({
          'if-match': z.string().optional().meta({ description: 'entity tags of which one must be the present one' }),
        }),
        body: EditProduct,
        response: {
          200: Product,
          ...problems(
            ...OF_ACCOUNT,
            'NOT_FOUND',
            'NOT_RECRUITING',
            'DEADLINE_PASSED',
            'CONFLICT',
            'PRECONDITION_FAILED',
          ),
        },
      },
    },
    async (request, reply) => {
      const caller = await callerOf(request, userOf);
      const versions = versionsIn(request.headers['if-match']);
      return tagged(await products.edit(caller, request.params.id, request.body, versions), reply);
    },
  );

  app.post(
    '/api/products/:id/close',
    {
      schema: {
        tags: ['products'],
        security: [{ user: [] }],
        operationId: 'closeProduct',
        summary: 'Close recruitment before its deadline',
        params: ProductPath,
        response: { 200: Product, ...problems(...OF_ACCOUNT, 'NOT_FOUND', 'MINIMUM_NOT_MET', 'ILLEGAL_TRANSITION') },
      },
    },
    async (request, reply) => {
      const caller = await callerOf(request, userOf);
      return tagged(await products.close(caller, request.params.id), reply);
    },
  );

  app.post(
    '/api/products/:id/cancel',
    {
      schema: {
        tags: ['products'],
        security: [{ user: [] }],
        operationId: 'cancelProduct',
        summary: 'Cancel a product that recruits',
        params: ProductPath,
        body: CancelProduct.nullish(),
        response: {
          200: Product,
          ...problems(...OF_ACCOUNT, 'NOT_FOUND', 'ILLEGAL_TRANSITION'),
        },
      },
    },
    async (request, reply) => {
      const caller = await callerOf(request, userOf);
      return tagged(await products.cancel(caller, request.params.id, request.body?.reason ?? null), reply);
    },
  );

  app.get(
    '/api/products/:id/audit',
    {
      schema: {
        tags: ['products'],
        security: [{ user: [] }],
        operationId: 'listProductAudit',
        summary: 'What happened to a product, oldest first; for its seller',
        params: ProductPath,
        querystring: ListQuery,
        response: { 200: AuditList, ...problems(...OF_ONE_KIND, 'ANONYMOUS_NOT_ALLOWED', 'NOT_FOUND') },
      },
    },
    async (request) => {
      const caller = await callerOf(request, userOf);
      const { id } = request.params;
      const { limit, cursor } = request.query;
      const page = { limit, after: auditCursor.decode(cursor, id) };
      const { items, next } = await products.audit(caller, id, page);
      return { items, nextCursor: auditCursor.encode(next, id) };
    },
  );
}

function tagged(product: Product, reply: FastifyReply): Product {
  reply.headers({ ETag: etagOf(product), 'Cache-Control': 'no-cache' });
  return product;
}

function notModified(product: Product, reply: FastifyReply): FastifyReply {
  return reply
    .code(304)
    .headers({ ETag: etagOf(product), 'Cache-Control': 'no-cache' })
    .send();
}

/** A product's version as an entity tag. */
function etagOf({ version }: { version: number }): string {
  return `"${version}"`;
}

/**
 * Versions that `If-Match` allows; null: any (`*`, or no header). Weak tags never match (RFC 9110 §13.1.1), and neither
 * does a tag that is not ours: the list may be empty. A bare number is taken for the tag it means.
 */
function versionsIn(ifMatch: string | undefined): number[] | null {
  if (ifMatch === undefined || ifMatch.trim() === '*') return null;
  return ifMatch
    .split(',')
    .map((tag) => /^(?:"(\d{1,9})"|(\d{1,9}))$/.exec(tag.trim()))
    .flatMap((match) => (match ? [Number(match[1] ?? match[2])] : []));
}

/** Whether `If-None-Match` names the version: the caller has it already. Weak tags match here (RFC 9110 §13.1.2). */
function isKnown(ifNoneMatch: string | undefined, product: { version: number }): boolean {
  if (ifNoneMatch === undefined) return false;
  const tags = ifNoneMatch.split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  return tags.includes('*') || tags.includes(etagOf(product));
}
