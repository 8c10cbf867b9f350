import { randomNonce, type SealKey } from '../redis/seal-key.ts';

export interface OwnerValuesOptions {
  readonly key: SealKey;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** All instances read sealed ones: this one seals, and believes nothing else. */
  readonly isOn: boolean;
}

/**
 * Where the instance is that has a session, as it stands in Redis: its URL, or `2.<key id>.<end>.<owner>.<sealed>`, which is
 * good under one name in Redis, until an end in epoch milliseconds. `<owner>` says to the scripts whose it is, and nobody
 * what it is. Whoever can write to Redis can not have requests sent to a place of his, and the tokens in them.
 */
export interface OwnerValues {
  /** @param forMs as long as Redis keeps it */
  write(name: string, url: string, forMs: number): string;
  /** Null: no instance of ours has written that there. */
  read(name: string, value: string): string | null;
  /** How an owner stands in the values that are sealed. */
  ownerOf(url: string): string;
}

/** Milliseconds by which the clocks of two instances may differ. */
const SKEW_MS = 30_000;

export function createOwnerValues({ key, now, isOn }: OwnerValuesOptions): OwnerValues {
  const seal = key.writer('owners');
  const placeOf = (name: string, end: string, owner: string) => `owner\n${name}\n${end}\n${owner}`;
  const ownerOf = (url: string) => key.mac('owner', url);
  return {
    ownerOf,
    write(name, url, forMs) {
      if (!isOn) return url;
      const [end, owner, nonce] = [Math.round(now() + forMs).toString(36), ownerOf(url), randomNonce()];
      const sealed = Buffer.concat([nonce, seal.seal(placeOf(name, end, owner), nonce, url)]);
      return `2.${key.id}.${end}.${owner}.${sealed.toString('base64url')}`;
    },
    read(name, value) {
      const [, keyId, end, owner, text] =
        /^2\.([\w-]{8})\.([0-9a-z]{1,11})\.([\w-]{22})\.([\w-]{16,})$/.exec(value) ?? [];
      if (text === undefined) return isOn || value.startsWith('2.') ? null : value;
      if (keyId !== key.id || Number.parseInt(end!, 36) + SKEW_MS < now()) return null;
      const sealed = Buffer.from(text, 'base64url');
      return seal.open(placeOf(name, end!, owner!), sealed.subarray(0, 12), sealed.subarray(12))?.toString() ?? null;
    },
  };
}

/** What is written and read as it is, where nobody else can write to Redis. */
export const PLAIN_OWNERS: OwnerValues = { write: (_, url) => url, read: (_, value) => value, ownerOf: (url) => url };
