import { isIP } from 'node:net';
import { validate as isCron } from 'node-cron';
import { z } from 'zod';
import { isLongEnough } from '../auth/hmac-token.ts';
import { plainAddress } from '../http/forwarded-for.ts';
import { type AllowedOrigins, originOf } from '../http/origins.ts';
import { LOG_LEVELS } from '../log.ts';
import { type LostKey, notAKey, type SealingKey, sealingKeysOf } from '../seal/sealing-keys.ts';

/** A text that `parse` turns into a value; `undefined` means that it can't. */
function parsed<T>(expected: string, parse: (text: string) => T | undefined) {
  return z.string().transform((raw, context): T => {
    const text = raw.trim();
    const value = parse(text);
    if (value !== undefined) return value;
    context.addIssue({ code: 'custom', message: `must be ${expected} (got ${JSON.stringify(text.slice(0, 40))})` });
    return z.NEVER;
  });
}

function keysField() {
  return z.string().transform((text, context): readonly (SealingKey | LostKey)[] => {
    try {
      return sealingKeysOf(text);
    } catch (error) {
      context.addIssue({ code: 'custom', message: (error as Error).message });
      return z.NEVER;
    }
  });
}

function withDefault<T>(field: z.ZodType<T, string>, fallback: T | undefined): z.ZodType<T, string | undefined> {
  return fallback === undefined
    ? (field as z.ZodType<T, string | undefined>)
    : (field.default(fallback as never) as unknown as z.ZodType<T, string | undefined>);
}

const BOOLEANS: Record<string, boolean> = {
  true: true,
  1: true,
  yes: true,
  on: true,
  false: false,
  0: false,
  no: false,
  off: false,
};

