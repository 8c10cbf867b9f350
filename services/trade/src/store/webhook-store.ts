import { type Pool, written } from '@gongu/host';
import type { Webhook, WebhookDelivery, WebhookEventType } from '@gongu/shared';
import type { WebhookStore } from '../product/ports/webhook-store.ts';
import { fromSql, isoOf, type ParticipationRow, type ProductRow, toParticipation, toProduct } from './product-row.ts';

/** See {@link WebhookStore}. */
export function createWebhookStore({ pool }: { pool: Pool }): WebhookStore {
  const changed = ({ rows }: { rows: object[] }): Webhook | null =>
    rows[0] ? toWebhook(fromSql<WebhookRow>(rows[0])) : null;

  return {
    async create(id, { url, events, description }, secret, max) {
      const { rows } = await written(() =>
        pool.query<{ made: object | null }>('SELECT trade.webhook_create($1, $2, $3, $4, $5, $6) AS made', [
          ...[id, url, events, description, secret, max],
        ]),
      );
      const { made } = rows[0]!;
      return made && toWebhook(fromSql<WebhookRow>(made));
    },

    async list({ limit, after }) {
      const { rows } = await pool.query(
        `SELECT * FROM trade.webhooks WHERE $1::text IS NULL OR id > $1 ORDER BY id LIMIT $2`,
        [after, limit + 1],
      );
      return rows.map((row) => toWebhook(fromSql<WebhookRow>(row)));
    },

    async find(id) {
      const { rows } = await pool.query(
        'SELECT h.*, h.old_until > clock_timestamp() AS old_signs FROM trade.webhooks h WHERE h.id = $1',
        [id],
      );
      if (!rows[0]) return null;
      const row = fromSql<WebhookRow>(rows[0]);
      return { ...toWebhook(row), secrets: secretsOf(row) };
    },

    async edit(id, { url, events, description, disabled }) {
      if (disabled === false) {
        // While it was disabled nothing could be tried: that is not held against what waits.
        await written(() =>
          pool.query(
            `UPDATE trade.webhook_deliveries d SET first_tried_at = NULL FROM trade.webhooks h
             WHERE h.id = $1 AND h.disabled_at IS NOT NULL AND d.webhook_id = h.id AND d.status IN ('pending', 'failed')
               AND d.first_tried_at IS NOT NULL`,
            [id],
          ),
        );
      }
      const edited = await written(() =>
        pool.query(
          `UPDATE trade.webhooks h SET url = coalesce($2, h.url), events = coalesce($3, h.events),
             description = coalesce($4, h.description),
             disabled_at = CASE WHEN $5 THEN coalesce(h.disabled_at, trade.instant()) WHEN NOT $5 THEN NULL
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
        pool.query(
          // Whoever rotates twice since he did not hear of the first may still have the one before it.
          `UPDATE trade.webhooks h SET old_until = trade.instant() + interval '1 day', secret = $2,
             old_secret = CASE WHEN h.old_until > trade.instant()
               THEN array_to_string((h.secret || string_to_array(h.old_secret, ' '))[1:3], ' ') ELSE h.secret END
           WHERE h.id = $1 RETURNING *`,
          [id, secret],
        ),
      );
      return changed(rotated);
    },

    async remove(id) {
      const { rows } = await written(() => pool.query('SELECT trade.webhook_remove($1) AS removed', [id]));
      return rows[0].removed as boolean;
    },

    async deliveries(id, { limit, after }) {
      const { rows } = await pool.query(
        `SELECT * FROM trade.webhook_deliveries WHERE webhook_id = $1 AND ($2::bigint IS NULL OR id < $2)
         ORDER BY id DESC LIMIT $3`,
        [id, after, limit + 1],
      );
      return rows.map((row) => toDelivery(fromSql<DeliveryRow>(row)));
    },

    async redeliver(id, deliveryId) {
      const { rows } = await written(() =>
        pool.query('SELECT trade.webhook_redeliver($1, $2) AS again', [id, deliveryId]),
      );
      return Number(rows[0].again);
    },

    async any() {
      const { rows } = await pool.query(
        'SELECT EXISTS (SELECT 1 FROM trade.webhooks WHERE disabled_at IS NULL) AS found',
      );
      return rows[0].found as boolean;
    },

    async fanOut(limit) {
      const { rows } = await written(() => pool.query('SELECT trade.webhook_fan_out($1) AS events', [limit]));
      return Number(rows[0].events);
    },

    async claim(claim, limit, each, leaseMs, busy) {
      const { rows } = await written(() =>
        pool.query<ClaimRow>('SELECT delivery, event, webhook FROM trade.webhook_claim($1, $2, $3, $4, $5)', [
          ...[claim, limit, each, leaseMs, busy],
        ]),
      );
      return rows.map((row) => {
        const delivery = fromSql<DeliveryRow & { webhookId: string }>(row.delivery);
        const webhook = fromSql<WebhookRow>(row.webhook);
        const event = fromSql<EventRow>(row.event);
        return {
          id: String(delivery.id),
          messageId: `msg_${event.id}${delivery.type === event.type ? '' : '_due'}`,
          webhookId: delivery.webhookId,
          url: webhook.url,
          secrets: secretsOf(webhook),
          attempts: delivery.attempts,
          type: delivery.type,
          timestamp: isoOf(event.at),
          data: dataOf(event),
        };
      });
    },

    async settle(deliveryId, claim, attempt) {
      const [error, delayMs] = attempt.outcome === 'retry' ? [attempt.error, attempt.delayMs] : [null, 0];
      const { rows } = await written(() =>
        pool.query('SELECT trade.webhook_settle($1, $2, $3, $4, $5, $6) AS settled', [
          ...[deliveryId, claim, attempt.outcome, attempt.answer, error, delayMs],
        ]),
      );
      return rows[0].settled as boolean;
    },

    async purge(keepMs, limit) {
      const { rows } = await written(() =>
        pool.query('SELECT trade.webhook_purge($1, $2) AS removed', [keepMs, limit]),
      );
      return Number(rows[0].removed);
    },
  };
}

interface WebhookRow {
  id: string;
  url: string;
  events: string[];
  description: string;
  secret: string;
  oldSecret: string | null;
  /** Whether the old one signs along. */
  oldSigns?: boolean | null;
  disabledAt: Date | string | null;
  disabledReason: string | null;
  createdAt: Date | string;
}

interface DeliveryRow {
  id: string | number;
  type: WebhookEventType;
  productId: string;
  status: string;
  attempts: number;
  triedAt: Date | string | null;
  nextAt: Date | string | null;
  answer: number | null;
  error: string | null;
}

interface EventRow {
  id: string | number;
  productId: string;
  type: string;
  userId: string | null;
  product: object;
  place: object | null;
  data: Record<string, unknown> | null;
  at: string;
}

type ClaimRow = Record<'delivery' | 'event' | 'webhook', object>;

function toWebhook({ id, url, events, description, disabledAt, disabledReason, createdAt }: WebhookRow): Webhook {
  return {
    id,
    url,
    events: events as WebhookEventType[],
    description,
    disabledAt: disabledAt && isoOf(disabledAt),
    disabledReason: disabledReason as Webhook['disabledReason'],
    createdAt: isoOf(createdAt),
  };
}

function secretsOf({ secret, oldSecret, oldSigns }: WebhookRow): string[] {
  return oldSigns && oldSecret !== null ? [secret, ...oldSecret.split(' ')] : [secret];
}

function toDelivery(row: DeliveryRow): WebhookDelivery {
  const { type, productId, attempts, answer, error } = row;
  return {
    ...{ id: String(row.id), type, productId, status: row.status as WebhookDelivery['status'], attempts },
    ...{ triedAt: row.triedAt && isoOf(row.triedAt), nextAt: row.nextAt && isoOf(row.nextAt), answer, error },
  };
}

/** The object that it is about, as the wire shows it, as it was then. */
function dataOf({ id, productId, type, userId, product, place, data }: EventRow): object {
  const row = fromSql<ProductRow>(product);
  const marks = { productId, sequence: Number(id) };
  if (type.startsWith('product.')) return { ...marks, ...toProduct(row) };
  if (type.startsWith('payment.')) return { ...marks, userId, ...data };
  if (place === null) return { ...marks, userId, ...data };
  return { ...marks, ...toParticipation(fromSql<ParticipationRow>(place), row) };
}
