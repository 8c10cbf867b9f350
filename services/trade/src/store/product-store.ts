import type { Pool } from '@gongu/host';
import { type AuditEvent, type ProductFacets, type ProductReason, type ProductStatus, searchForm } from '@gongu/shared';
import type { ProductStore, ProductTexts } from '../product/ports/product-store.ts';
import { type ChangeCall, claimOf, type OriginOf } from './change-call.ts';
import type { PrismaClient } from './generated/client.ts';
import { productPage } from './product-page.ts';
import { fromSql, isoOf, type ProductRow, toProduct } from './product-row.ts';

export interface ProductStoreOptions {
  call: ChangeCall;
  origin: OriginOf;
  pool: Pool;
  prisma: PrismaClient;
  /** Ends what is due; see close_due. */
  endDue: (limit: number) => Promise<number>;
}

/** See {@link ProductStore}. */
export function createProductStore({ call, origin, pool, prisma, endDue }: ProductStoreOptions): ProductStore {
  return {
    async create(product, { user, trace }, claim, maxDays = null, maxOpen = null) {
      const { id, title, description, imageUrl, price, minParticipants, maxParticipants, deadline } = product;
      const { priceTiers, payment, waitingList, notices, category, tags, pictures } = product;
      const terms = { priceTiers, payment, waitingList, notices, category, tags, pictures, maxOpen };
      const answer = await call('create_product', [
        id,
        user.userId,
        user.nickname,
        title,
        description,
        imageUrl,
        price.amount,
        price.currency,
        minParticipants,
        maxParticipants,
        deadline,
        origin(trace),
        claimOf(claim),
        maxDays,
        JSON.stringify({ ...terms, forms: formsOf(product) }),
      ]);
      return answer as Awaited<ReturnType<ProductStore['create']>>;
    },

    async find(id) {
      const row = await prisma.product.findUnique({ where: { id } });
      return row && toProduct(row);
    },

    async facets() {
      const { rows } = await pool.query<ProductFacets>(FACETS);
      return rows[0]!;
    },

    async list(filter, page) {
      const { rows } = await pool.query<ProductPageRow>(productPage(filter, page));
      const { products, stop } = rows[0]!;
      return {
        rows: products.map((row) => toProduct(fromSql<ProductRow>(row))),
        stop: stop && { at: isoOf(stop.at), id: stop.id },
      };
    },

    async edit(id, edit, versions, { user, trace }, admin, maxDays = null) {
      const patch = JSON.stringify({ ...edit, forms: formsOf(edit) });
      const args = [id, user.userId, admin, versions, patch, origin(trace), maxDays];
      return (await call('edit_product', args)) as Awaited<ReturnType<ProductStore['edit']>>;
    },

    async end(id, status, note, { user, trace }, admin) {
      const args = [id, user.userId, admin, status, note, origin(trace)];
      return (await call('end_product', args)) as Awaited<ReturnType<ProductStore['end']>>;
    },

    endDue,

    async audit(id, { limit, after }) {
      const rows = await prisma.audit.findMany({
        where: { productId: id, ...(after === null ? {} : { id: { gt: BigInt(after) } }) },
        orderBy: { id: 'asc' },
        take: limit + 1,
      });
      const numbers = rows.flatMap(({ person }) => (person === null ? [] : [person]));
      const people = await prisma.personNumber.findMany({ where: { number: { in: numbers } } });
      const nameOf = new Map(people.map(({ number, userId }) => [number, userId ?? `erased-${number}`]));
      return rows.map((row) => ({
        id: String(row.id),
        at: isoOf(row.at),
        event: row.event as AuditEvent,
        actor: row.person === null ? row.actor : (nameOf.get(row.person) ?? null),
        fromStatus: row.fromStatus as ProductStatus | null,
        toStatus: row.toStatus as ProductStatus,
        reason: row.reason as ProductReason | null,
        note: row.note,
        version: row.version,
        data: row.data as Record<string, unknown> | null,
        requestId: row.requestId,
      }));
    },
  };
}

const mostFrequent = (name: string, from: string) =>
  `(SELECT coalesce(jsonb_agg(to_jsonb(f) ORDER BY f.count DESC, f.name), '[]') FROM (
     SELECT ${name} AS name, count(*) FROM ${from} WHERE p.status = 'RECRUITING' AND ${name} IS NOT NULL
     GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 100) f)`;

const FACETS = `SELECT ${mostFrequent('p.category', 'trade.products p')} AS categories,
  ${mostFrequent('t.name', 'trade.products p, unnest(p.tags) AS t (name)')} AS tags`;

/** Absent texts stay as they are. */
function formsOf({ title, category, tags, description }: Partial<ProductTexts>) {
  const form = (text: string | undefined) => (text === undefined ? undefined : searchForm(text));
  return {
    title: form(title),
    category: form(category === null ? '' : category),
    tags: tags?.map(searchForm).join('\n'),
    description: form(description),
  };
}

interface ProductPageRow {
  products: object[];
  stop: { at: string; id: string } | null;
}
