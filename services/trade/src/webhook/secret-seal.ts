import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';

/** Seals secrets of webhooks at rest, bound to the webhook's id: AES-256-GCM, a key derived from SERVICE_JWT_SECRET. */
export function createSecretSeal(serviceSecret: string) {
  const key = Buffer.from(hkdfSync('sha256', serviceSecret, '', 'gongu webhook secrets', 32));
  return {
    /** A new secret, as it is told: `whsec_` and 32 bytes in base64. */
    mint: () => `whsec_${randomBytes(32).toString('base64')}`,

    seal(secret: string, webhookId: string): string {
      const nonce = randomBytes(12);
      const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(webhookId));
      const sealed = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()]);
      return Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString('base64');
    },

    /** @throws Error where it was sealed by another key, or for another webhook */
    open(text: string, webhookId: string): string {
      const bytes = Buffer.from(text, 'base64');
      const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12));
      decipher.setAAD(Buffer.from(webhookId)).setAuthTag(bytes.subarray(12, 28));
      return Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]).toString('utf8');
    },
  };
}
export type SecretSeal = ReturnType<typeof createSecretSeal>;
