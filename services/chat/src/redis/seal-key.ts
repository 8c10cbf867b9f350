import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  hkdfSync,
  type KeyObject,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto';

/** Seals what one writer says: AES-256-GCM by a key of its own, so that its nonces meet nobody else's. */
export interface Seal {
  /**
   * What is sealed, and 16 bytes of proof behind it. `place` is what it is bound to.
   * @param nonce 12 bytes, never twice by this writer
   */
  seal(place: string, nonce: Buffer, text: string): Buffer;
  /** Null: not by this writer, not in that place, or changed. */
  open(place: string, nonce: Buffer, sealed: Buffer): Buffer | null;
}

/** What chat's instances have in common in Redis, and nobody else. */
export interface SealKey {
  /** Which key it is, of 8 characters, none of them a point. */
  readonly id: string;
  /** Proves that an instance wrote a text, and for which place: 22 characters, none of them a point. `place` has no line break. */
  mac(place: string, text: string | Buffer): string;
  isMac(mac: string, place: string, text: string | Buffer): boolean;
  /** The key of one writer: about 10 µs to derive, so keep it. */
  writer(name: string): Seal;
}

/** Bytes of a proof: half of SHA-256, or the tag of GCM. */
const PROOF_BYTES = 16;
const NONCE_BYTES = 12;

/** @param secret what chat's instances have in common, SERVICE_JWT_SECRET; it is told by no value in Redis */
export function createSealKey(secret: string): SealKey {
  const derived = (info: string, bytes: number) => Buffer.from(hkdfSync('sha256', secret, '', info, bytes));
  const key = createSecretKey(derived('gongu redis', 32));
  const digest = (place: string, text: string | Buffer) =>
    createHmac('sha256', key).update(`${place}\n`).update(text).digest().subarray(0, PROOF_BYTES);
  return {
    id: derived('gongu redis key id', 6).toString('base64url'),
    mac: (place, text) => digest(place, text).toString('base64url'),
    isMac(mac, place, text) {
      const given = Buffer.from(mac, 'base64url');
      return given.length === PROOF_BYTES && timingSafeEqual(given, digest(place, text));
    },
    writer: (name) => sealOf(createSecretKey(derived(`gongu redis seal\n${name}`, 32))),
  };
}

/** A nonce of one's own, where few are made: by the same key 2^32 at most. */
export function randomNonce(): Buffer {
  return randomBytes(NONCE_BYTES);
}

/** A nonce of a moment and a count that grows: 48 bits each. */
export function countedNonce(atMs: number, count: number): Buffer {
  const nonce = Buffer.allocUnsafe(NONCE_BYTES);
  nonce.writeUIntBE(atMs, 0, 6);
  nonce.writeUIntBE(count, 6, 6);
  return nonce;
}

function sealOf(key: KeyObject): Seal {
  const options = { authTagLength: PROOF_BYTES };
  return {
    seal(place, nonce, text) {
      const cipher = createCipheriv('aes-256-gcm', key, nonce, options).setAAD(Buffer.from(place));
      const sealed = cipher.update(text, 'utf8');
      cipher.final();
      return Buffer.concat([sealed, cipher.getAuthTag()]);
    },
    open(place, nonce, sealed) {
      const end = sealed.length - PROOF_BYTES;
      if (end < 0) return null;
      const decipher = createDecipheriv('aes-256-gcm', key, nonce, options).setAAD(Buffer.from(place));
      decipher.setAuthTag(sealed.subarray(end));
      const said = decipher.update(sealed.subarray(0, end));
      try {
        decipher.final();
        return said;
      } catch {
        return null;
      }
    },
  };
}
