import { createHmac, createSecretKey, hkdfSync, timingSafeEqual } from 'node:crypto';

/** Proves that an instance wrote a text, and for which place. */
export interface SealKey {
  /** Which key it is, of 8 characters, none of them a point. */
  readonly id: string;
  /** 22 characters, none of them a point. `place` has no line break. */
  mac(place: string, text: string | Buffer): string;
  isMac(mac: string, place: string, text: string | Buffer): boolean;
}

/** Bytes of a proof: half of SHA-256. */
const MAC_BYTES = 16;

/** @param secret what chat's instances have in common, SERVICE_JWT_SECRET; it is told by no value in Redis */
export function createSealKey(secret: string): SealKey {
  const derived = (info: string, bytes: number) => Buffer.from(hkdfSync('sha256', secret, '', info, bytes));
  const key = createSecretKey(derived('gongu redis', 32));
  const digest = (place: string, text: string | Buffer) =>
    createHmac('sha256', key).update(`${place}\n`).update(text).digest().subarray(0, MAC_BYTES);
  return {
    id: derived('gongu redis key id', 6).toString('base64url'),
    mac: (place, text) => digest(place, text).toString('base64url'),
    isMac(mac, place, text) {
      const given = Buffer.from(mac, 'base64url');
      return given.length === MAC_BYTES && timingSafeEqual(given, digest(place, text));
    },
  };
}
