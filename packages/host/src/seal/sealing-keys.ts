import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  type KeyObject,
  randomFillSync,
} from 'node:crypto';

/** A key of AES-256 and the name under which it is written beside what it sealed. */
export interface SealingKey {
  readonly id: string;
  readonly key: KeyObject;
}

/** One that nobody has any more, which is spelled out: `id:lost`. */
export interface LostKey {
  readonly id: string;
  readonly key: null;
}

const ID = /^[A-Za-z0-9_-]{1,32}$/;
const BASE64 = /^[A-Za-z0-9+/_-]{43}=?$/;
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Random bytes are asked for by the thousand nonces: one by one they take as long as the cipher. */
const RANDOM = Buffer.alloc(NONCE_BYTES * 1_000);
const NONCES = Array.from({ length: 1_000 }, (_, i) => RANDOM.subarray(i * NONCE_BYTES, (i + 1) * NONCE_BYTES));
let noncesLeft = 0;

/**
 * `id:base64` of 32 bytes, several with commas between them, and `id:lost`: in their order, the first of which seals.
 *
 * @throws Error that says what is wrong, and never quotes a key
 */
export function sealingKeysOf(text: string): readonly (SealingKey | LostKey)[] {
  const keys = text.split(',').map((part) => {
    const [id = '', bytes = '', ...more] = part.trim().split(':');
    if (!ID.test(id)) throw new Error('must be id:base64, several with commas; an id is up to 32 of A-Z a-z 0-9 _ -');
    if (bytes === 'lost' && more.length === 0) return { id, key: null };
    const decoded = Buffer.from(bytes, 'base64');
    if (more.length > 0 || !BASE64.test(bytes) || decoded.length !== KEY_BYTES) throw new Error(notAKey(id));
    return { id, key: createSecretKey(decoded) };
  });
  const twice = keys.find(({ id }, i) => keys.findIndex((key) => key.id === id) < i);
  if (twice) throw new Error(`the key "${twice.id}" is there twice`);
  if (keys[0]!.key === null)
    throw new Error(`the first key, "${keys[0]!.id}", is what is sealed with: it can't be lost`);
  return keys;
}

/** What is said of a key that is none. */
export function notAKey(id: string): string {
  return `the key "${id}" must be 32 bytes as base64`;
}

/** The key's mark: two keys of one id are told apart by it, and nothing else is to be learnt from it. */
export function fingerprintOf({ key }: SealingKey): string {
  return createHmac('sha256', key).update('gongu sealing key').digest('hex').slice(0, 32);
}

/**
 * AES-256-GCM under a fresh nonce of 96 bits: nonce, ciphertext, tag.
 *
 * @param bound what the sealed text belongs to; it opens nowhere else
 */
export function sealBytes(key: KeyObject, bound: string | Uint8Array, clear: string | Uint8Array): Buffer {
  if (noncesLeft === 0) {
    randomFillSync(RANDOM);
    noncesLeft = NONCES.length;
  }
  const nonce = NONCES[--noncesLeft]!;
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  cipher.setAAD(typeof bound === 'string' ? Buffer.from(bound) : bound);
  const body = typeof clear === 'string' ? cipher.update(clear, 'utf8') : cipher.update(clear);
  cipher.final();
  const sealed = Buffer.allocUnsafe(NONCE_BYTES + body.length + TAG_BYTES);
  sealed.set(nonce);
  sealed.set(body, NONCE_BYTES);
  sealed.set(cipher.getAuthTag(), NONCE_BYTES + body.length);
  return sealed;
}

/** @throws Error where it was sealed by another key, bound to something else, or altered */
export function openBytes(key: KeyObject, bound: string | Uint8Array, sealed: Uint8Array): Buffer {
  if (sealed.length < NONCE_BYTES + TAG_BYTES) throw new Error('too short to be sealed');
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES });
  decipher.setAAD(typeof bound === 'string' ? Buffer.from(bound) : bound);
  decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
  const body = decipher.update(sealed.subarray(NONCE_BYTES, -TAG_BYTES));
  decipher.final();
  return body;
}

/** @param bound as of `sealBytes`; several texts are bound as JSON */
export function seal({ key }: Pick<SealingKey, 'key'>, text: string, bound: Bound): Buffer {
  return sealBytes(key, bytesOf(bound), text);
}

/** @returns null where this key did not seal it, or not for `bound` */
export function unseal({ key }: Pick<SealingKey, 'key'>, sealed: Uint8Array, bound: Bound): string | null {
  try {
    return openBytes(key, bytesOf(bound), sealed).toString('utf8');
  } catch {
    return null;
  }
}

type Bound = readonly string[] | Uint8Array;

function bytesOf(bound: Bound): string | Uint8Array {
  return bound instanceof Uint8Array ? bound : JSON.stringify(bound);
}
