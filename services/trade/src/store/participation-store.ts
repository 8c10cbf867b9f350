import type { Position } from '../product/ports/page.ts';
import type { ParticipationStore } from '../product/ports/participation-store.ts';
import { type ChangeCall, claimOf, type OriginOf } from './change-call.ts';
import type { PrismaClient } from './generated/client.ts';
import { toParticipation, toProduct } from './product-row.ts';

export interface ParticipationStoreOptions {
  call: ChangeCall;
  origin: OriginOf;
  prisma: PrismaClient;
}

/** See {@link ParticipationStore}. */
export function createParticipationStore({ call, origin, prisma }: ParticipationStoreOptions): ParticipationStore {
  return {
    async join(productId, quantity, { user, trace }, claim) {
      const args = [productId, user.userId, user.nickname, user.tag, quantity, origin(trace), claimOf(claim)];
      return (await call('join_product', args)) as Awaited<ReturnType<ParticipationStore['join']>>;
    },

    async withdraw(productId, { user, trace }) {
      const args = [productId, user.userId, origin(trace)];
      return (await call('withdraw_from_product', args)) as Awaited<ReturnType<ParticipationStore['withdraw']>>;
    },

    async changeQuantity(productId, quantity, { user, trace }) {
      const args = [productId, user.userId, quantity, origin(trace)];
      return (await call('change_quantity', args)) as Awaited<ReturnType<ParticipationStore['changeQuantity']>>;
    },

    async reportPayment(productId, userId, { status, reference, amount }, trace) {
      const args = [productId, userId, status, reference, amount, origin(trace)];
      return (await call('report_payment', args)) as Awaited<ReturnType<ParticipationStore['reportPayment']>>;
    },

    async find(productId, userId) {
      const row = await prisma.participation.findUnique({
        where: { productId_userId: { productId, userId } },
        include: { product: true },
      });
      return row && toParticipation(row, row.product);
    },

    async buyers(productId, { limit, after }, payment) {
      const rows = await prisma.participation.findMany({
        where: {
          productId,
          ...(payment === undefined ? {} : { paymentStatus: payment }),
          ...(after ? laterThan(after) : {}),
        },
        orderBy: [{ joinedAt: 'asc' }, { userId: 'asc' }],
        take: limit + 1,
        include: { product: { select: { priceAmount: true, priceCurrency: true, deadline: true } } },
      });
      return rows.map((row) => ({ ...toParticipation(row, row.product), nickname: row.nickname, tag: row.tag }));
    },

    async purchases(userId, { limit, after }) {
      const rows = await prisma.participation.findMany({
        where: { userId, ...(after ? earlierThan(after) : {}) },
        orderBy: [{ joinedAt: 'desc' }, { productId: 'desc' }],
        take: limit + 1,
        include: { product: true },
      });
      return rows.map((row) => ({ ...toParticipation(row, row.product), product: toProduct(row.product) }));
    },
  };
}

// The bound on the time alone lets the index seek; OR decides among equal times.

function laterThan({ at, id }: Position) {
  const joinedAt = new Date(at);
  return { joinedAt: { gte: joinedAt }, OR: [{ joinedAt: { gt: joinedAt } }, { joinedAt, userId: { gt: id } }] };
}

function earlierThan({ at, id }: Position) {
  const joinedAt = new Date(at);
  return { joinedAt: { lte: joinedAt }, OR: [{ joinedAt: { lt: joinedAt } }, { joinedAt, productId: { lt: id } }] };
}
