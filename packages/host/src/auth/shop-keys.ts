import { AppError } from '@gongu/shared';
import type { Clock } from '../clock.ts';
import { checkTimes } from './claims.ts';
import { decodeToken, hasSignature, secretsOf } from './hmac-token.ts';
import { createJwks, isPublishedAlgorithm } from './jwks.ts';

/** What a shop's back end may do. `admin`: all of it. */
export type ShopScope = 'payments' | 'webhooks' | 'admin';

export interface ShopKeysOptions {
  /** Verifies HS256, HS384 and HS512 tokens: its UTF-8 bytes as they are. Several with commas between them. */
  secret?: string | undefined;
  /** Verifies RS, PS, ES and EdDSA tokens. */
  jwksUrl?: string | undefined;
  clock: Clock;
}

/** Whose the tokens are: nobody else's say so. */
export const SHOP_AUDIENCE = 'trade';

/** Tokens of shops' back ends: `aud` is `trade`, `scope` what they may do, with blanks between. */
export function createShopKeys({ secret, jwksUrl, clock }: ShopKeysOptions) {
  const secrets = secret ? secretsOf(secret) : [];
  const jwks = jwksUrl ? createJwks({ url: jwksUrl, clock }) : undefined;

  return {
    /**
     * @param scope that it must have; absent: any
     * @throws AppError UNAUTHENTICATED, TOKEN_EXPIRED; FORBIDDEN without the scope; UNAVAILABLE without its keys
     */
    async verify(token: string, scope?: ShopScope): Promise<void> {
      const decoded = decodeToken(token);
      if (!decoded) throw refusal('The token can not be read');
      const { alg, claims } = decoded;
      if (secrets.length === 0 && !jwks) {
        throw refusal('This service takes no keys of back ends: SHOP_JWT_SECRET and SHOP_JWKS_URL are not set');
      }
      if (jwks && isPublishedAlgorithm(alg)) await jwks.verify(token, decoded);
      else if (!secrets.some((key) => hasSignature(decoded, key))) throw refusal('The token is not valid');
      checkTimes(claims, clock.now());
      if (![claims.aud].flat().includes(SHOP_AUDIENCE))
        throw refusal(`The token is not meant for ${SHOP_AUDIENCE} (aud)`);
      const scopes = Array.isArray(claims.scope) ? claims.scope : String(claims.scope ?? '').split(' ');
      if (scope === undefined || scopes.includes(scope) || scopes.includes('admin')) return;
      throw new AppError('FORBIDDEN', { detail: `The token has not the scope ${scope}` });
    },
  };
}
export type ShopKeys = ReturnType<typeof createShopKeys>;

function refusal(detail: string): AppError {
  return new AppError('UNAUTHENTICATED', { detail });
}
