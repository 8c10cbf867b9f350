import type { Product } from '@gongu/shared';
import type { Remaining } from './strings.ts';

/**
 * Decimal places of a currency's minor unit by ISO 4217, where it is not two. `Intl` says how people write prices, which is
 * another number for some seventeen: no decimals for HUF, whose minor unit is a hundredth.
 */
const PLACES: Readonly<Record<number, string>> = {
  0: 'ADP BEF BIF BYB BYR CLP DJF ESP GNF GRD ISK ITL JPY KMF KRW LUF MGF PTE PYG ROL RWF TPE TRL UGX UYI VND VUV XAF XOF XPF',
  3: 'BHD IQD JOD KWD LYD OMR TND',
  4: 'CLF UYW',
};

const BY_CODE = new Map(
  Object.entries(PLACES).flatMap(([places, codes]) => codes.split(' ').map((code) => [code, Number(places)] as const)),
);

/** Decimal places of an amount in minor units of that currency. */
function minorUnitPlaces(currency: string): number {
  return BY_CODE.get(currency) ?? 2;
}

/** An amount in the currency's minor unit, all of it, as people write it. KRW has none: 23000 is ₩23,000. */
export function money({ amount, currency }: Product['price'], locale: string): string {
  if (currency === 'KRW') return won(amount);
  const places = minorUnitPlaces(currency);
  const value = amount / 10 ** places;
  const fraction = places > 0 && Number.isInteger(value) && isWrittenWhole(currency, locale) ? 0 : places;
  return new Intl.NumberFormat(locale, {
    style: 'currency',
    currency,
    minimumFractionDigits: fraction,
    maximumFractionDigits: fraction,
  }).format(value);
}

/** As `Intl` writes it in both languages. Its first number costs a slow telephone a fifth of a second, and the list needs no other. */
function won(amount: number): string {
  return `₩${String(amount).replaceAll(/\B(?=(?:\d{3})+$)/g, ',')}`;
}

/** Whether people write no places of it, though there are some: what is in them is money all the same. */
function isWrittenWhole(currency: string, locale: string): boolean {
  const { maximumFractionDigits } = new Intl.NumberFormat(locale, { style: 'currency', currency }).resolvedOptions();
  return maximumFractionDigits === 0;
}

export function moment(iso: string, locale: string): string {
  return new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' }).format(new Date(iso));
}

/** What is left of a time, in whole seconds; null: nothing. */
export function remaining(untilMs: number, nowMs: number): Remaining | null {
  const left = Math.ceil((untilMs - nowMs) / 1_000);
  if (left <= 0) return null;
  return {
    days: Math.floor(left / 86_400),
    hours: Math.floor(left / 3_600) % 24,
    minutes: Math.floor(left / 60) % 60,
    seconds: left % 60,
  };
}
