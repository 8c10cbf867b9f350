import type { CreateWebhook, EditWebhook, Webhook, WebhookDelivery } from '@gongu/shared';
import type { Pool } from '../postgres/pool.ts';
import { written } from '../postgres/written.ts';
import { type Anew, type Resealed, resealSecrets } from './reseal-secrets.ts';

/** Types of events are the service's. */
export type AnyWebhook = Omit<Webhook, 'events'> & { events: string[] };
export type AnyCreateWebhook = Omit<CreateWebhook, 'events'> & { events: string[] };
export type AnyEditWebhook = Omit<EditWebhook, 'events'> & { events?: string[] | undefined };
/** Beside what all have: `productId` or `roomId`. */
export type AnyWebhookDelivery = Omit<WebhookDelivery, 'type' | 'productId'> & { type: string };

/** A webhook, and the secrets that sign for it, sealed. */
export interface StoredWebhook extends AnyWebhook {
  /** Newest first; the others sign along for a day after a rotation. */
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
  readonly type: string;
  /** When it happened, ISO. */
  readonly timestamp: string;
  readonly data: object;
}

/** What became of an attempt. */
export interface Attempt {
  /** Of the delivery. */
  readonly id: string;
  /** Under which it was claimed. */
  readonly claim: string;
  /** How many had been made before it. */
  readonly attempts: number;
  readonly outcome: 'delivered' | 'gone' | 'retry';
  readonly answer: number | null;
  readonly error: string | null;
  /** Until it may be tried again. */
  readonly delayMs: number;
}

/** What is asked of a list: `after` is the id of the last one before. */
export interface WebhookPage {
  readonly limit: number;
  readonly after: string | null;
}

/**
 * Endpoints, and what they have still to be told. Within an endpoint and a subject (a product, a room) the oldest comes first, and
 * the next only when it was settled; one that blocks the others for an hour is set aside.
 */
export interface WebhookStore {
  /** Null: there are `max` already (null: any number). */
  create(id: string, webhook: AnyCreateWebhook, secret: string, max: number | null): Promise<AnyWebhook | null>;
  /** Oldest first, one more than `limit` where there is more. */
  list(page: WebhookPage): Promise<AnyWebhook[]>;
  find(id: string): Promise<StoredWebhook | null>;
  edit(id: string, edit: AnyEditWebhook): Promise<AnyWebhook | null>;
  /** The secret before it signs along for a day. */
  rotate(id: string, secret: string): Promise<AnyWebhook | null>;
  /** See {@link resealSecrets}. */
  reseal(anew: Anew, byUserId: string | null): Promise<Resealed>;
  /** False: there was none. */
  remove(id: string): Promise<boolean>;
  /** Newest first, one more than `limit` where there is more. */
  deliveries(id: string, page: WebhookPage): Promise<AnyWebhookDelivery[]>;
  /** How many are delivered again. */
  redeliver(id: string, deliveryId: string | null): Promise<number>;
  /** Whether there is one that is not disabled. */
  any(): Promise<boolean>;
  /** Hands events to the endpoints that want them. Says how many events; null: another instance is at it, and may not see the newest. */
  fanOut(limit: number): Promise<number | null>;
  /** @param each deliveries of one endpoint, at most; none of those in `busy` */
  claim(
    claim: string,
    limit: number,
    each: number,
    leaseMs: number,
    busy: readonly string[],
  ): Promise<ClaimedDelivery[]>;
  /** How many were settled: of the others the claim was lost. */
  settle(attempts: readonly Attempt[]): Promise<number>;
  /** Removes what is older than `keepMs`, `limit` at most. Says how many. */
  purge(keepMs: number, limit: number): Promise<number>;
}

