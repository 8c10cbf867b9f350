import { createECDH } from 'node:crypto';

/** What push services know this service by (RFC 8292), base64url. */
export interface VapidKeys {
  readonly publicKey: string;
  readonly privateKey: string;
}

/** Both keys, of the private one: 32 bytes, base64url. @throws Error where it is no private key of P-256 */
export function vapidKeysOf(privateKey: string): VapidKeys {
  const bytes = Buffer.from(privateKey, 'base64url');
  if (!/^[A-Za-z0-9_-]{43}=?$/.test(privateKey) || bytes.length !== 32)
    throw new Error('must be 32 bytes as base64url');
  const pair = createECDH('prime256v1');
  pair.setPrivateKey(bytes);
  return { publicKey: pair.getPublicKey('base64url'), privateKey: bytes.toString('base64url') };
}
