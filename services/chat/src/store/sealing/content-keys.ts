import { createSecretKey, type KeyObject } from 'node:crypto';

/** A key of `CONTENT_KEYS`, by which keys of rooms are sealed. */
export interface ContentKey {
  readonly id: string;
  /** Null: it is known to be lost. */
  readonly secret: KeyObject | null;
}

/** In their order: by the first, keys of rooms are sealed from now on. */
export type ContentKeys = readonly ContentKey[];

const ID = /^[A-Za-z0-9_-]{1,32}$/;
const BASE64 = /^[A-Za-z0-9+/_-]{43}=?$/;

/** What stands in the place of the bytes of a key that nobody has any more. */
const LOST = 'lost';

/**
 * `id:base64` of 32 bytes, several with commas between them; `id:lost` where the bytes are gone for good.
 *
 * @throws Error that says what is wrong, and never quotes a key
 */
export function contentKeysOf(text: string): ContentKeys {
  const keys = text.split(',').map((part) => {
    const [id = '', bytes = '', ...more] = part.trim().split(':');
    if (!ID.test(id)) throw new Error('must be id:base64, several with commas; an id is up to 32 of A-Z a-z 0-9 _ -');
    if (bytes === LOST && more.length === 0) return { id, secret: null };
    if (more.length > 0 || !BASE64.test(bytes)) throw new Error(`the key "${id}" must be 32 bytes as base64`);
    const decoded = Buffer.from(bytes, 'base64');
    if (decoded.length !== 32) throw new Error(`the key "${id}" must be 32 bytes as base64`);
    return { id, secret: createSecretKey(decoded) };
  });
  const twice = keys.find(({ id }, i) => keys.findIndex((key) => key.id === id) < i);
  if (twice) throw new Error(`the key "${twice.id}" is there twice`);
  if (keys[0]!.secret === null)
    throw new Error(`the first key, "${keys[0]!.id}", is what is sealed with: it can't be lost`);
  return keys;
}
