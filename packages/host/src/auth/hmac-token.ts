import { createHmac, timingSafeEqual } from 'node:crypto';
import { saidClaims } from './claims.ts';

/** A JSON Web Token (RFC 7519) taken apart. Nothing in it has been verified. */
export interface DecodedToken {
  alg: string;
  /** Which of its issuer's keys signed it. Undefined where it is null or empty: that says nothing, as of claims. */
  kid?: unknown;
  /** Without those that are null or empty: these say nothing. */
  claims: Readonly<Record<string, unknown>>;
  /** What the signature covers. */
  signed: string;
  signature: Buffer;
}

const UTF8 = new TextDecoder('utf-8', { fatal: true });
const DIGESTS: Record<string, string> = { HS256: 'sha256', HS384: 'sha384', HS512: 'sha512' };

/** Real tokens have some hundred characters; longer ones are not worth the work. */
const MAX_TOKEN_CHARS = 8_192;
const TOKEN = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/;

/** The token's parts, or `undefined` when it is not a signed token in compact form. */
export function decodeToken(token: string): DecodedToken | undefined {
  if (token.length > MAX_TOKEN_CHARS || !TOKEN.test(token)) return undefined;
  const [header, payload, signature] = token.split('.') as [string, string, string];
  const head = decodeObject(header);
  const claims = decodeObject(payload);
  // RFC 7515 §4.1.11: an extension that must be understood, and none is.
  if (!head || !claims || typeof head.alg !== 'string' || 'crit' in head) return undefined;
  return {
    alg: head.alg,
    kid: saidClaims(head).kid,
    claims: saidClaims(claims),
    signed: `${header}.${payload}`,
    signature: Buffer.from(signature, 'base64url'),
  };
}

/**
 * Whether the token was signed with that key by HMAC. By hand, because it takes some 20 µs here and a turn of the
 * thread pool through WebCrypto. Other algorithms, `none` included, are never HMAC's.
 */
export function hasSignature(token: DecodedToken, key: string | Buffer): boolean {
  const digest = Object.hasOwn(DIGESTS, token.alg) ? DIGESTS[token.alg] : undefined;
  if (!digest) return false;
  const expected = createHmac(digest, key).update(token.signed).digest();
  return expected.length === token.signature.length && timingSafeEqual(expected, token.signature);
}

/** A token signed by HS256. */
export function signHmac(claims: Record<string, unknown>, key: string | Buffer): string {
  const signed = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode(claims)}`;
  return `${signed}.${createHmac('sha256', key).update(signed).digest('base64url')}`;
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function decodeObject(part: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(UTF8.decode(Buffer.from(part, 'base64url')));
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

/**
 * The keys of `JWT_SECRET`: a text, or several with commas between them, the newest first. It is a list where each of its
 * parts is long enough for a secret; else, and for tokens beside a list too, the commas belong to one secret.
 */
export function secretsOf(text: string): string[] {
  const parts = text.split(',').map((part) => part.trim());
  return parts.length > 1 && parts.every(isLongEnough) ? [...parts, text] : [text];
}

/** Whether a secret has the 32 bytes that an HMAC of SHA-256 is worth. */
export function isLongEnough(secret: string): boolean {
  return Buffer.byteLength(secret) >= 32;
}
