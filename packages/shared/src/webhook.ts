import { z } from 'zod';
import { listOf } from './page.ts';
import { text } from './text.ts';

/** What trade tells shops' back ends of. */
export const WebhookEventType = z.enum([
  'product.created',
  'product.updated',
  'product.closed',
  'product.cancelled',
  'participation.created',
  'participation.changed',
  'participation.withdrawn',
  'participation.payment_due',
  'participation.expired',
  'payment.capture',
  'payment.release',
  'waiting.promoted',
  'waiting.ended',
]);
export type WebhookEventType = z.output<typeof WebhookEventType>;

const NO_URL = 'must be an http or https URL';

const fields = {
  url: z
    .url({ protocol: /^https?$/, error: NO_URL })
    .regex(/^[Hh][Tt][Tt][Pp][Ss]?:\/\/[^\s\\/?#]\S*$/, { error: NO_URL })
    .max(2_048)
    .meta({ description: 'https; http only where private addresses are allowed' }),
  events: z.array(WebhookEventType).max(50).meta({ description: 'empty: all' }),
  description: text(200, 0),
} as const;

/** Body of `POST /api/trade/webhooks`. */
export const CreateWebhook = z
  .object({ ...fields, events: fields.events.default([]), description: fields.description.default('') })
  .meta({ id: 'CreateWebhook' });
export type CreateWebhook = z.output<typeof CreateWebhook>;

/** Body of `PATCH /api/trade/webhooks/:id`. */
export const EditWebhook = z
  .object({
    url: fields.url.optional(),
    events: fields.events.optional(),
    description: fields.description.optional(),
    disabled: z.boolean().optional().meta({ description: 'false: what waits is delivered now' }),
  })
  .meta({ id: 'EditWebhook' });
export type EditWebhook = z.output<typeof EditWebhook>;

/** An endpoint of a shop's back end. */
export const Webhook = z
  .object({
    id: z.string(),
    url: z.string(),
    events: z.array(WebhookEventType),
    description: z.string(),
    disabledAt: z.string().nullable(),
    disabledReason: z.enum(['GONE', 'OFF']).nullable().meta({ description: 'GONE: it answered 410' }),
    createdAt: z.string(),
  })
  .meta({ id: 'Webhook' });
export type Webhook = z.output<typeof Webhook>;

/** A webhook with its secret, which is told once. */
export const WebhookWithSecret = Webhook.extend({
  secret: z.string().meta({ description: 'whsec_ and base64, as Standard Webhooks have it' }),
}).meta({ id: 'WebhookWithSecret' });
export type WebhookWithSecret = z.output<typeof WebhookWithSecret>;

/** What became of an event for an endpoint. */
export const WebhookDelivery = z
  .object({
    id: z.string(),
    type: WebhookEventType,
    productId: z.string(),
    status: z.enum(['pending', 'delivered', 'failed']),
    attempts: z.int(),
    triedAt: z.string().nullable(),
    nextAt: z.string().nullable().meta({ description: 'of one that failed: when it is tried again' }),
    answer: z.int().nullable().meta({ description: 'HTTP status; null: there was no answer' }),
    error: z.string().nullable(),
  })
  .meta({ id: 'WebhookDelivery' });
export type WebhookDelivery = z.output<typeof WebhookDelivery>;

/** Answer of `POST …/webhooks/:id/test`. */
export const WebhookTest = z
  .object({ delivered: z.boolean(), answer: z.int().nullable(), error: z.string().nullable() })
  .meta({ id: 'WebhookTest' });
export type WebhookTest = z.output<typeof WebhookTest>;

/** Body of `POST …/webhooks/:id/redeliver`. */
export const Redeliver = z
  .object({
    deliveryId: z
      .string()
      .regex(/^[1-9]\d{0,17}$/, { error: 'must be the id of a delivery' })
      .optional()
      .meta({ description: 'absent: all that failed' }),
  })
  .meta({ id: 'Redeliver' });

/** Answer of `POST …/webhooks/:id/redeliver`. */
export const Redelivered = z.object({ count: z.int() }).meta({ id: 'Redelivered' });

/** What trade's routes of webhooks take and answer. */
export const TradeWebhooks = {
  Create: CreateWebhook,
  Edit: EditWebhook,
  One: Webhook,
  WithSecret: WebhookWithSecret,
  List: listOf(Webhook).meta({ id: 'WebhookList' }),
  Deliveries: listOf(WebhookDelivery).meta({ id: 'WebhookDeliveryList' }),
};
