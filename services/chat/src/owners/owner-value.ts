import type { SealKey } from '../redis/seal-key.ts';

export interface OwnerValuesOptions {
  readonly key: SealKey;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** All instances read signed ones: this one signs, and believes nothing else. */
  readonly isOn: boolean;
}

/**
 * Where the instance is that has a session, as it stands in Redis: its URL, or `2.<key id>.<end>.<proof>.<URL>`, which is
 * good under one name in Redis, until an end in epoch milliseconds. Whoever can write to Redis can not have requests sent
 * to a place of his, and the tokens in them.
 */
export interface OwnerValues {
  /** @param forMs as long as Redis keeps it */
  write(name: string, url: string, forMs: number): string;
  /** Null: no instance of ours has written that there. */
  read(name: string, value: string): string | null;
}

/** Milliseconds by which the clocks of two instances may differ. */
const SKEW_MS = 30_000;

export function createOwnerValues({ key, now, isOn }: OwnerValuesOptions): OwnerValues {
  const placeOf = (name: string, end: string) => `owner\n${name}\n${end}`;
  return {
    write(name, url, forMs) {
      if (!isOn) return url;
      const end = Math.round(now() + forMs).toString(36);
      return `2.${key.id}.${end}.${key.mac(placeOf(name, end), url)}.${url}`;
    },
    read(name, value) {
      const [, keyId, end, proof, url] = /^2\.([\w-]{8})\.([0-9a-z]{1,11})\.([\w-]{22})\.(.+)$/.exec(value) ?? [];
      if (url === undefined) return isOn || value.startsWith('2.') ? null : value;
      if (keyId !== key.id || Number.parseInt(end!, 36) + SKEW_MS < now()) return null;
      return key.isMac(proof!, placeOf(name, end!), url) ? url : null;
    },
  };
}

/** What is written and read as it is, where nobody else can write to Redis. */
export const PLAIN_OWNERS: OwnerValues = { write: (_, url) => url, read: (_, value) => value };
