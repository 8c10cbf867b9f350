import { createSecretKey, hkdfSync, randomBytes } from 'node:crypto';
import { seal, unseal } from '../seal/sealing-keys.ts';

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * Seals secrets of webhooks at rest, bound to the webhook's id, by a key derived from SERVICE_JWT_SECRET. They are stored with
 * the tag before the ciphertext, as the first ones were.
 */
export function createSecretSeal(serviceSecret: string) {
  const bytes = Buffer.from(hkdfSync('sha256', serviceSecret, '', 'gongu webhook secrets', 32));
  const key = { key: createSecretKey(bytes) };
  const seals = {
    /** A new secret, as it is told: `whsec_` and 32 bytes in base64. */
    mint: () => `whsec_${randomBytes(32).toString('base64')}`,

    seal(secret: string, webhookId: string): string {
      const sealed = seal(key, secret, Buffer.from(webhookId));
      const [head, text, tag] = [
        sealed.subarray(0, NONCE_BYTES),
        sealed.subarray(NONCE_BYTES, -TAG_BYTES),
        sealed.subarray(-TAG_BYTES),
      ];
      return Buffer.concat([head, tag, text]).toString('base64');
    },

    /** @throws Error where it was sealed by another key, or for another webhook */
    open(stored: string, webhookId: string): string {
      const all = Buffer.from(stored, 'base64');
      const tagEnd = NONCE_BYTES + TAG_BYTES;
      const [head, tag, text] = [all.subarray(0, NONCE_BYTES), all.subarray(NONCE_BYTES, tagEnd), all.subarray(tagEnd)];
      const secret = unseal(key, Buffer.concat([head, text, tag]), Buffer.from(webhookId));
      if (secret === null) throw new Error('the secret of the webhook does not open');
      return secret;
    },

    opens(stored: string, webhookId: string): boolean {
      try {
        seals.open(stored, webhookId);
        return true;
      } catch {
        return false;
      }
    },
  };
  return seals;
}
export type SecretSeal = ReturnType<typeof createSecretSeal>;
