import type { Clock, Pool } from '@gongu/host';
import type { PaymentStatus, ReportPayment } from '@gongu/shared';
import type { Claim } from '../product/ports/key-store.ts';
import type { Position } from '../product/ports/page.ts';
import type { ParticipationStore } from '../product/ports/participation-store.ts';
import type { Trace } from '../product/ports/trace.ts';
import { type ChangeAnswer, type ChangeCall, claimOf, type ManyCall, type OriginOf } from './change-call.ts';
import type { PrismaClient } from './generated/client.ts';
import { fromSql, type ProductRow, toParticipation, toProduct } from './product-row.ts';
import { createTogether } from './together.ts';

export interface ParticipationStoreOptions {
  call: ChangeCall;
  callMany: ManyCall;
  origin: OriginOf;
  pool: Pool;
  prisma: PrismaClient;
  clock: Clock;
}

/** A number that may be larger than JSON has them from PostgreSQL comes as text. */
interface Sums {
  people: number;
  units: number;
  payable: string;
}

interface SummaryRow {
  product: object;
  payments: (Sums & { status: PaymentStatus | null; amount: string })[];
  days: (Sums & { day: string })[];
}

/** One statement, so that the sums are those of the counts. */
const SUMMARY = `WITH own AS MATERIALIZED (
    SELECT s.* FROM trade.participations s WHERE s.product_id = $1)
  SELECT to_jsonb(p) AS product,
    (SELECT coalesce(jsonb_agg(to_jsonb(g) ORDER BY g.status), '[]') FROM (
      SELECT o.payment_status AS status, count(*) AS people, sum(o.quantity) AS units,
        (sum(o.quantity) * p.price_amount)::text AS payable, coalesce(sum(o.payment_amount), 0)::text AS amount
      FROM own o GROUP BY o.payment_status) g) AS payments,
    (SELECT coalesce(jsonb_agg(to_jsonb(g) ORDER BY g.day), '[]') FROM (
      SELECT to_char(o.joined_at AT TIME ZONE $2, 'YYYY-MM-DD') AS day, count(*) AS people, sum(o.quantity) AS units,
        (sum(o.quantity) * p.price_amount)::text AS payable
      FROM own o GROUP BY 1) g) AS days
  FROM trade.products p WHERE p.id = $1`;

function numbers<S extends Sums & { amount?: string }>({ payable, amount, ...row }: S) {
  return { ...row, payable: Number(payable), ...(amount === undefined ? {} : { amount: Number(amount) }) } as never;
}

interface Joining {
  readonly quantity: number;
  readonly caller: Parameters<ParticipationStore['join']>[2];
  readonly claim: Claim | null;
}

interface Reporting {
  readonly userId: string;
  readonly report: ReportPayment;
  readonly trace: Trace;
}

/** See {@link ParticipationStore}. */
export function createParticipationStore({
  call,
  callMany,
  origin,
  pool,
  prisma,
  clock,
}: ParticipationStoreOptions): ParticipationStore {
  // What many want of one product at once: see docs/decisions/0033-purchases-together.md.
  const joins = createTogether<Joining, ChangeAnswer>({
    clock,
    idOf: ({ caller }) => caller.user.userId,
    one(productId, { quantity, caller: { user, trace }, claim }) {
      const args = [productId, user.userId, user.nickname, user.tag, quantity, origin(trace), claimOf(claim)];
      return call('join_product', args);
    },
    many: (productId, joining) =>
      callMany(
        'join_many',
        productId,
        joining.map(({ quantity, caller: { user, trace }, claim }) => {
          const { userId, nickname, tag } = user;
          return { user: userId, nickname, tag, quantity, origin: origin.fields(trace), claim };
        }),
      ),
  });
  const authorisations = createTogether<Reporting, ChangeAnswer>({
    clock,
    idOf: ({ userId }) => userId,
    one: reportOne,
    many: (productId, reports) =>
      callMany(
        'report_many',
        productId,
        reports.map(({ userId, report: { reference, amount }, trace }) => {
          return { user: userId, reference, amount, origin: origin.fields(trace) };
        }),
      ),
  });

  function reportOne(productId: string, { userId, report, trace }: Reporting): Promise<ChangeAnswer> {
    const { status, reference, amount } = report;
    return call('report_payment', [productId, userId, status, reference, amount, origin(trace)]);
  }

  return {
    async join(productId, quantity, caller, claim) {
      const joined = await joins(productId, { quantity, caller, claim });
      return joined as Awaited<ReturnType<ParticipationStore['join']>>;
    },

    async withdraw(productId, { user, trace }) {
      const args = [productId, user.userId, origin(trace)];
      return (await call('withdraw_from_product', args)) as Awaited<ReturnType<ParticipationStore['withdraw']>>;
    },

    async changeQuantity(productId, quantity, { user, trace }) {
      const args = [productId, user.userId, quantity, origin(trace)];
      return (await call('change_quantity', args)) as Awaited<ReturnType<ParticipationStore['changeQuantity']>>;
    },

    async reportPayment(productId, userId, report, trace) {
      const reporting = { userId, report, trace };
      // The others come at the end, and each for another product's money.
      const reported = await (report.status === 'AUTHORIZED' ? authorisations : reportOne)(productId, reporting);
      return reported as Awaited<ReturnType<ParticipationStore['reportPayment']>>;
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

    async summary(productId, timeZone) {
      const { rows } = await pool.query<SummaryRow>({ name: 'summary', text: SUMMARY, values: [productId, timeZone] });
      const row = rows[0];
      if (row === undefined) return null;
      const product = toProduct(fromSql<ProductRow>(row.product));
      const { maxParticipants, participantCount, committedCount, seatsLeft, waitingCount, unitCount, price } = product;
      return {
        productId,
        seats: { all: maxParticipants, taken: participantCount, committed: committedCount, left: seatsLeft },
        waitingCount,
        unitCount,
        currency: price.currency,
        payments: row.payments.map(numbers),
        days: row.days.map(numbers),
      };
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
