import {
  type Participation,
  type PaymentStatus,
  type PriceTier,
  type Product,
  type ProductChange,
  type ProductReason,
  type ProductStatus,
  shownPicture,
} from '@gongu/shared';
import { pricesOf } from './prices-of.ts';

/** A time as the driver gives it, or as it stands in JSON. */
type Instant = Date | string;

/** bigint: text from the driver, a number in JSON. */
type Amount = bigint | string | number;

/** What a row says of prices. */
export interface PriceColumns {
  priceAmount: Amount;
  priceCurrency: string;
  priceTiers: unknown;
  finalAmount: Amount | null;
}

/** A row of `products`. */
export interface ProductRow extends PriceColumns {
  id: string;
  sellerId: string;
  title: string;
  description: string;
  imageUrl: string | null;
  minParticipants: number;
  maxParticipants: number;
  participantCount: number;
  unitCount: number;
  payment: string;
  authorizedCount: number;
  waitingList: boolean;
  waitingCount: number;
  /** Absent: of an event before there were any. */
  category?: string | null;
  tags?: string[];
  /** Absent: of an event before there were any. */
  pictures?: unknown;
  /** Absent: of an event before there were notices. */
  notices?: boolean;
  deadline: Instant;
  status: string;
  reason: string | null;
  version: number;
  createdAt: Instant;
  closedAt: Instant | null;
}

/** A row of `participations`. */
export interface ParticipationRow {
  productId: string;
  userId: string;
  quantity: number;
  joinedAt: Instant;
  paymentStatus?: string | null;
  paymentDueAt?: Instant | null;
  paymentReference?: string | null;
  paymentAmount?: Amount | null;
}

/** A row of `changes`. */
export type ChangeRow = { seq: bigint | string; productId: string } & Pick<
  ProductRow,
  'status' | 'reason' | 'minParticipants' | 'maxParticipants' | 'participantCount' | 'deadline' | 'version' | 'closedAt'
> & {
    unitCount: number | null;
    committedCount: number | null;
    waitingCount: number | null;
    price: object | null;
  };

/** ISO 8601 UTC with milliseconds. */
export function isoOf(at: Instant): string {
  return new Date(at).toISOString();
}

/** Field names as PostgreSQL spells them (`seller_id`) to ours (`sellerId`). */
export function fromSql<T>(row: object): T {
  const fields = Object.entries(row).map(([name, value]) => [
    name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()),
    value,
  ]);
  return Object.fromEntries(fields) as T;
}

export function toProduct(row: ProductRow): Product {
  const { id, sellerId, title, description, imageUrl, minParticipants, maxParticipants, participantCount } = row;
  const committedCount = row.payment === 'NONE' ? participantCount : row.authorizedCount;
  return {
    id,
    sellerId,
    title,
    description,
    imageUrl,
    pictures: ((row.pictures ?? []) as Parameters<typeof shownPicture>[0][]).map(shownPicture),
    category: row.category ?? null,
    tags: row.tags ?? [],
    price: { amount: Number(row.priceAmount), currency: row.priceCurrency },
    ...prices(row, row.status, committedCount),
    minParticipants,
    maxParticipants,
    participantCount,
    unitCount: row.unitCount,
    payment: row.payment as Product['payment'],
    committedCount,
    waitingList: row.waitingList,
    waitingCount: row.waitingCount,
    notices: row.notices ?? true,
    seatsLeft: maxParticipants - participantCount,
    deadline: isoOf(row.deadline),
    status: row.status as ProductStatus,
    reason: row.reason as ProductReason | null,
    roomId: id,
    version: row.version,
    createdAt: isoOf(row.createdAt),
    closedAt: row.closedAt === null ? null : isoOf(row.closedAt),
  };
}

/** @param product of the participation */
export function toParticipation(
  row: ParticipationRow,
  product: Pick<ProductRow, 'priceAmount' | 'priceCurrency' | 'deadline'>,
): Participation {
  const { productId, userId, quantity } = row;
  return {
    productId,
    userId,
    quantity,
    payable: { amount: Number(product.priceAmount) * quantity, currency: product.priceCurrency },
    payment: row.paymentStatus
      ? {
          status: row.paymentStatus as PaymentStatus,
          // The deadline may have been moved since.
          dueAt: earlier(isoOf(row.paymentDueAt!), isoOf(product.deadline)),
          reference: row.paymentReference ?? null,
          amount: row.paymentAmount == null ? null : Number(row.paymentAmount),
        }
      : null,
    joinedAt: isoOf(row.joinedAt),
  };
}

export function toChange(row: ChangeRow): ProductChange {
  const { minParticipants, maxParticipants, participantCount, version } = row;
  return {
    id: row.productId,
    status: row.status as ProductStatus,
    reason: row.reason as ProductReason | null,
    ...(row.price === null
      ? {}
      : prices(fromSql<PriceColumns>(row.price), row.status, row.committedCount ?? participantCount)),
    minParticipants,
    maxParticipants,
    participantCount,
    ...(row.unitCount === null ? {} : { unitCount: row.unitCount }),
    ...(row.committedCount === null ? {} : { committedCount: row.committedCount }),
    ...(row.waitingCount === null ? {} : { waitingCount: row.waitingCount }),
    seatsLeft: maxParticipants - participantCount,
    deadline: isoOf(row.deadline),
    version,
    closedAt: row.closedAt === null ? null : isoOf(row.closedAt),
  };
}

/** ISO texts of one form compare as what they say. */
function earlier(one: string, other: string): string {
  return one < other ? one : other;
}

function prices(price: PriceColumns, status: string, people: number) {
  return pricesOf({
    price: { amount: Number(price.priceAmount), currency: price.priceCurrency },
    priceTiers: price.priceTiers as PriceTier[],
    finalAmount: price.finalAmount === null ? null : Number(price.finalAmount),
    status: status as ProductStatus,
    people,
  });
}
