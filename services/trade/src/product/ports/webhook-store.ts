import type { CreateWebhook, EditWebhook, Webhook, WebhookDelivery, WebhookEventType } from '@gongu/shared';
import type { Page } from './page.ts';

/** A webhook, and the secrets that sign for it, sealed. */
export interface StoredWebhook extends Webhook {
  /** Newest first; the second signs along for a day after a rotation. */
  readonly secrets: readonly string[];
}

/** A delivery that was claimed. */
export interface ClaimedDelivery {
  readonly id: string;
  /** The same for every attempt and every endpoint. */
  readonly messageId: string;
  readonly webhookId: string;
  readonly url: string;
  readonly secrets: readonly string[];
  readonly attempts: number;
  readonly type: WebhookEventType | 'webhook.test';
  /** When it happened, ISO. */
  readonly timestamp: string;
  readonly data: object;
}

export type Attempt =
  | { readonly outcome: 'delivered' | 'gone'; readonly answer: number }
  | { readonly outcome: 'retry'; readonly answer: number | null; readonly error: string; readonly delayMs: number };

/**
 * Endpoints, and what they have still to be told. Within an endpoint and a product the oldest comes first, and the next only
 * when it was settled; one that blocks the others for an hour is set aside.
 */
export interface WebhookStore {
  /** Null: there are `max` already (null: any number). */
  create(id: string, webhook: CreateWebhook, secret: string, max: number | null): Promise<Webhook | null>;
  /** Oldest first, one more than `limit` where there is more. */
  list(page: Page<string>): Promise<Webhook[]>;
  find(id: string): Promise<StoredWebhook | null>;
  edit(id: string, edit: EditWebhook): Promise<Webhook | null>;
  /** The secret before it signs along for a day. */
  rotate(id: string, secret: string): Promise<Webhook | null>;
  /** False: there was none. */
  remove(id: string): Promise<boolean>;
  /** Newest first, one more than `limit` where there is more. */
  deliveries(id: string, page: Page<string>): Promise<WebhookDelivery[]>;
  /** How many are delivered again. */
  redeliver(id: string, deliveryId: string | null): Promise<number>;
  /** Whether there is one that is not disabled. */
  any(): Promise<boolean>;
  /** Hands events to the endpoints that want them. Says how many events. */
  fanOut(limit: number): Promise<number>;
  /** @param each deliveries of one endpoint, at most; none of those in `busy` */
  claim(
    claim: string,
    limit: number,
    each: number,
    leaseMs: number,
    busy: readonly string[],
  ): Promise<ClaimedDelivery[]>;
  /** False: the claim was lost. */
  settle(deliveryId: string, claim: string, attempt: Attempt): Promise<boolean>;
  /** Removes what is older than `keepMs`, `limit` at most. Says how many. */
  purge(keepMs: number, limit: number): Promise<number>;
}
