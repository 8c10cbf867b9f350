import { createCipheriv, createDecipheriv, createHmac, type KeyObject, randomBytes } from 'node:crypto';

/** A key of AES-256 and the name under which it is written beside what it sealed. */
export interface SealingKey {
  readonly id: string;
  readonly key: KeyObject;
}

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** The key's mark: two keys of one id are told apart by it, and nothing else is to be learnt from it. */
export function fingerprintOf({ key }: SealingKey): string {
  return createHmac('sha256', key).update('gongu sealing key').digest('hex').slice(0, 32);
}

/**
 * AES-256-GCM under a fresh nonce of 96 bits: nonce, ciphertext, tag.
 *
 * @param bound what the sealed text belongs to; it opens nowhere else. Bytes are bound as they are
 */
export function seal({ key }: Pick<SealingKey, 'key'>, text: string, bound: Bound): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(bytesOf(bound));
  return Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]);
}

/** @returns null where this key did not seal it, or not for `bound` */
export function unseal({ key }: Pick<SealingKey, 'key'>, sealed: Uint8Array, bound: Bound): string | null {
  if (sealed.length < NONCE_BYTES + TAG_BYTES) return null;
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES })
    .setAAD(bytesOf(bound))
    .setAuthTag(sealed.subarray(-TAG_BYTES));
  try {
    const text = decipher.update(sealed.subarray(NONCE_BYTES, -TAG_BYTES));
    return Buffer.concat([text, decipher.final()]).toString('utf8');
  } catch {
    return null;
  }
}

type Bound = readonly string[] | Uint8Array;

function bytesOf(bound: Bound): Uint8Array {
  return bound instanceof Uint8Array ? bound : Buffer.from(JSON.stringify(bound));
}
