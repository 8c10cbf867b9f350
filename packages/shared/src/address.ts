import { z } from 'zod';
import { filledLine, line } from './line.ts';
import { Buyer } from './product.ts';

/** Of a person or a place, in parts of which the last has four digits; or of a company (1588-1234), which has no code of an area. */
const PHONE = /^(?:(?:\+82[ .-]?\(?0?\)?[ .-]?|\(?0)[1-9][0-9]{0,3}\)?[ .-]?[0-9]{3,4}|1[568][0-9]{2})[ .-]?[0-9]{4}$/;

/** Where a purchase is sent: a Korean address as couriers want it. Lengths are of characters, without the blanks around. */
export const Address = z
  .object({
    recipient: filledLine(50),
    phone: z.string().regex(PHONE, {
      error: 'must be a telephone number in Korea such as 010-1234-5678, 02-123-4567 or +82 10 1234 5678',
    }),
    postalCode: z.string().regex(/^[0-9]{5}$/, { error: 'must be a postal code of five digits such as 06236' }),
    line1: filledLine(200).meta({ description: 'street and number, or lot' }),
    line2: line(100).optional().meta({ description: 'building, floor, door' }),
    memo: line(200).optional().meta({ description: 'for who delivers' }),
  })
  .meta({ id: 'Address' });
export type Address = z.output<typeof Address>;

/** An address as its buyer sees it. */
export const OwnAddress = Address.extend({
  updatedAt: z.string(),
  readBy: z
    .array(z.object({ userId: z.string(), at: z.string() }))
    .meta({ description: 'who has read it, and when last' }),
}).meta({ id: 'OwnAddress' });
export type OwnAddress = z.output<typeof OwnAddress>;

/** In place of one that was not given, or was erased. */
export const NoAddress = z
  .object({ kept: z.boolean().meta({ description: 'whether the service keeps addresses' }) })
  .meta({ id: 'NoAddress' });
export type NoAddress = z.output<typeof NoAddress>;

/** A buyer as the seller sees him who sends something; `address` is null where he gave none, or it was erased. */
export const AddressedBuyer = Buyer.extend({
  address: Address.nullable(),
  unreadable: z
    .literal(true)
    .optional()
    .meta({ description: 'there is an address, which was damaged where it is stored' }),
}).meta({ id: 'AddressedBuyer' });
export type AddressedBuyer = z.output<typeof AddressedBuyer>;
