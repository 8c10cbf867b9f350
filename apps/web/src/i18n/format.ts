import { formatMoney, type Product } from '@gongu/shared';
import type { Remaining } from './strings.ts';

/** An amount in the currency's minor unit, all of it, as people write it. KRW has none: 23000 is ₩23,000. */
export function money({ amount, currency }: Product['price'], locale: string): string {
  if (currency === 'KRW') return won(amount);
  return formatMoney({ amount, currency }, locale);
}

/** As `Intl` writes it in both languages. Its first number costs a slow telephone a fifth of a second, and the list needs no other. */
function won(amount: number): string {
  return `₩${String(amount).replaceAll(/\B(?=(?:\d{3})+$)/g, ',')}`;
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
