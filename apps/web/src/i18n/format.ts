import type { Product } from '@gongu/shared';
import type { Remaining } from './strings.ts';

/** An amount in the currency's minor unit, as people write it. KRW has none: 23000 is ₩23,000. */
export function money({ amount, currency }: Product['price'], locale: string): string {
  const format = new Intl.NumberFormat(locale, { style: 'currency', currency });
  return format.format(amount / 10 ** (format.resolvedOptions().maximumFractionDigits ?? 0));
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
