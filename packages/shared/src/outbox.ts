import { z } from 'zod';

/** What trade has to tell chat about a room. */
export const OutboxKind = z.enum([
  'room.open',
  'buyer.committed',
  'buyer.withdrawn',
  'room.patched',
  'room.status',
  'room.notice',
]);
export type OutboxKind = z.output<typeof OutboxKind>;

/** One entry that chat has not taken yet. */
export const OutboxItem = z
  .object({
    id: z.string(),
    roomId: z.string(),
    kind: OutboxKind,
    createdAt: z.string(),
    attempts: z.int(),
    lastError: z.string().nullable(),
    /** Chat refused it for good: it blocks its room until somebody retries or discards it. */
    parkedAt: z.string().nullable(),
    requestId: z.string().nullable(),
  })
  .meta({ id: 'OutboxItem' });
export type OutboxItem = z.output<typeof OutboxItem>;

/** Answer of `GET /api/trade/outbox`. The counts are of the whole outbox, the items a page of it, oldest first. */
export const OutboxStatus = z
  .object({
    depth: z.int(),
    /** Rooms that wait. */
    rooms: z.int(),
    parked: z.int(),
    /** Milliseconds since the oldest entry was written; null when there is none. */
    oldestAgeMs: z.int().nullable(),
    items: z.array(OutboxItem),
    nextCursor: z.string().nullable(),
  })
  .meta({ id: 'OutboxStatus' });
export type OutboxStatus = z.output<typeof OutboxStatus>;
