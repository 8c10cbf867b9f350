import { createSecretKey, hkdfSync, type KeyObject, randomBytes } from 'node:crypto';
import { openBytes, sealBytes } from '@gongu/host';

/** What a text is, so that none passes for another: see the functions of sealed-texts.ts. */
export type Bound = readonly [what: string, roomId: string, userId: string, id: string];

/** The key of a room's texts. */
export interface RoomKey {
  readonly keyNo: number;
  readonly roomId: string;
  /** Of 16 bytes: what the room's grams in the index of searches are made with. */
  readonly searchKey: Buffer;
  seal(bound: Bound, text: string): string;
  /** @throws Error where it was sealed with another key or as something else, or altered */
  open(bound: Bound, sealed: string): string;
}

/** Bytes of a room's key as it is kept: sealed by a key of `CONTENT_KEYS`. */
export function newSealedKey(secret: KeyObject, roomId: string, keyId: string): Buffer {
  return sealKey(secret, roomId, keyId, randomBytes(32));
}

export function sealKey(secret: KeyObject, roomId: string, keyId: string, key: Buffer): Buffer {
  return sealBytes(secret, boundOfKey(roomId, keyId), key);
}

/** @throws Error where the secret is not the one that it was sealed by */
export function openKey(secret: KeyObject, roomId: string, keyId: string, sealed: Buffer): Buffer {
  return openBytes(secret, boundOfKey(roomId, keyId), sealed);
}

function boundOfKey(roomId: string, keyId: string): string {
  return JSON.stringify(['key', roomId, keyId]);
}

export function roomKeyOf(keyNo: number, roomId: string, bytes: Buffer): RoomKey {
  const key = createSecretKey(bytes);
  return {
    keyNo,
    roomId,
    searchKey: Buffer.from(hkdfSync('sha256', bytes, '', 'gongu search', 16)),
    seal: (bound, text) => sealBytes(key, JSON.stringify(bound), text).toString('base64'),
    open: (bound, sealed) => openBytes(key, JSON.stringify(bound), Buffer.from(sealed, 'base64')).toString('utf8'),
  };
}
