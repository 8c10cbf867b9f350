import { AppError } from '@gongu/shared';
import { createRemoteJWKSet, errors, jwtVerify } from 'jose';
import type { Clock } from '../clock.ts';

/** Verifies tokens of an issuer that publishes its keys. */
export interface Jwks {
  /**
   * The claims of a token with a good signature that is in time.
   *
   * @throws AppError UNAUTHENTICATED, TOKEN_EXPIRED, or UNAVAILABLE when the keys can't be fetched
   */
  verify(token: string): Promise<Record<string, unknown>>;
}

const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'ES256', 'ES384', 'ES512'];

/** Keys are fetched when first needed, kept for 10 minutes, and fetched anew (at most every 30 s) for an unknown id. */
export function createJwks(options: { url: string; clock: Clock; skewMs: number }): Jwks {
  const { url, clock, skewMs } = options;
  const keys = createRemoteJWKSet(new URL(url), {
    timeoutDuration: 3_000,
    cooldownDuration: 30_000,
    cacheMaxAge: 600_000,
  });
  return {
    async verify(token) {
      try {
        const { payload } = await jwtVerify(token, keys, {
          algorithms: ALGORITHMS,
          currentDate: new Date(clock.now()),
          clockTolerance: skewMs / 1000,
        });
        return payload;
      } catch (cause) {
        throw asAppError(cause);
      }
    },
  };
}

function asAppError(cause: unknown): AppError {
  if (cause instanceof errors.JWTExpired) return new AppError('TOKEN_EXPIRED', { cause });
  // A plain JOSEError is an answer other than 200, a TypeError no answer at all: neither says anything of the token.
  const unreachable =
    cause instanceof errors.JWKSTimeout ||
    cause instanceof errors.JWKSInvalid ||
    !(cause instanceof errors.JOSEError) ||
    cause.code === 'ERR_JOSE_GENERIC';
  if (unreachable)
    return new AppError('UNAVAILABLE', { detail: 'The token can not be checked now', retryAfterMs: 1_000, cause });
  return new AppError('UNAUTHENTICATED', { cause });
}