export interface WebhookStoreOptions<EventRow> {
  readonly pool: Pool;
  /** That the service's tables and functions are in. */
  readonly schema: string;
  /** What events are of: the column of it, and how the wire calls it. */
  readonly subject: { readonly column: string; readonly field: string };
  /** Begins the `webhook-id` of events; no two services have the same. */
  readonly messagePrefix: string;
  /** What is told of an event: its row, as the function `webhook_claim` answers it. */
  readonly dataOf: (event: EventRow) => object;
}

/** The tables `webhook…` of a service and its functions of that name. See {@link WebhookStore}. */
export function createWebhookStore<EventRow extends WebhookEventRow>({
  pool,
  schema,
  subject,
  messagePrefix,
  dataOf,
}: WebhookStoreOptions<EventRow>): WebhookStore {
  const hooks = `${schema}.webhooks`;
  const deliveries = `${schema}.webhook_deliveries`;
  const now = 'clock_timestamp()';
  const changed = ({ rows }: { rows: WebhookRow[] }) => (rows[0] ? toWebhook(rows[0]) : null);
  async function call<T>(name: string, values: readonly unknown[]): Promise<T> {
    const places = values.map((_, i) => `$${i + 1}`).join(', ');
    const text = `SELECT ${schema}.${name}(${places}) AS answer`;
    const { rows } = await written(() => pool.query<{ answer: T }>(text, [...values]));
    return rows[0]!.answer;
  }

  return {
    async create(id, { url, events, description }, secret, max) {
      const made = await call<WebhookRow | null>('webhook_create', [id, url, events, description, secret, max]);
      return made && toWebhook(made);
    },

    async list({ limit, after }) {
      const text = `SELECT * FROM ${hooks} WHERE $1::text IS NULL OR id > $1 ORDER BY id LIMIT $2`;
      const { rows } = await pool.query<WebhookRow>(text, [after, limit + 1]);
      return rows.map(toWebhook);
    },

    async find(id) {
      const text = `SELECT h.*, h.old_until > ${now} AS old_signs FROM ${hooks} h WHERE h.id = $1`;
      const { rows } = await pool.query<WebhookRow>(text, [id]);
      return rows[0] ? { ...toWebhook(rows[0]), secrets: secretsOf(rows[0]) } : null;
    },

    async edit(id, { url, events, description, disabled }) {
      if (disabled === false) {
        // While it was disabled nothing could be tried: that is not held against what waits.
        await written(() =>
          pool.query(
            `UPDATE ${deliveries} d SET first_tried_at = NULL FROM ${hooks} h
             WHERE h.id = $1 AND h.disabled_at IS NOT NULL AND d.webhook_id = h.id AND d.status IN ('pending', 'failed')
               AND d.first_tried_at IS NOT NULL`,
            [id],
          ),
        );
      }
      const edited = await written(() =>
        pool.query<WebhookRow>(
          `UPDATE ${hooks} h SET url = coalesce($2, h.url), events = coalesce($3, h.events),
             description = coalesce($4, h.description),
             disabled_at = CASE WHEN $5 THEN coalesce(h.disabled_at, ${now}) WHEN NOT $5 THEN NULL
               ELSE h.disabled_at END,
             disabled_reason = CASE WHEN $5 THEN coalesce(h.disabled_reason, 'OFF') WHEN NOT $5 THEN NULL
               ELSE h.disabled_reason END
           WHERE h.id = $1 RETURNING *`,
          [id, url ?? null, events ?? null, description ?? null, disabled ?? null],
        ),
      );
      return changed(edited);
    },

    async rotate(id, secret) {
      const rotated = await written(() =>
        pool.query<WebhookRow>(
          // Whoever rotates twice since he did not hear of the first may still have the one before it.
          `UPDATE ${hooks} h SET old_until = ${now} + interval '1 day', secret = $2,
             old_secret = CASE WHEN h.old_until > ${now}
               THEN array_to_string((h.secret || string_to_array(h.old_secret, ' '))[1:3], ' ') ELSE h.secret END
           WHERE h.id = $1 RETURNING *`,
          [id, secret],
        ),
      );
      return changed(rotated);
    },

    reseal: (anew, byUserId) => resealSecrets({ pool, schema }, anew, byUserId),

    remove: (id) => call<boolean>('webhook_remove', [id]),

    async deliveries(id, { limit, after }) {
      const { rows } = await pool.query<DeliveryRow>(
        `SELECT * FROM ${deliveries} WHERE webhook_id = $1 AND ($2::bigint IS NULL OR id < $2)
         ORDER BY id DESC LIMIT $3`,
        [id, after, limit + 1],
      );
      return rows.map((row) => ({ ...toDelivery(row), [subject.field]: row[subject.column] }));
    },

    redeliver: (id, deliveryId) => call<number>('webhook_redeliver', [id, deliveryId]),

    async any() {
      const text = `SELECT EXISTS (SELECT 1 FROM ${hooks} WHERE disabled_at IS NULL) AS found`;
      const { rows } = await pool.query<{ found: boolean }>(text);
      return rows[0]!.found;
    },

    fanOut: (limit) => call<number | null>('webhook_fan_out', [limit]),

    async claim(claim, limit, each, leaseMs, busy) {
      const { rows } = await written(() =>
        pool.query<{ delivery: DeliveryRow; event: EventRow; webhook: WebhookRow }>(
          `SELECT delivery, event, webhook FROM ${schema}.webhook_claim($1, $2, $3, $4, $5)`,
          [claim, limit, each, leaseMs, busy],
        ),
      );
      return rows.map(({ delivery, event, webhook }) => ({
        id: String(delivery.id),
        messageId: `${messagePrefix}${event.id}${delivery.type === event.type ? '' : '_due'}`,
        webhookId: webhook.id,
        url: webhook.url,
        secrets: secretsOf(webhook),
        attempts: delivery.attempts,
        type: delivery.type,
        timestamp: isoOf(event.at),
        data: dataOf(event),
      }));
    },

    settle: (attempts) => call<number>('webhook_settle', [JSON.stringify(attempts)]),

    purge: (keepMs, limit) => call<number>('webhook_purge', [keepMs, limit]),
  };
}

