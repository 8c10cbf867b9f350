import { z } from 'zod';

/** One product whose room says something else. */
export const Divergence = z
  .object({
    productId: z.string(),
    /** What differs: `room` (chat has none), `status`, `committedCount`, `buyers`, `maxParticipants`, `minParticipants`, `expiresAt`. */
    fields: z.array(z.string()),
    /** Buyers whom chat does not take for such; those who left the conversation count as known. At most 100 of them. */
    missingBuyers: z.array(z.string()),
    /** Whom chat takes for buyers, and trade does not. At most 100 of them. */
    extraBuyers: z.array(z.string()),
  })
  .meta({ id: 'Divergence' });
export type Divergence = z.output<typeof Divergence>;

/** Answer of `GET /api/trade/consistency`: products that recruit or ended within a day, as they were just now. */
export const Consistency = z
  .object({
    checkedAt: z.string(),
    /** Whether nothing differs and nothing is on its way. */
    consistent: z.boolean(),
    /** Products that were compared. */
    compared: z.int(),
    /** Products about which chat has not been told everything yet: the outbox has entries for them. */
    pending: z.int(),
    diverged: z.int(),
    /** At most 100 of them. */
    items: z.array(Divergence),
  })
  .meta({ id: 'Consistency' });
export type Consistency = z.output<typeof Consistency>;
