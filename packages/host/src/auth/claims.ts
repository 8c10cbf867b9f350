import { AppError } from '@gongu/shared';

export type Claims = Readonly<Record<string, unknown>>;

/** What a user's token must say beside who he is. */
export interface ClaimRules {
  /** `iss`, exactly. Default: any, or none. */
  issuer?: string | undefined;
  /** `aud`, or one of several. Default: any, or none. */
  audience?: string | undefined;
  /** Seconds from `iat` to `exp`, at most. Default: any number, and no `iat`. */
  maxLifetimeS?: number | undefined;
}

/** Clock differences that are forgiven. */
export const SKEW_MS = 30_000;

/** Seconds that a JavaScript date can tell, both ways from 1970. */
const DATE_RANGE_S = 8.64e12;
/** The end of the year 9999, epoch milliseconds: no ISO time after it is read everywhere. */
const LAST_MS = 253_402_300_799_000;

/** The claims that say something: a sign-in that writes all its fields leaves some null or empty. */
export function saidClaims(claims: Claims): Claims {
  const empty = (value: unknown) => value === null || value === '' || (Array.isArray(value) && value.length === 0);
  if (!Object.values(claims).some(empty)) return claims;
  return Object.fromEntries(Object.entries(claims).filter(([, value]) => !empty(value)));
}

/**
 * Whether a token is in time (RFC 7519 §4.1.4 to §4.1.6).
 *
 * @returns epoch milliseconds of its end, in a year of four digits
 * @throws AppError UNAUTHENTICATED, TOKEN_EXPIRED
 */
export function checkTimes(claims: Claims, nowMs: number): number {
  const exp = secondsOf(claims, 'exp');
  const nbf = secondsOf(claims, 'nbf');
  const iat = secondsOf(claims, 'iat');
  if (exp === undefined) throw refusal('The token has no end (exp)');
  if (exp * 1000 + SKEW_MS <= nowMs) throw new AppError('TOKEN_EXPIRED');
  if (nbf !== undefined && nbf * 1000 - SKEW_MS > nowMs) throw refusal('The token is not valid yet');
  // No revocation until then would end it.
  if (iat !== undefined && iat * 1000 - SKEW_MS > nowMs) throw refusal('The token is issued in the future (iat)');
  return Math.min(Math.floor(exp * 1000), LAST_MS);
}

/** @throws AppError UNAUTHENTICATED */
export function checkRules(claims: Claims, { issuer, audience, maxLifetimeS }: ClaimRules): void {
  if (issuer !== undefined && claims.iss !== issuer) throw refusal('The token is of another issuer (iss)');
  if (audience !== undefined && ![claims.aud].flat().includes(audience)) {
    throw refusal('The token is meant for another audience (aud)');
  }
  if (maxLifetimeS === undefined) return;
  const [iat, exp] = [secondsOf(claims, 'iat'), secondsOf(claims, 'exp')];
  // Without it nobody knows how long the token lives.
  if (iat === undefined) throw refusal('The token does not say since when it is good (iat)');
  if ((exp ?? Number.POSITIVE_INFINITY) - iat > maxLifetimeS) {
    throw refusal(`The token lives too long: at most ${maxLifetimeS} seconds from iat to exp`);
  }
}

/** `1e400` is a number in JSON, and Infinity here. */
function secondsOf(claims: Claims, name: 'exp' | 'nbf' | 'iat'): number | undefined {
  const value = claims[name];
  if (value === undefined) return undefined;
  if (typeof value === 'number' && Math.abs(value) <= DATE_RANGE_S) return value;
  throw refusal(`The token has a bad claim: ${name}`);
}

function refusal(detail: string): AppError {
  return new AppError('UNAUTHENTICATED', { detail });
}
