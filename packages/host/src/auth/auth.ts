import { hkdfSync } from 'node:crypto';
import { AppError, defaultNickname, type User, UserClaims } from '@gongu/shared';
import { type Clock, systemClock } from '../clock.ts';
import { EnvError } from '../env/env.ts';
import { type DecodedToken, decodeToken, hasSignature, signHmac } from './hmac-token.ts';
import { createJwks } from './jwks.ts';

export interface AuthOptions {
  /** Verifies users' HS256, HS384 and HS512 tokens: its UTF-8 bytes as they are. */
  jwtSecret?: string | undefined;
  /** Verifies users' RS and ES tokens. */
  jwksUrl?: string | undefined;
  /** Signs and verifies what services say to each other; anonymous tokens have a key derived from it. */
  serviceSecret: string;
  clock?: Clock;
}

/** Who a new token is for. */
export interface Identity {
  userId: string;
  nickname?: string;
  tag?: string | null;
  roles?: readonly string[];
}

export interface Auth {
  /** @throws AppError UNAUTHENTICATED, TOKEN_EXPIRED; FORBIDDEN for a service's token; UNAVAILABLE without its keys */
  verifyUser(token: string): Promise<User>;
  /** @throws AppError UNAUTHENTICATED, TOKEN_EXPIRED; FORBIDDEN for a user's token */
  verifyService(token: string): Promise<void>;
  /** Whether the token says that it is a service's; unverified, to choose between the two above. */
  isForService(token: string): boolean;
  /** A service token, the same one until a minute before its end. */
  signService(): Promise<string>;
  /** A token of somebody without an account. @param ttlDays default 30 */
  signAnonymous(identity: Identity, ttlDays?: number): string;
  /** Whose anonymous token it is, when the signature is good, however long ago it expired; else null. */
  readExpiredAnonymous(token: string): User | null;
  /** A user's token, for development and demonstrations. @throws Error without `jwtSecret` */
  signUser(identity: Identity, ttlSeconds: number): string;
}

/** Clock differences that are forgiven. */
const SKEW_MS = 30_000;
const SERVICE_TTL_MS = 5 * 60_000;
const SERVICE = { sub: 'trade', aud: 'chat' };

