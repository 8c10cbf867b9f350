import { AppError } from '@gongu/shared';
import { compactVerify } from 'jose';
import type { Clock } from '../clock.ts';
import { createKeySource, type KeySourceOptions, type PublishedKey } from './key-source.ts';

/** Verifies tokens of an issuer that publishes its keys. */
export interface Jwks {
  /**
   * Returns when one of the issuer's keys made the token's signature.
   *
   * @throws AppError UNAUTHENTICATED, or UNAVAILABLE when the issuer can't be asked for a key that is not known
   */
  verify(token: string, header: TokenHeader): Promise<void>;
}

export interface TokenHeader {
  readonly alg: string;
  readonly kid?: unknown;
}

/** Of which kind of key an algorithm is, and on which curve. */
const KEYS: Readonly<Record<string, { kty: string; crv?: string }>> = {
  RS256: { kty: 'RSA' },
  RS384: { kty: 'RSA' },
  RS512: { kty: 'RSA' },
  PS256: { kty: 'RSA' },
  PS384: { kty: 'RSA' },
  PS512: { kty: 'RSA' },
  ES256: { kty: 'EC', crv: 'P-256' },
  ES384: { kty: 'EC', crv: 'P-384' },
  ES512: { kty: 'EC', crv: 'P-521' },
  EdDSA: { kty: 'OKP', crv: 'Ed25519' },
  // RFC 9864: the same by its own name. A key or a token may still have the older one.
  Ed25519: { kty: 'OKP', crv: 'Ed25519' },
};

/**
 * Keys that are tried for one token. Who presents a token without a key id would otherwise choose how much the service
 * computes: a key set may hold thousands.
 */
const MOST_TRIED = 16;

/** Whether tokens of that algorithm are verified by published keys. */
export function isPublishedAlgorithm(alg: string): boolean {
  return Object.hasOwn(KEYS, alg);
}

/**
 * A key is taken by its id; a token or a key without one is tried. What no known key signed may be of a key that is new,
 * also under an old id: then they are read again, if that is not too soon.
 */
export function createJwks(options: KeySourceOptions & { clock: Clock }): Jwks {
  const source = createKeySource(options);
  return {
    async verify(token, header) {
      const known = await source.current();
      if (await isSigned(token, header, known)) return;
      const renewed = await source.newer(known);
      if (renewed !== null && (await isSigned(token, header, renewed))) return;
      // A key that is not known while nobody can ask for it may be a good one; a known one has spoken.
      if (source.away() && !known.some((key) => fits(key, header))) throw source.unavailable();
      throw new AppError('UNAUTHENTICATED', { detail: 'The token is not valid' });
    },
  };
}

async function isSigned(token: string, header: TokenHeader, keys: readonly PublishedKey[]): Promise<boolean> {
  const fitting = keys.filter((key) => fits(key, header));
  const named = fitting.filter(({ said }) => said.kid !== undefined && isSameId(said.kid, header.kid));
  const others = fitting.filter((key) => !named.includes(key));
  for (const { numbers } of [...named, ...others].slice(0, MOST_TRIED)) {
    try {
      await compactVerify(token, numbers, { algorithms: [header.alg] });
      return true;
    } catch {
      // Another signature, or a key that can't be used: the next one may do.
    }
  }
  return false;
}

function fits({ said }: PublishedKey, { alg, kid }: TokenHeader): boolean {
  const wanted = KEYS[alg];
  if (!wanted || said.kty !== wanted.kty || (wanted.crv !== undefined && said.crv !== wanted.crv)) return false;
  if (said.alg !== undefined && said.alg !== alg && KEYS[String(said.alg)]?.crv !== 'Ed25519') return false;
  if (said.use !== undefined && said.use !== 'sig') return false;
  if (Array.isArray(said.key_ops) && !said.key_ops.includes('verify')) return false;
  return kid === undefined || said.kid === undefined || isSameId(said.kid, kid);
}

/** A number in the one and its digits in the other are the same: who makes both may write them by two programs. */
function isSameId(one: unknown, other: unknown): boolean {
  return String(one) === String(other);
}
