import { z } from 'zod';
import { formatMoney } from './money.ts';
import { Money, ProductReason, ProductStatus } from './product.ts';

/** What trade tells the room of a product, in the `data` of a NOTIFICATION: one object for each `event`, each told once. */
export const ProductNotice = z
  .discriminatedUnion('event', [
    z.object({ event: z.literal('notice.minimum'), minParticipants: z.int(), participantCount: z.int() }),
    /** 80 % of the places are taken. */
    z.object({ event: z.literal('notice.filling'), participantCount: z.int(), maxParticipants: z.int() }),
    z.object({ event: z.literal('notice.tier'), minParticipants: z.int(), price: Money }),
    /** Less than an hour is left. */
    z.object({ event: z.literal('notice.hour'), deadline: z.string() }),
    z.object({
      event: z.literal('notice.ended'),
      status: ProductStatus.exclude(['RECRUITING']),
      reason: ProductReason,
      participantCount: z.int(),
      /** What all pay for one; null where it was cancelled. */
      price: Money.nullable(),
    }),
  ])
  .meta({ id: 'ProductNotice' });
export type ProductNotice = z.output<typeof ProductNotice>;

/** The names of all of them. */
export const PRODUCT_NOTICES: readonly ProductNotice['event'][] = ProductNotice.options.map(
  ({ shape }) => shape.event.value,
);

/** A reference that is the same each time that one notice is sent: chat stores it once. */
export function noticeReference(notice: ProductNotice): string {
  return notice.event === 'notice.tier' ? `${notice.event}.${notice.minParticipants}` : notice.event;
}

/** A notice in English, for whoever does not translate it by its data. */
export function noticeText(notice: ProductNotice): string {
  switch (notice.event) {
    case 'notice.minimum':
      return `The minimum of ${notice.minParticipants} is reached`;
    case 'notice.filling':
      return `${notice.participantCount} of ${notice.maxParticipants} places are taken`;
    case 'notice.tier':
      return `${notice.minParticipants} take part: everybody pays ${formatMoney(notice.price, 'en')}`;
    case 'notice.hour':
      return `Less than an hour is left, until ${notice.deadline}`;
    case 'notice.ended':
      return notice.price === null
        ? 'The group buy was cancelled: nobody pays anything'
        : `The group buy is complete: ${notice.participantCount} take part, each pays ${formatMoney(notice.price, 'en')} for one`;
  }
}