/** A row of `webhook_events`, as JSON: what all services have of it. */
export interface WebhookEventRow {
  readonly id: string | number;
  readonly type: string;
  readonly at: string;
}

interface WebhookRow {
  id: string;
  url: string;
  events: string[];
  description: string;
  secret: string;
  old_secret: string | null;
  /** Whether the old ones sign along. */
  old_signs?: boolean | null;
  disabled_at: Date | string | null;
  disabled_reason: string | null;
  created_at: Date | string;
}

interface DeliveryRow extends Record<string, unknown> {
  id: string | number;
  type: string;
  status: string;
  attempts: number;
  tried_at: Date | string | null;
  next_at: Date | string | null;
  answer: number | null;
  error: string | null;
}

function toWebhook(row: WebhookRow): AnyWebhook {
  const { id, url, events, description } = row;
  return {
    ...{ id, url, events, description },
    disabledAt: row.disabled_at && isoOf(row.disabled_at),
    disabledReason: row.disabled_reason as Webhook['disabledReason'],
    createdAt: isoOf(row.created_at),
  };
}

function secretsOf({ secret, old_secret, old_signs }: WebhookRow): string[] {
  return old_signs && old_secret !== null ? [secret, ...old_secret.split(' ')] : [secret];
}

function toDelivery(row: DeliveryRow): AnyWebhookDelivery {
  const { type, attempts, answer, error } = row;
  return {
    ...{ id: String(row.id), type, status: row.status as WebhookDelivery['status'], attempts },
    ...{ triedAt: row.tried_at && isoOf(row.tried_at), nextAt: row.next_at && isoOf(row.next_at), answer, error },
  };
}

/** ISO 8601 UTC with milliseconds. */
function isoOf(at: Date | string): string {
  return new Date(at).toISOString();
}
