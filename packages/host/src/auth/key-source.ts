import { AppError } from '@gongu/shared';
import type { JWK } from 'jose';
import type { Clock } from '../clock.ts';
import { saidClaims } from './claims.ts';

/** A key of an issuer. */
export interface PublishedKey {
  /** What is said of it, without what is null or empty: that says nothing, as of claims. */
  readonly said: Readonly<Record<string, unknown>>;
  /** Its public numbers, and nothing of what it is said to be for. */
  readonly numbers: JWK;
}

export interface KeySourceOptions {
  /** Of the key set, as JSON (RFC 7517). */
  readonly url: string;
  readonly clock: Clock;
}

/** Milliseconds for which keys are taken as they are. */
const FRESH_MS = 600_000;
/** Milliseconds for which keys stay good while the issuer is away: a day in which nobody is signed out. */
const GOOD_MS = 86_400_000;
/** Milliseconds between two times that the keys are read for a token that none of them signed. */
const COOLDOWN_MS = 30_000;
/** Milliseconds between two tries while the issuer is away: twice as many after each, up to the last. */
const RETRY_MS = { first: 1_000, last: 30_000 } as const;
/** Milliseconds for an answer, to its last byte. */
const TIMEOUT_MS = 3_000;
/** Characters of a key set; real ones have a few thousand. */
const MAX_CHARS = 1_048_576;

/**
 * The keys that an issuer publishes, kept over its outages. It is asked by one request at a time: when they are first
 * needed, after ten minutes, and for a token that none of them signed. An answer that is no key set is an outage.
 */
export function createKeySource({ url, clock }: KeySourceOptions) {
  let keys: readonly PublishedKey[] = [];
  /** By the monotonic clock: when the keys came, and from when on the issuer may be asked again. */
  let readAt = Number.NEGATIVE_INFINITY;
  let nextAt = Number.NEGATIVE_INFINITY;
  let failures = 0;
  let cause: unknown;
  let reading: Promise<void> | undefined;

  /** Never rejects. */
  function read(): Promise<void> {
    reading ??= fetchKeys(url)
      .then((found) => {
        keys = found;
        failures = 0;
        readAt = clock.monotonic();
        nextAt = readAt + COOLDOWN_MS;
      })
      .catch((error: unknown) => {
        cause = error;
        nextAt = clock.monotonic() + Math.min(RETRY_MS.first * 2 ** failures++, RETRY_MS.last);
      })
      .finally(() => {
        reading = undefined;
      });
    return reading;
  }

  const age = () => clock.monotonic() - readAt;
  const mayRead = () => reading !== undefined || clock.monotonic() >= nextAt;

  function unavailable(): AppError {
    const retryAfterMs = Math.max(1_000, Math.ceil(nextAt - clock.monotonic()));
    return new AppError('UNAVAILABLE', { detail: 'The token can not be checked now', retryAfterMs, cause });
  }

  return {
    /** The keys to try first. @throws AppError UNAVAILABLE */
    async current(): Promise<readonly PublishedKey[]> {
      if (age() >= FRESH_MS && mayRead()) {
        const again = read();
        // Who knows that the issuer is away does not wait for it.
        if (failures === 0 || age() >= GOOD_MS) await again;
      }
      if (age() >= GOOD_MS) throw unavailable();
      return keys;
    },
    /** Other keys than those, where the issuer has or had them meanwhile; null where it was asked a moment ago, or is away. */
    async newer(than: readonly PublishedKey[]): Promise<readonly PublishedKey[] | null> {
      if (keys === than && mayRead()) await read();
      return keys === than ? null : keys;
    },
    /** Whether the issuer did not answer when it was last asked. */
    away: () => failures > 0,
    unavailable,
  };
}

async function fetchKeys(url: string): Promise<readonly PublishedKey[]> {
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const response = await fetch(url, { signal, redirect: 'error', headers: { accept: 'application/json' } });
  if (response.status !== 200) {
    await response.body?.cancel();
    throw new Error(`the issuer's keys: status ${response.status}`);
  }
  const text = await textOf(response);
  const { keys } = Object(JSON.parse(text)) as { keys?: unknown };
  const found = Array.isArray(keys) ? keys.filter(isKey).map(publishedKey) : [];
  if (found.length === 0) throw new Error("the issuer's keys: there are none");
  return found;
}

async function textOf(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk as Uint8Array, { stream: true });
    if (text.length > MAX_CHARS) throw new Error("the issuer's keys: too long");
  }
  return text + decoder.decode();
}

function isKey(value: unknown): value is JWK {
  return typeof value === 'object' && value !== null && typeof (value as JWK).kty === 'string';
}

/** jose would refuse a public key that may also sign, or one that its issuer has published with its private half. */
function publishedKey(key: JWK): PublishedKey {
  const { kty, crv, n, e, x, y } = key;
  const said = saidClaims(key as Readonly<Record<string, unknown>>);
  return { said, numbers: kty === 'RSA' ? { kty, n, e } : kty === 'EC' ? { kty, crv, x, y } : { kty, crv, x } };
}
