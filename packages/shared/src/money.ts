/** An amount of money: an integer of the currency's minor unit. KRW has none: 23000 is ₩23,000, never divided by 100. */
interface Sum {
  readonly amount: number;
  /** ISO 4217. */
  readonly currency: string;
}

/**
 * Decimal places of a currency's minor unit by ISO 4217, where it is not two. `Intl` says how people write prices, which is
 * another number for some seventeen: no decimals for HUF, whose minor unit is a hundredth.
 */
const PLACES: Readonly<Record<number, string>> = {
  0: 'ADP BEF BIF BYB BYR CLP DJF ESP GNF GRD ISK ITL JPY KMF KRW LUF MGF PTE PYG ROL RWF TPE TRL UGX UYI VND VUV XAF XOF XPF',
  3: 'BHD IQD JOD KWD LYD OMR TND',
  4: 'CLF UYW',
};

/** Decimal places of an amount in minor units of that currency. */
export function minorUnitPlaces(currency: string): number {
  for (const places of [0, 3, 4]) if (PLACES[places]!.includes(currency)) return places;
  return 2;
}

/** An amount in minor units, all of it, as people of `locale` (BCP 47) write it. */
export function formatMoney({ amount, currency }: Sum, locale: string): string {
  const places = minorUnitPlaces(currency);
  const value = amount / 10 ** places;
  const { maximumFractionDigits } = new Intl.NumberFormat(locale, { style: 'currency', currency }).resolvedOptions();
  // People write no places of some, though there are: what is in them is money all the same.
  const fraction = maximumFractionDigits === 0 && Number.isInteger(value) ? 0 : places;
  const digits = { minimumFractionDigits: fraction, maximumFractionDigits: fraction };
  return new Intl.NumberFormat(locale, { style: 'currency', currency, ...digits }).format(value);
}

/** An amount as a field of a form has it: digits, and a point before the minor unit's places. The inverse of {@link readAmount}. */
export function writeAmount({ amount, currency }: Sum): string {
  const places = minorUnitPlaces(currency);
  const digits = String(amount).padStart(places + 1, '0');
  return places === 0 ? digits : `${digits.slice(0, -places)}.${digits.slice(-places)}`;
}

/**
 * What somebody wrote as an amount, in minor units: digits, grouped by commas or blanks or not, and at most as many places
 * after a point as the currency has. Null: that is none, or more than can be counted exactly.
 */
export function readAmount(text: string, currency: string): number | null {
  const match = /^(\d{1,3}(?:[, ]\d{3})+|\d+)(?:\.(\d*))?$/.exec(text.normalize('NFKC').trim());
  const places = minorUnitPlaces(currency);
  const fraction = match?.[2] ?? '';
  if (!match || fraction.length > places) return null;
  const amount = Number(match[1]!.replaceAll(/[, ]/g, '') + fraction.padEnd(places, '0'));
  return Number.isSafeInteger(amount) ? amount : null;
}
