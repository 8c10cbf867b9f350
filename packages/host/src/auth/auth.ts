import { hkdfSync } from 'node:crypto';
import { AppError, defaultNickname, type User, UserClaims } from '@gongu/shared';
import { type Clock, systemClock } from '../clock.ts';
import { EnvError } from '../env/env.ts';
import { type ClaimRules, type Claims, checkRules, checkTimes, SKEW_MS } from './claims.ts';
import { type DecodedToken, decodeToken, hasSignature, secretsOf, signHmac } from './hmac-token.ts';
import { createJwks, isPublishedAlgorithm } from './jwks.ts';

export interface AuthOptions extends ClaimRules {
  /** Verifies users' HS256, HS384 and HS512 tokens: its UTF-8 bytes as they are. Several with commas between them. */
  jwtSecret?: string | undefined;
  /** Verifies users' RS, PS, ES and EdDSA tokens. */
  jwksUrl?: string | undefined;
  /** Signs and verifies what services say to each other; anonymous tokens have a key derived from it. */
  serviceSecret: string;
  /** What the user of a good token is refused with all the same; null for nothing. Default: nobody is. */
  refusalOf?: (user: User) => AppError | null;
  /** Hears whose token is let in, ahead of him. */
  welcome?: (user: User) => Promise<void>;
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
  /**
   * @throws AppError UNAUTHENTICATED, TOKEN_EXPIRED, TOKEN_REVOKED, BLOCKED; FORBIDDEN for a service's token; UNAVAILABLE
   *   without its keys
   */
  verifyUser(token: string): Promise<User>;
  /** @throws AppError UNAUTHENTICATED, TOKEN_EXPIRED; FORBIDDEN for a user's token */
  verifyService(token: string): Promise<void>;
  /** Whether the token says that it is a service's; unverified, to choose between the two above. */
  isForService(token: string): boolean;
  /** A service token, the same one until a minute before its end. */
  signService(): Promise<string>;
  /** A token of somebody without an account. @param ttlDays default 30 */
  signAnonymous(identity: Identity, ttlDays?: number): string;
  /**
   * Whose anonymous token it is, when the signature is good and it was issued within so many days; else null.
   * @throws AppError TOKEN_REVOKED, BLOCKED
   */
  readExpiredAnonymous(token: string, withinDays: number): User | null;
  /** A user's token, for development and demonstrations. @throws Error without `jwtSecret` */
  signUser(identity: Identity, ttlSeconds: number): string;
}

const SERVICE_TTL_MS = 5 * 60_000;
/** Milliseconds by which the time of day may differ from what has passed without having been set. */
const CLOCK_SET_MS = 1_000;
const SERVICE = { sub: 'trade', aud: 'chat' };

