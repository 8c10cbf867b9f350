import { AppError } from '@gongu/shared';
import type { Clock } from '../clock.ts';
import { type Claims, checkTimes } from './claims.ts';
import { decodeToken, hasSignature, secretsOf } from './hmac-token.ts';
import { createJwks, isPublishedAlgorithm } from './jwks.ts';

const SCOPES = ['payments', 'webhooks', 'users', 'admin'] as const;
/** What a shop's back end may do. `admin`: all that the service lets back ends do. */
export type ShopScope = (typeof SCOPES)[number];

export interface ShopKeysOptions {
  /** Verifies HS256, HS384 and HS512 tokens: its UTF-8 bytes as they are. Several with commas between them. */
  secret?: string | undefined;
  /** Verifies RS, PS, ES and EdDSA tokens. */
  jwksUrl?: string | undefined;
  /** The service that they must be meant for (`aud`). */
  audience: 'trade' | 'chat';
  clock: Clock;
}

/** Tokens of shops' back ends: `aud` is the service, `scope` what they may do, with blanks between. */
export function createShopKeys({ secret, jwksUrl, audience, clock }: ShopKeysOptions) {
  const secrets = secret ? secretsOf(secret) : [];
  const jwks = jwksUrl ? createJwks({ url: jwksUrl, clock }) : undefined;

  return {
    /** Whether the token says that it is one, for this service; unverified, to choose who is asked. */
    isOne(token: string): boolean {
      const decoded = decodeToken(token);
      if (decoded?.claims.scope === undefined || ![decoded.claims.aud].flat().includes(audience)) return false;
      // Users' tokens may have scopes too, of their issuer.
      const has = scopesOf(decoded.claims);
      return SCOPES.some((scope) => has.includes(scope)) || secrets.some((key) => hasSignature(decoded, key));
    },

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
      if (![claims.aud].flat().includes(audience)) throw refusal(`The token is not meant for ${audience} (aud)`);
      const scopes = scopesOf(claims);
      if (scope === undefined || scopes.includes(scope) || scopes.includes('admin')) return;
      throw new AppError('FORBIDDEN', { detail: `The token has not the scope ${scope}` });
    },
  };
}
export type ShopKeys = ReturnType<typeof createShopKeys>;

function scopesOf({ scope }: Claims): readonly unknown[] {
  return Array.isArray(scope) ? scope : String(scope ?? '').split(' ');
}

function refusal(detail: string): AppError {
  return new AppError('UNAUTHENTICATED', { detail });
}
