import { z } from 'zod';
import { listOf } from './page.ts';
import { CreateWebhook, EditWebhook, Webhook, WebhookDelivery, WebhookWithSecret } from './webhook.ts';

/** What chat tells back ends of. */
export const ChatWebhookEventType = z.enum(['report.created', 'member.absent']);
export type ChatWebhookEventType = z.output<typeof ChatWebhookEventType>;

const events = z.array(ChatWebhookEventType).max(50).meta({ description: 'empty: all' });
const ChatWebhook = Webhook.extend({ events }).meta({ id: 'ChatWebhook' });

/** What chat's routes of webhooks take and answer. */
export const ChatWebhooks = {
  Create: CreateWebhook.extend({ events: events.default([]) }).meta({ id: 'CreateChatWebhook' }),
  Edit: EditWebhook.extend({ events: events.optional() }).meta({ id: 'EditChatWebhook' }),
  One: ChatWebhook,
  WithSecret: ChatWebhook.extend(WebhookWithSecret.pick({ secret: true }).shape).meta({ id: 'ChatWebhookWithSecret' }),
  List: listOf(ChatWebhook).meta({ id: 'ChatWebhookList' }),
  Deliveries: listOf(
    WebhookDelivery.omit({ productId: true })
      .extend({ type: ChatWebhookEventType, roomId: z.string() })
      .meta({ id: 'ChatWebhookDelivery' }),
  ).meta({ id: 'ChatWebhookDeliveryList' }),
};
