import type { ClaimedDelivery } from './webhook-store.ts';

/** Sends one delivery. Never rejects. `status` null: there was no answer, and `error` says why. */
export type WebhookSend = (
  delivery: Omit<ClaimedDelivery, 'id' | 'attempts'>,
) => Promise<{ status: number; retryAfterMs: number | null } | { status: null; error: string }>;

/** Makes secrets, and seals them for the webhook that they are of. */
export interface WebhookSecrets {
  mint(): string;
  seal(secret: string, webhookId: string): string;
}
