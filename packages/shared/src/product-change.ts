import { z } from 'zod';
import { Product } from './product.ts';

/**
 * Data of a `product` event of `GET /api/products/events`: the fields of the product that may have moved. Of two
 * changes of one product the one with the greater `version` is the newer, whatever order they come in.
 */
export const ProductChange = Product.pick({
  id: true,
  status: true,
  reason: true,
  priceTiers: true,
  currentPrice: true,
  nextTier: true,
  finalPrice: true,
  minParticipants: true,
  maxParticipants: true,
  participantCount: true,
  unitCount: true,
  committedCount: true,
  waitingCount: true,
  seatsLeft: true,
  deadline: true,
  version: true,
  closedAt: true,
})
  // Not known of what had changed before trade counted units, and before there were tiers and payments.
  .partial({
    unitCount: true,
    committedCount: true,
    waitingCount: true,
    priceTiers: true,
    currentPrice: true,
    nextTier: true,
    finalPrice: true,
  })
  .meta({ id: 'ProductChange' });
export type ProductChange = z.output<typeof ProductChange>;

/** What happened to a product. */
export const AuditEvent = z.enum([
  'product.created',
  'product.edited',
  'product.closed',
  'product.cancelled',
  'buyer.committed',
  'buyer.changed',
  'buyer.withdrawn',
  'addresses.read',
  'buyer.expired',
  'payment.authorized',
  'payment.failed',
  'payment.capture',
  'payment.captured',
  'payment.release',
  'payment.released',
  'payment.refunded',
  'waiting.joined',
  'waiting.left',
  'waiting.promoted',
  'waiting.ended',
]);
export type AuditEvent = z.output<typeof AuditEvent>;

/** One row of `GET /api/products/:id/audit`: append-only, oldest first. */
export const AuditEntry = z
  .object({
    id: z.string(),
    at: z.string(),
    event: AuditEvent,
    /** A user's id: of buyer, payment and waiting events whose place it is; null where the service acted by itself. */
    actor: z.string().nullable(),
    fromStatus: Product.shape.status.nullable(),
    toStatus: Product.shape.status,
    reason: Product.shape.reason,
    /** What the seller said on cancelling. */
    note: z.string().nullable(),
    /** The product's version after the change. */
    version: z.int(),
    /** Of an edit: the new values. Of a purchase: its quantity, and the one `before` where it was changed. */
    data: z.record(z.string(), z.unknown()).nullable(),
    requestId: z.string().nullable(),
  })
  .meta({ id: 'AuditEntry' });
export type AuditEntry = z.output<typeof AuditEntry>;
