import type { Participation, Product, ProductChange, ProductReason, ProductStatus } from '@gongu/shared';

/** A time as the driver gives it, or as it stands in JSON. */
type Instant = Date | string;

/** A row of `products`. */
export interface ProductRow {
  id: string;
  sellerId: string;
  title: string;
  description: string;
  imageUrl: string | null;
  /** bigint: text from the driver, a number in JSON. */
  priceAmount: bigint | string | number;
  priceCurrency: string;
  minParticipants: number;
  maxParticipants: number;
  participantCount: number;
  unitCount: number;
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
}

/** A row of `changes`. */
export type ChangeRow = { seq: bigint | string; productId: string } & Pick<
  ProductRow,
  'status' | 'reason' | 'minParticipants' | 'maxParticipants' | 'participantCount' | 'deadline' | 'version' | 'closedAt'
> & { unitCount: number | null };

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
  return {
    id,
    sellerId,
    title,
    description,
    imageUrl,
    price: { amount: Number(row.priceAmount), currency: row.priceCurrency },
    minParticipants,
    maxParticipants,
    participantCount,
    unitCount: row.unitCount,
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

export function toParticipation({ productId, userId, quantity, joinedAt }: ParticipationRow): Participation {
  return { productId, userId, quantity, joinedAt: isoOf(joinedAt) };
}

export function toChange(row: ChangeRow): ProductChange {
  const { minParticipants, maxParticipants, participantCount, version } = row;
  return {
    id: row.productId,
    status: row.status as ProductStatus,
    reason: row.reason as ProductReason | null,
    minParticipants,
    maxParticipants,
    participantCount,
    ...(row.unitCount === null ? {} : { unitCount: row.unitCount }),
    seatsLeft: maxParticipants - participantCount,
    deadline: isoOf(row.deadline),
    version,
    closedAt: row.closedAt === null ? null : isoOf(row.closedAt),
  };
}
