import { createHmac } from 'node:crypto';
import type { OutboundPost, Posted } from '../http/outbound-post.ts';
import type { SecretSeal } from './secret-seal.ts';
import type { ClaimedDelivery } from './webhook-store.ts';

/** Sends one delivery. Never rejects. */
export type WebhookSend = (delivery: Omit<ClaimedDelivery, 'id' | 'attempts'>) => Promise<Posted>;

export interface SendOptions {
  post: OutboundPost['post'];
  seal: SecretSeal;
  /** Epoch milliseconds. */
  now: () => number;
}

/** Posts a delivery, signed at this moment. */
export function createSend({ post, seal, now }: SendOptions): WebhookSend {
  return async ({ webhookId, messageId, url, secrets, type, timestamp, data }) => {
    const body = JSON.stringify({ type, timestamp, data });
    const opened: string[] = [];
    try {
      for (const secret of secrets) opened.push(seal.open(secret, webhookId));
    } catch {
      return { status: null, error: 'the secret was sealed by another key' };
    }
    return post(url, signedHeaders({ id: messageId, atS: Math.floor(now() / 1_000), body }, opened), body);
  };
}

/** Headers of a delivery as the Standard Webhooks have them: one signature for each secret that is good now. */
function signedHeaders(
  { id, atS, body }: { id: string; atS: number; body: string },
  secrets: readonly string[],
): Record<string, string> {
  const signatures = secrets.map((secret) => {
    const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
    return `v1,${createHmac('sha256', key).update(`${id}.${atS}.${body}`).digest('base64')}`;
  });
  return {
    'content-type': 'application/json',
    'user-agent': 'gongu-webhooks/1',
    'webhook-id': id,
    'webhook-timestamp': String(atS),
    'webhook-signature': signatures.join(' '),
  };
}