/** Fields of an environment schema. A field without a default is required. */
export const envFields = {
  /** A TCP port; 0 = any free one. */
  port: (fallback?: number) => envFields.int(fallback, { min: 0, max: 65_535 }),

  /** A whole number from `min` (default 0) to `max`. */
  int(fallback?: number, { min = 0, max = Number.MAX_SAFE_INTEGER }: { min?: number; max?: number } = {}) {
    const upTo = max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`;
    const field = parsed(`a whole number ${upTo}`, (text) => {
      const value = /^-?[0-9]{1,16}$/.test(text) ? Number(text) : Number.NaN;
      return value >= min && value <= max ? value : undefined;
    });
    return withDefault(field, fallback);
  },

  /** A part of one: a number from 0 to 1 such as 0.5. */
  share: (fallback?: number) =>
    withDefault(
      parsed('a number from 0 to 1', (text) => {
        const value = /^[0-9]*\.?[0-9]+$/.test(text) ? Number(text) : Number.NaN;
        return value >= 0 && value <= 1 ? value : undefined;
      }),
      fallback,
    ),

  /** `true`, `1`, `yes`, `on` and their opposites. */
  bool: (fallback?: boolean) =>
    withDefault(
      parsed('true or false', (text) => BOOLEANS[text.toLowerCase()]),
      fallback,
    ),

  /** Any text. */
  text: (fallback?: string) => withDefault(z.string(), fallback),

  /** Any text, where an empty one means just that and does not bring the default back. */
  textOrEmpty: (fallback: string) => z.string().default(fallback).meta({ keepsEmpty: true }),

  /** At least 32 bytes of UTF-8, used as they are. Its value never appears in a message. */
  secret: () =>
    z.string().superRefine((text, context) => {
      if (isLongEnough(text)) return;
      context.addIssue({ code: 'custom', message: `must be at least 32 bytes (got ${Buffer.byteLength(text)})` });
    }),

  /** Keys of AES-256 as `id:base64`, separated by commas; the first seals, all of them open. Its value never appears in a message. */
  sealingKeys: () =>
    keysField().transform((keys, context): readonly SealingKey[] =>
      keys.flatMap(({ id, key }) => {
        if (key !== null) return [{ id, key }];
        context.addIssue({ code: 'custom', message: notAKey(id) });
        return [];
      }),
    ),

  /** The same, in which keys may be lost but for the first: `id:lost`. */
  sealingKeysOrLost: () => keysField(),

  /** A URL; it may hold a password, so its value never appears in a message. */
  url({
    protocols,
    fallback,
    bare = false,
  }: {
    protocols?: readonly string[];
    fallback?: string;
    bare?: boolean;
  } = {}) {
    const names = protocols?.map((protocol) => `${protocol}//`).join(' or ');
    const field = z
      .string()
      .trim()
      .refine(
        (text) => {
          const protocol = URL.canParse(text) ? new URL(text).protocol : undefined;
          return protocol !== undefined && (protocols === undefined || protocols.includes(protocol));
        },
        { error: names ? `must be a URL that begins with ${names}` : 'must be a URL' },
      )
      // `fetch` refuses them, and quotes the whole URL in its error.
      .refine((text) => !/^https?:/i.test(text) || !URL.canParse(text) || !hasCredentials(new URL(text)), {
        error: 'must not have a user or a password',
      })
      .refine((text) => !bare || !URL.canParse(text) || isBare(new URL(text)), {
        error: 'must end with its host and port: no path, no ? and no #',
      });
    return withDefault(field, fallback);
  },

  /** A cron expression, with seconds as an optional first field. */
  cron: (fallback?: string) =>
    withDefault(
      parsed('a cron expression', (text) => (isCron(text) ? text : undefined)),
      fallback,
    ),

  /** `*`, or origins separated by commas, `https://*.shop.example` too. Required: that every site may call is something to write out. */
  origins: () =>
    z.string().transform((raw, context): AllowedOrigins => {
      if (raw.trim() === '*') return '*';
      const parts = raw.split(',').map((part) => part.trim());
      const origins = parts.map(originOf);
      const bad = origins.indexOf(undefined);
      if (bad < 0) return origins as string[];
      const message = 'must be * or a comma list of origins such as https://shop.example or https://*.shop.example';
      context.addIssue({ code: 'custom', message: `${message} (${JSON.stringify(parts[bad]!.slice(0, 60))} is none)` });
      return z.NEVER;
    }),

  /** A level of the log. */
  logLevel: () => z.enum(LOG_LEVELS, { error: `must be one of ${LOG_LEVELS.join(', ')}` }).default('info'),

  /**
   * Whose `X-Forwarded-For` is believed: nobody's (`false`, the default), everybody's (`true`: only where nothing but
   * the balancer can reach the service), or that of these addresses and networks (`10.0.0.0/8, 127.0.0.1`).
   */
  trustProxy: () =>
    withDefault(
      parsed('true, false, or a comma list of addresses and networks', (text): boolean | string[] | undefined => {
        const flag = BOOLEANS[text.toLowerCase()];
        if (flag !== undefined) return flag;
        const networks = text.split(',').map((part) => networkOf(part.trim().toLowerCase()));
        return networks.includes(undefined) ? undefined : (networks as string[]);
      }),
      false,
    ),
};

function isBare({ pathname, search, hash }: URL): boolean {
  return /^\/*$/.test(pathname) && search === '' && hash === '';
}

function hasCredentials({ username, password }: URL): boolean {
  return username !== '' || password !== '';
}

// `/0` is everybody, which `true` says; @fastify/proxy-addr throws on it.
function networkOf(text: string): string | undefined {
  if (['loopback', 'linklocal', 'uniquelocal'].includes(text)) return text;
  // As it stands in a proxy's own log, with a port and brackets.
  if (!text.includes('/')) return plainAddress(text);
  const [address = '', bits = '', ...rest] = text.split('/');
  const family = isIP(address);
  if (family === 0 || rest.length > 0 || !/^[0-9]{1,3}$/.test(bits)) return undefined;
  return Number(bits) >= 1 && Number(bits) <= (family === 4 ? 32 : 128) ? text : undefined;
}
