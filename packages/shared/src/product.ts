import { z } from 'zod';
import { Instant } from './instant.ts';
import { LIMITS } from './limits.ts';
import { filledLine } from './line.ts';
import { Picture, PictureId } from './picture.ts';
import { text } from './text.ts';

/** RECRUITING → CLOSED (complete) or CANCELLED. */
export const ProductStatus = z.enum(['RECRUITING', 'CLOSED', 'CANCELLED']);
export type ProductStatus = z.output<typeof ProductStatus>;

/** Why a product ended. */
export const ProductReason = z.enum(['FULL', 'DEADLINE', 'SELLER', 'UNDERFILLED']);
export type ProductReason = z.output<typeof ProductReason>;

/** Integer of the currency's minor unit. KRW has none: 23000 is ₩23,000, never divided by 100. */
export const Money = z
  .object({
    amount: z.int().min(0).max(1_000_000_000_000),
    currency: z.string().regex(/^[A-Z]{3}$/, { error: 'must be an ISO 4217 code such as KRW' }),
  })
  .meta({ id: 'Money' });
export type Money = z.output<typeof Money>;

/** REQUIRED: a place is its buyer's once the shop says that its payment is authorised. */
const ProductPayment = z.enum(['NONE', 'REQUIRED']);

/** Once so many people take part, everybody pays this for one. */
export const PriceTier = z
  .object({
    minParticipants: z.int().min(2).max(LIMITS.maxParticipants),
    amount: Money.shape.amount.meta({ description: 'minor units of the currency of the price' }),
  })
  .meta({ id: 'PriceTier' });
export type PriceTier = z.output<typeof PriceTier>;

/** The tier that is not reached yet. */
const NextTier = PriceTier.extend({
  missing: z.int().meta({ description: 'people until everybody pays its amount' }),
}).meta({ id: 'NextTier' });

/** A product as trade shows it. Cap, minimum and seats count people, not units. */
export const Product = z
  .object({
    id: z.string(),
    sellerId: z.string(),
    title: z.string(),
    description: z.string(),
    imageUrl: z.string().nullable(),
    pictures: z.array(Picture).meta({ description: 'that were uploaded; the first one stands for the product' }),
    category: z.string().nullable(),
    tags: z.array(z.string()),
    price: Money.meta({ description: 'what a buyer agrees to pay for one; tiers only lower it' }),
    priceTiers: z.array(PriceTier),
    currentPrice: Money.meta({ description: 'what all pay if nobody else comes; once CLOSED, what they pay' }),
    nextTier: NextTier.nullable().meta({ description: 'null: the last one is reached, or the product has ended' }),
    finalPrice: Money.nullable().meta({ description: 'what all pay for one, of a product that is CLOSED' }),
    minParticipants: z.int(),
    maxParticipants: z.int(),
    participantCount: z.int(),
    unitCount: z.int().meta({ description: 'units that all of them take together' }),
    payment: ProductPayment,
    committedCount: z.int().meta({
      description: 'who counts for tiers and minimum: all, or with payment those whose payment is authorised',
    }),
    waitingList: z.boolean().meta({ description: 'whether one can wait for a place' }),
    waitingCount: z.int(),
    notices: z
      .boolean()
      .meta({ description: 'whether its room is told of what is reached, the last hour and the end' }),
    seatsLeft: z.int(),
    deadline: z.string(),
    status: ProductStatus,
    reason: ProductReason.nullable(),
    roomId: z.string(),
    version: z.int(),
    createdAt: z.string(),
    closedAt: z.string().nullable(),
  })
  .meta({ id: 'Product' });
export type Product = z.output<typeof Product>;

const Count = z.int().min(1).max(LIMITS.maxParticipants);

const NO_URL = 'must be an http or https URL';

const LABEL_CHARS = 40;
const Label = filledLine(LABEL_CHARS);

