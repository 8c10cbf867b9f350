import type { AuditEvent, ProductReason, ProductStatus } from '@gongu/shared';
import type { Position } from '../product/ports/page.ts';
import type { ProductFilter, ProductStore } from '../product/ports/product-store.ts';
import { type ChangeCall, claimOf, originOf } from './change-call.ts';
import type { PrismaClient } from './generated/client.ts';
import type { ProductWhereInput } from './generated/models.ts';
import { isoOf, toProduct } from './product-row.ts';

export interface ProductStoreOptions {
  call: ChangeCall;
  prisma: PrismaClient;
  /** Ends what is due; see close_due. */
  endDue: (limit: number) => Promise<number>;
}

/** See {@link ProductStore}. */
export function createProductStore({ call, prisma, endDue }: ProductStoreOptions): ProductStore {
  return {
    async create(product, { user, trace }, claim) {
      const { id, title, description, imageUrl, price, minParticipants, maxParticipants, deadline } = product;
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
        originOf(trace),
        claimOf(claim),
      ]);
      return answer as Awaited<ReturnType<ProductStore['create']>>;
    },

    async find(id) {
      const row = await prisma.product.findUnique({ where: { id } });
      return row && toProduct(row);
    },

    async list(filter, { limit, after }) {
      const newestFirst = filter.sort === '-createdAt';
      const order = newestFirst ? 'desc' : 'asc';
      const rows = await prisma.product.findMany({
        where: { AND: [whereOf(filter), after === null ? {} : newestFirst ? createdBefore(after) : dueAfter(after)] },
        orderBy: [newestFirst ? { createdAt: order } : { deadline: order }, { id: order }],
        take: limit + 1,
      });
      return rows.map(toProduct);
    },

    async edit(id, edit, versions, { user, trace }, admin) {
      const args = [id, user.userId, admin, versions, JSON.stringify(edit), originOf(trace)];
      return (await call('edit_product', args)) as Awaited<ReturnType<ProductStore['edit']>>;
    },

    async end(id, status, note, { user, trace }, admin) {
      const args = [id, user.userId, admin, status, note, originOf(trace)];
      return (await call('end_product', args)) as Awaited<ReturnType<ProductStore['end']>>;
    },

    endDue,

    async audit(id, { limit, after }) {
      const rows = await prisma.audit.findMany({
        where: { productId: id, ...(after === null ? {} : { id: { gt: BigInt(after) } }) },
        orderBy: { id: 'asc' },
        take: limit + 1,
      });
      return rows.map((row) => ({
        id: String(row.id),
        at: isoOf(row.at),
        event: row.event as AuditEvent,
        actor: row.actor,
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

function whereOf({ status, sellerId, buyerId, minSeatsLeft, deadlineBefore }: ProductFilter): ProductWhereInput {
  return {
    status,
    sellerId,
    ...(buyerId === undefined ? {} : { participations: { some: { userId: buyerId } } }),
    ...(minSeatsLeft === undefined ? {} : { seatsLeft: { gte: minSeatsLeft } }),
    ...(deadlineBefore === undefined ? {} : { deadline: { lt: deadlineBefore } }),
  };
}

// The bound on the time alone lets the index seek; OR decides among equal times.

function createdBefore({ at, id }: Position): ProductWhereInput {
  const createdAt = new Date(at);
  return { createdAt: { lte: createdAt }, OR: [{ createdAt: { lt: createdAt } }, { createdAt, id: { lt: id } }] };
}

function dueAfter({ at, id }: Position): ProductWhereInput {
  const deadline = new Date(at);
  return { deadline: { gte: deadline }, OR: [{ deadline: { gt: deadline } }, { deadline, id: { gt: id } }] };
}