/** @throws EnvError when both secrets are the same, or nothing can verify a user */
export function createAuth(options: AuthOptions): Auth {
  const { jwtSecret, jwksUrl, serviceSecret, clock = systemClock } = options;
  if (jwtSecret === serviceSecret) {
    throw new EnvError([{ name: 'SERVICE_JWT_SECRET', message: 'must differ from JWT_SECRET' }]);
  }
  if (!jwtSecret && !jwksUrl) {
    throw new EnvError([{ name: 'JWT_SECRET', message: 'is not set (nor is JWKS_URL)' }]);
  }
  const anonymousKey = Buffer.from(hkdfSync('sha256', serviceSecret, '', 'gongu anonymous token', 32));
  const jwks = jwksUrl ? createJwks({ url: jwksUrl, clock, skewMs: SKEW_MS }) : undefined;
  let cached: { token: string; renewAtMs: number } | undefined;

  function decode(token: string): DecodedToken {
    const decoded = decodeToken(token);
    if (!decoded) throw new AppError('UNAUTHENTICATED', { detail: 'The token can not be read' });
    return decoded;
  }

  async function userClaims(token: string, decoded: DecodedToken): Promise<Readonly<Record<string, unknown>>> {
    const { alg, claims } = decoded;
    if (/^(RS|ES)/.test(alg) && jwks) return jwks.verify(token);
    const good =
      (jwtSecret && hasSignature(decoded, jwtSecret)) || (claims.anon === true && hasSignature(decoded, anonymousKey));
    if (!good) throw new AppError('UNAUTHENTICATED', { detail: 'The token is not valid' });
    checkTime(claims);
    return claims;
  }

  // RFC 7519 §4.1.4 and §4.1.5
  function checkTime({ exp, nbf }: Readonly<Record<string, unknown>>): void {
    const now = clock.now();
    if (typeof exp !== 'number') throw new AppError('UNAUTHENTICATED', { detail: 'The token has no end (exp)' });
    if (exp * 1000 + SKEW_MS <= now) throw new AppError('TOKEN_EXPIRED');
    if (nbf !== undefined && !(typeof nbf === 'number' && nbf * 1000 - SKEW_MS <= now)) {
      throw new AppError('UNAUTHENTICATED', { detail: 'The token is not valid yet' });
    }
  }

  function signUntil(identity: Identity, key: string | Buffer, ttlMs: number, more: Record<string, unknown>): string {
    const { userId, nickname, tag, roles } = identity;
    const iat = Math.floor(clock.now() / 1000);
    const claims = {
      sub: userId,
      nickname,
      tag: tag ?? undefined,
      roles,
      ...more,
      iat,
      exp: iat + Math.ceil(ttlMs / 1000),
    };
    return signHmac(claims, key);
  }

  const auth: Auth = {
    async verifyUser(token) {
      const decoded = decode(token);
      if (isServiceClaim(decoded.claims)) {
        if (hasSignature(decoded, serviceSecret))
          throw new AppError('FORBIDDEN', { detail: "A user's token is needed" });
        throw new AppError('UNAUTHENTICATED', { detail: 'The token is not meant for users' });
      }
      return toUser(await userClaims(token, decoded));
    },

    async verifyService(token) {
      const decoded = decode(token);
      const { alg, claims } = decoded;
      if (alg !== 'HS256' || !hasSignature(decoded, serviceSecret)) {
        if (isServiceClaim(claims)) throw new AppError('UNAUTHENTICATED', { detail: 'The service token is not valid' });
        await auth.verifyUser(token); // throws when it is nobody's
        throw new AppError('FORBIDDEN', { detail: "A service's token is needed" });
      }
      checkTime(claims);
      if (claims.sub !== SERVICE.sub || !isServiceClaim(claims)) {
        throw new AppError('UNAUTHENTICATED', { detail: 'The service token is meant for something else' });
      }
      if ((claims.exp as number) * 1000 > clock.now() + SERVICE_TTL_MS + SKEW_MS) {
        throw new AppError('UNAUTHENTICATED', { detail: 'A service token may live for 5 minutes at most' });
      }
    },

    isForService(token) {
      const decoded = decodeToken(token);
      return decoded !== undefined && isServiceClaim(decoded.claims);
    },

    async signService() {
      const now = clock.now();
      if (!cached || cached.renewAtMs <= now) {
        const iat = Math.floor(now / 1000);
        const token = signHmac({ ...SERVICE, iat, exp: iat + SERVICE_TTL_MS / 1000 }, serviceSecret);
        cached = { token, renewAtMs: now + SERVICE_TTL_MS - 60_000 };
      }
      return cached.token;
    },

    signAnonymous(identity, ttlDays = 30) {
      return signUntil(identity, anonymousKey, ttlDays * 86_400_000, { anon: true });
    },

    readExpiredAnonymous(token) {
      const decoded = decodeToken(token);
      if (decoded?.claims.anon !== true || !hasSignature(decoded, anonymousKey)) return null;
      const claims = UserClaims.safeParse(decoded.claims);
      return claims.success ? userOf(claims.data) : null;
    },

    signUser(identity, ttlSeconds) {
      if (!jwtSecret) throw new Error('users can be signed with JWT_SECRET only');
      return signUntil(identity, jwtSecret, ttlSeconds * 1000, {});
    },
  };
  return auth;
}

function isServiceClaim({ aud }: Readonly<Record<string, unknown>>): boolean {
  return aud === SERVICE.aud || (Array.isArray(aud) && aud.includes(SERVICE.aud));
}

function toUser(claims: Readonly<Record<string, unknown>>): User {
  const parsed = UserClaims.safeParse(claims);
  if (!parsed.success) {
    const fields = [...new Set(parsed.error.issues.map((issue) => String(issue.path[0] ?? 'token')))];
    throw new AppError('UNAUTHENTICATED', { detail: `The token has a bad claim: ${fields.join(', ')}` });
  }
  return userOf(parsed.data);
}

function userOf({ sub, exp, nickname, tag, roles, anon }: UserClaims): User {
  return {
    userId: sub,
    nickname: nickname ?? defaultNickname(sub),
    tag: tag ?? null,
    roles: roles ?? [],
    anon: anon ?? false,
    expiresAtMs: Math.floor(exp * 1000),
  };
}
