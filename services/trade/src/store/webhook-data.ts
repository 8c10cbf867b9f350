import type { WebhookEventRow } from '@gongu/host';
import { fromSql, type ParticipationRow, type ProductRow, toParticipation, toProduct } from './product-row.ts';

/** A row of `webhook_events`, as JSON. */
export interface TradeEventRow extends WebhookEventRow {
  product_id: string;
  user_id: string | null;
  product: object;
  place: object | null;
  data: Record<string, unknown> | null;
}

/** The object that an event is about, as the wire shows it, as it was then. */
export function webhookDataOf({ id, product_id: productId, type, user_id: userId, ...row }: TradeEventRow): object {
  const product = fromSql<ProductRow>(row.product);
  const marks = { productId, sequence: Number(id) };
  if (type.startsWith('product.')) return { ...marks, ...toProduct(product) };
  if (type.startsWith('payment.') || row.place === null) return { ...marks, userId, ...row.data };
  return { ...marks, ...toParticipation(fromSql<ParticipationRow>(row.place), product) };
}
