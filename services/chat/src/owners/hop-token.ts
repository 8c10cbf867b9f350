import type { SealKey } from '../redis/seal-key.ts';

/** What a request between instances is bound to. */
export interface Hop {
  /** The URL of the instance that is asked. */
  readonly owner: string;
  readonly method: string;
  /** Path and query. */
  readonly url: string;
}

/** Milliseconds for which a token is good, and by which two clocks may differ. */
const MOST_AGE_MS = 30_000;

/**
 * Tokens of requests from instance to instance: `2.<key id>.<epoch ms>.<proof>`, good for one request of one instance,
 * for half a minute. What gets one by mistake can do nothing with it.
 */
export function createHopTokens({ key, now }: { key: SealKey; now: () => number }) {
  const placeOf = ({ owner, method }: Hop, at: string) => `hop\n${owner}\n${method}\n${at}`;
  return {
    sign(hop: Hop): string {
      const at = now().toString(36);
      return `2.${key.id}.${at}.${key.mac(placeOf(hop, at), hop.url)}`;
    },
    isGood(token: string, hop: Hop): boolean {
      const [, keyId, at, proof] = /^2\.([\w-]{8})\.([0-9a-z]{1,11})\.([\w-]{22})$/.exec(token) ?? [];
      if (keyId !== key.id || Math.abs(now() - Number.parseInt(at!, 36)) > MOST_AGE_MS) return false;
      return key.isMac(proof!, placeOf(hop, at!), hop.url);
    },
  };
}
