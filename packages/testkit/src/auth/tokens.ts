import { createHmac, randomBytes } from 'node:crypto';

export interface UserTokenOptions {
  sub: string;
  /** JWT_SECRET of the service under test. */
  secret: string;
  nickname?: string;
  tag?: string;
  roles?: readonly string[];
  anon?: boolean;
  /** Negative: it has been over for so long. @default 3_600 */
  expiresInSeconds?: number;
  /** @default 'HS256' */
  alg?: 'HS256' | 'HS384' | 'HS512';
  /** Any further claims; they win over the others. */
  claims?: Readonly<Record<string, unknown>>;
}

/** A secret of 32 random bytes for JWT_SECRET or SERVICE_JWT_SECRET. */
export function newSecret(): string {
  return randomBytes(32).toString('base64url');
}

/** A user's token as a shop would sign it. */
export function userToken(options: UserTokenOptions): string {
  const { secret, expiresInSeconds = 3_600, alg = 'HS256', claims, ...own } = options;
  return signToken({ ...own, ...endingIn(expiresInSeconds), ...claims }, secret, alg);
}

/** A user's token that ended a minute ago. */
export function expiredToken(options: Omit<UserTokenOptions, 'expiresInSeconds'>): string {
  return userToken({ ...options, expiresInSeconds: -60 });
}

/** What trade presents to chat. @param options.secret SERVICE_JWT_SECRET */
export function serviceToken(options: {
  secret: string;
  expiresInSeconds?: number;
  claims?: Readonly<Record<string, unknown>>;
}): string {
  const { secret, expiresInSeconds = 240, claims } = options;
  return signToken({ sub: 'trade', aud: 'chat', ...endingIn(expiresInSeconds), ...claims }, secret);
}

/** Any claims under any HMAC header, good or bad. */
export function signToken(
  claims: Readonly<Record<string, unknown>>,
  secret: string,
  alg: string = 'HS256',
  header: Readonly<Record<string, unknown>> = {},
): string {
  const digest = alg === 'HS384' ? 'sha384' : alg === 'HS512' ? 'sha512' : 'sha256';
  const signed = `${encode({ alg, typ: 'JWT', ...header })}.${encode(claims)}`;
  return `${signed}.${createHmac(digest, secret).update(signed).digest('base64url')}`;
}

function endingIn(seconds: number): { iat: number; exp: number } {
  const now = Math.floor(Date.now() / 1000);
  return { iat: now, exp: now + seconds };
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
