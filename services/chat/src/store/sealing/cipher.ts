import { createCipheriv, createDecipheriv, type KeyObject, randomFillSync } from 'node:crypto';

/** Bytes in front of what is sealed: a nonce of its own. */
const NONCE = 12;
/** Bytes behind it: the proof. */
const TAG = 16;

/** Random bytes are asked for by the thousand: one by one they take as long as the cipher. */
const POOL = Buffer.alloc(NONCE * 1_000);
let left = 0;

/** AES-256-GCM, bound to what it stands for: nonce, ciphertext, proof. */
export function sealBytes(key: KeyObject, bound: string, clear: string | Buffer): Buffer {
  if (left === 0) {
    randomFillSync(POOL);
    left = POOL.length;
  }
  left -= NONCE;
  const nonce = Buffer.from(POOL.subarray(left, left + NONCE));
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  cipher.setAAD(Buffer.from(bound));
  const body = typeof clear === 'string' ? cipher.update(clear, 'utf8') : cipher.update(clear);
  cipher.final();
  return Buffer.concat([nonce, body, cipher.getAuthTag()]);
}

/** @throws Error where it was made with another key, bound to something else, or altered */
export function openBytes(key: KeyObject, bound: string, sealed: Buffer): Buffer {
  if (sealed.length < NONCE + TAG) throw new Error('too short to be sealed');
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, NONCE), { authTagLength: TAG });
  decipher.setAAD(Buffer.from(bound));
  decipher.setAuthTag(sealed.subarray(sealed.length - TAG));
  const body = decipher.update(sealed.subarray(NONCE, sealed.length - TAG));
  decipher.final();
  return body;
}