/** @throws EnvError when both secrets are the same, or nothing can verify a user */
export function createAuth(options: AuthOptions): Auth {
  const { jwtSecret, jwksUrl, serviceSecret, issuer, audience, maxLifetimeS, clock = systemClock } = options;
  const { refusalOf = () => null, welcome = async () => {} } = options;
  const rules: ClaimRules = { issuer, audience, maxLifetimeS };
  const secrets = jwtSecret ? secretsOf(jwtSecret) : [];
  if (secrets.includes(serviceSecret)) {
    throw new EnvError([{ name: 'SERVICE_JWT_SECRET', message: 'must differ from JWT_SECRET' }]);
  }
  if (!jwtSecret && !jwksUrl) {
    throw new EnvError([{ name: 'JWT_SECRET', message: 'is not set (nor is JWKS_URL)' }]);
  }
  const anonymousKey = Buffer.from(hkdfSync('sha256', serviceSecret, '', 'gongu anonymous token', 32));
  const jwks = jwksUrl ? createJwks({ url: jwksUrl, clock }) : undefined;
  let cached: { token: string; signedAt: { now: number; monotonic: number } } | undefined;

  function decode(token: string): DecodedToken {
    const decoded = decodeToken(token);
    if (!decoded) throw new AppError('UNAUTHENTICATED', { detail: 'The token can not be read' });
    return decoded;
  }

  function admit(user: User): User {
    const refusal = refusalOf(user);
    if (refusal) throw refusal;
    return user;
  }

  async function userOfToken(token: string): Promise<User> {
    const user = await verified(token);
    await welcome(user);
    return user;
  }

  async function verified(token: string): Promise<User> {
    const decoded = decode(token);
    const { alg, claims } = decoded;
    if (isServiceClaim(claims)) {
      if (hasSignature(decoded, serviceSecret)) throw new AppError('FORBIDDEN', { detail: "A user's token is needed" });
      throw new AppError('UNAUTHENTICATED', { detail: 'The token is not meant for users' });
    }
    if (claims.anon === true && hasSignature(decoded, anonymousKey))
      return admit(toUser(claims, checkTimes(claims, clock.now())));
    if (jwks && isPublishedAlgorithm(alg)) await jwks.verify(token, decoded);
    else if (!secrets.some((secret) => hasSignature(decoded, secret))) {
      throw new AppError('UNAUTHENTICATED', { detail: 'The token is not valid' });
    }
    const expiresAtMs = checkTimes(claims, clock.now());
    checkRules(claims, rules);
    return admit(toUser(claims, expiresAtMs));
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
    verifyUser: userOfToken,

    async verifyService(token) {
      const decoded = decode(token);
      const { alg, claims } = decoded;
      if (alg !== 'HS256' || !hasSignature(decoded, serviceSecret)) {
        if (isServiceClaim(claims)) throw new AppError('UNAUTHENTICATED', { detail: 'The service token is not valid' });
        await userOfToken(token); // throws when it is nobody's
        throw new AppError('FORBIDDEN', { detail: "A service's token is needed" });
      }
      const expiresAtMs = checkTimes(claims, clock.now());
      if (claims.sub !== SERVICE.sub || !isServiceClaim(claims)) {
        throw new AppError('UNAUTHENTICATED', { detail: 'The service token is meant for something else' });
      }
      if (expiresAtMs > clock.now() + SERVICE_TTL_MS + SKEW_MS) {
        throw new AppError('UNAUTHENTICATED', { detail: 'A service token may live for 5 minutes at most' });
      }
    },

    isForService(token) {
      const decoded = decodeToken(token);
      return decoded !== undefined && isServiceClaim(decoded.claims);
    },

    async signService() {
      const at = { now: clock.now(), monotonic: clock.monotonic() };
      if (!cached || isStale(cached.signedAt, at)) {
        const iat = Math.floor(at.now / 1000);
        const token = signHmac({ ...SERVICE, iat, exp: iat + SERVICE_TTL_MS / 1000 }, serviceSecret);
        cached = { token, signedAt: at };
      }
      return cached.token;
    },

    signAnonymous(identity, ttlDays = 30) {
      return signUntil(identity, anonymousKey, ttlDays * 86_400_000, { anon: true });
    },

    readExpiredAnonymous(token, withinDays) {
      const decoded = decodeToken(token);
      const issuedAtMs = Number(decoded?.claims.iat) * 1_000;
      if (!(clock.now() - issuedAtMs <= withinDays * 86_400_000)) return null;
      if (decoded?.claims.anon !== true || !hasSignature(decoded, anonymousKey)) return null;
      let user: User;
      try {
        user = toUser(decoded.claims, 0);
      } catch {
        return null;
      }
      return admit(user);
    },

    signUser(identity, ttlSeconds) {
      const [newest] = secrets;
      if (newest === undefined) throw new Error('users can be signed with JWT_SECRET only');
      const seconds = Math.min(ttlSeconds, maxLifetimeS ?? ttlSeconds);
      return signUntil(identity, newest, seconds * 1000, { iss: issuer, aud: audience });
    },
  };
  return auth;
}

type Moment = Readonly<Record<'now' | 'monotonic', number>>;

/** A service token is old, or the time of day was set meanwhile: then its times are those of a clock that was wrong. */
function isStale(signedAt: Moment, at: Moment): boolean {
  const passedMs = at.monotonic - signedAt.monotonic;
  return passedMs >= SERVICE_TTL_MS - 60_000 || Math.abs(at.now - signedAt.now - passedMs) > CLOCK_SET_MS;
}

function isServiceClaim({ aud }: Claims): boolean {
  return aud === SERVICE.aud || (Array.isArray(aud) && aud.includes(SERVICE.aud));
}

function toUser(claims: Claims, expiresAtMs: number): User {
  const parsed = UserClaims.safeParse(claims);
  if (!parsed.success) {
    const fields = [...new Set(parsed.error.issues.map((issue) => String(issue.path[0] ?? 'token')))];
    throw new AppError('UNAUTHENTICATED', { detail: `The token has a bad claim: ${fields.join(', ')}` });
  }
  const { sub, nickname, tag, roles, anon } = parsed.data;
  return {
    userId: sub,
    nickname: nickname ?? defaultNickname(sub),
    tag: tag ?? null,
    roles: roles ?? [],
    anon: anon ?? false,
    ...(typeof claims.iat === 'number' ? { issuedAtS: claims.iat } : {}),
    expiresAtMs,
  };
}