/** Name of a category or a tag, in NFC and without blanks around it. */
export const ProductLabel = Label.normalize('NFC').meta({ ...Label.meta(), maxLength: LABEL_CHARS });

/** Fields of a product that its seller gives. */
export const productFields = {
  title: text(LIMITS.titleChars),
  description: text(20_000, 0).default(''),
  imageUrl: z
    .url({ protocol: /^https?$/, error: NO_URL })
    .regex(/^[Hh][Tt][Tt][Pp][Ss]?:\/\/[^\s\\/?#]\S*$/, { error: NO_URL })
    .max(2_048)
    .nullish(),
  pictures: z
    .array(PictureId)
    .max(10, { error: 'must have at most 10 pictures' })
    .refine((ids) => new Set(ids).size === ids.length, { error: 'must have each picture once' })
    .default([])
    .meta({ description: 'ids of pictures that the caller has uploaded, in their order', uniqueItems: true }),
  category: ProductLabel.nullish(),
  tags: z
    .array(ProductLabel)
    .max(10)
    .refine((tags) => new Set(tags).size === tags.length, { error: 'must all differ' })
    .default([])
    .meta({ description: 'all different', uniqueItems: true }),
  price: Money.extend({
    currency: Money.shape.currency.refine((code) => Intl.supportedValuesOf('currency').includes(code), {
      error: 'must be an ISO 4217 code such as KRW',
    }),
  }).meta({ id: 'NewPrice' }),
  priceTiers: z
    .array(PriceTier)
    .max(10)
    .superRefine((tiers, context) => {
      for (const [index, tier] of tiers.entries()) {
        const before = tiers[index - 1];
        if (before === undefined) continue;
        const fault = (field: keyof PriceTier, message: string) =>
          context.addIssue({ code: 'custom', path: [index, field], message });
        if (tier.minParticipants <= before.minParticipants)
          fault('minParticipants', 'must be more than of the tier before');
        if (tier.amount >= before.amount) fault('amount', 'must be less than of the tier before');
      }
    })
    .default([])
    .meta({ description: 'rising counts and falling amounts, all below the price' }),
  payment: ProductPayment.default('NONE').meta({
    description: 'REQUIRED: places are held until their payment is due, and the shop reports on payments',
  }),
  waitingList: z.boolean().default(false).meta({ description: 'whether one can wait for a place of a full product' }),
  notices: z.boolean().default(true).meta({
    description: 'whether its room is told of minimum, tiers, 80 % of the places, the last hour and the end',
  }),
  minParticipants: Count.default(1).meta({ description: 'not more than maxParticipants' }),
  maxParticipants: Count,
  deadline: Instant.meta({ description: 'in the future, and not further away than DEADLINE_MAX_DAYS' }),
} as const;

/** Body of `POST /api/products`. */
export const CreateProduct = z
  .object(productFields)
  .refine((product) => product.minParticipants <= product.maxParticipants, {
    path: ['minParticipants'],
    error: 'must not be more than maxParticipants',
  })
  .refine(({ priceTiers, price }) => (priceTiers[0]?.amount ?? -1) < price.amount, {
    path: ['priceTiers', 0, 'amount'],
    error: 'must be less than price.amount',
  })
  .refine(({ priceTiers, maxParticipants }) => (priceTiers.at(-1)?.minParticipants ?? 0) <= maxParticipants, {
    path: ['priceTiers'],
    error: 'must have no tier for more than maxParticipants',
  })
  .meta({ id: 'CreateProduct' });
export type CreateProduct = z.output<typeof CreateProduct>;

/** Body of `POST …/participations`. */
export const CreateParticipation = z
  .object({ quantity: z.int().min(1).max(99).default(1) })
  .meta({ id: 'CreateParticipation' });

/** Body of `PATCH …/participations/me`. */
export const ChangeParticipation = z.object({ quantity: z.int().min(1).max(99) }).meta({ id: 'ChangeParticipation' });

/** What became of a payment. */
export const PaymentStatus = z.enum(['PENDING', 'AUTHORIZED', 'FAILED', 'CAPTURED', 'RELEASED', 'REFUNDED']);
export type PaymentStatus = z.output<typeof PaymentStatus>;

/** The payment of a participation. */
const Payment = z
  .object({
    status: PaymentStatus,
    dueAt: z.string().meta({ description: 'until when it is to be authorised; the place is gone then' }),
    reference: z.string().nullable().meta({ description: "the shop's own name of what it holds" }),
    amount: z.int().nullable().meta({ description: 'minor units that are held or were captured' }),
  })
  .meta({ id: 'Payment' });

/** Body of `PUT …/participations/:userId/payment`, by a shop's back end. */
export const ReportPayment = z
  .object({
    status: PaymentStatus.exclude(['PENDING']),
    reference: text(255).meta({ description: "the shop's own name of it" }),
    amount: z.int().min(0).max(1_000_000_000_000_000).meta({
      description: 'minor units: of AUTHORIZED payable at least, of CAPTURED no more than was authorised',
    }),
  })
  .meta({ id: 'ReportPayment' });
export type ReportPayment = z.output<typeof ReportPayment>;

/** Answer of `POST …/waiting`. */
export const WaitingPlace = z
  .object({
    productId: z.string(),
    userId: z.string(),
    quantity: z.int(),
    position: z.int().meta({ description: '1: the next who gets a place' }),
  })
  .meta({ id: 'WaitingPlace' });
export type WaitingPlace = z.output<typeof WaitingPlace>;

export const Participation = z
  .object({
    productId: z.string(),
    userId: z.string(),
    quantity: z.int(),
    payable: z
      .object({ amount: z.int(), currency: z.string() })
      .meta({ description: 'price × quantity: the most that it will cost, and what has to be authorised' }),
    payment: Payment.nullable().meta({ description: 'null where nobody has to pay here' }),
    joinedAt: z.string(),
  })
  .meta({ id: 'Participation' });
export type Participation = z.output<typeof Participation>;

/** A buyer as the seller sees him. */
export const Buyer = Participation.extend({ nickname: z.string(), tag: z.string().nullable() }).meta({ id: 'Buyer' });
export type Buyer = z.output<typeof Buyer>;

/** A purchase as its buyer sees it. */
export const Purchase = Participation.extend({ product: Product }).meta({ id: 'Purchase' });
export type Purchase = z.output<typeof Purchase>;

const sums = {
  people: z.int(),
  units: z.int(),
  payable: z.number().meta({ description: 'minor units: price × quantity of all of them' }),
};

/** Answer of `GET …/summary`: of those who take part at one moment. */
export const ProductSummary = z
  .object({
    productId: z.string(),
    seats: z.object({ all: z.int(), taken: z.int(), committed: z.int(), left: z.int() }),
    waitingCount: z.int(),
    unitCount: z.int(),
    currency: z.string(),
    payments: z.array(
      z.object({
        status: PaymentStatus.nullable().meta({ description: 'null where nobody has to pay here' }),
        ...sums,
        amount: z.number().meta({ description: 'minor units that are held or were captured' }),
      }),
    ),
    days: z.array(
      z.object({
        day: z.string().meta({ description: 'of the purchase, YYYY-MM-DD; days without any are left out' }),
        ...sums,
      }),
    ),
  })
  .meta({ id: 'ProductSummary' });
export type ProductSummary = z.output<typeof ProductSummary>;

const counts = z.array(z.object({ name: z.string(), count: z.int() }));

/** Answer of `GET /api/products/facets`: what products that recruit are sorted by, the most frequent first. */
export const ProductFacets = z
  .object({
    categories: counts.meta({ description: 'the 100 most frequent' }),
    tags: counts.meta({ description: 'the 100 most frequent' }),
  })
  .meta({ id: 'ProductFacets' });
export type ProductFacets = z.output<typeof ProductFacets>;
