import { type Digit, digitRuns } from './digits.ts';
import type { Readable } from './readable.ts';

/** A part of a readable text. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** What makes a number one of something else, right before it: an order, a parcel, a model, a registration. */
const OTHER_NUMBER =
  /(?:주문|송장|운송장|등기|예약|접수|상품|모델|품번|바코드|시리얼|일련|쿠폰|등록|사업자|허가|인증|신고|회원|참조|티켓|좌석|우편|호수|isbn|order|tracking|invoice|serial|model|ref|no|sku|item|gtin|ean)[^0-9]{0,10}$/u;
/** What makes a number an account, before or behind it. */
const BANK =
  /계좌|입금|송금|이체|은행|뱅크|국민|신한|우리은|하나은|농협|기업은|새마을|수협|우체국|신협|씨티|카뱅|토스|케뱅|예금주|무통장|bank|account|\bkb\b|\bnh\b|\bibk\b/u;
/** Units behind a number: a price, a size, a weight, a time. */
const UNIT =
  /^\s*(?:원|won|krw|₩|개|명|박스|상자|병|kg|g|mg|ml|l|cm|mm|m|인치|호|년|월|일|시|분|초|%|배|장|권|세트|평)/u;
/** Areas and services of the Korean numbering plan, behind the 0. */
const AREA = /^0(?:2|3[1-3]|4[1-4]|5[1-5]|6[1-4]|70|80|50\d?)/;
/** Shared-cost numbers, which have no area. */
const SHARED = /^(?:1522|1533|1544|1566|1577|1588|1599|1600|1644|1661|1666|1668|1670|1688|1811|1833|1855|1877|1899)$/;

/** Digits that are looked at from one on: a telephone number has fewer. */
const LONGEST = 18;

/** Telephone numbers and accounts, in figures, in words, spaced or not. */
export function findNumbers(readable: Readable): Span[] {
  return digitRuns(readable).flatMap((run) => {
    const { text } = readable;
    const before = text.slice(Math.max(0, run[0]!.start - 24), run[0]!.start);
    if (OTHER_NUMBER.test(before)) return [];
    return phones(run, text) ?? accounts(run, text, before) ?? [];
  });
}

function phones(run: readonly Digit[], text: string): Span[] | null {
  const found: Span[] = [];
  for (let i = 0; i < run.length; i++) {
    // In the middle of a figure no number begins.
    if (i > 0 && run[i]!.before === '' && run[i]!.isFigure && run[i - 1]!.isFigure) continue;
    if (i > 0 && /^[.,]$/.test(run[i]!.before) && isPrice(run, i)) continue;
    const count = phoneLength(run.slice(i, i + LONGEST), text);
    if (count === 0) continue;
    found.push({ start: run[i]!.start, end: run[i + count - 1]!.end });
    i += count - 1;
  }
  return found.length > 0 ? found : null;
}

/** Whether the digits at `i` are the thousands of a price. */
function isPrice(run: readonly Digit[], i: number): boolean {
  return run[i]!.before === ',' && run.slice(i, i + 3).every((digit, n) => n === 0 || digit.before === '');
}

/** How many of the digits are a telephone number; 0: they are none. */
function phoneLength(run: readonly Digit[], text: string): number {
  const all = run.map(({ value }) => value).join('');
  const ends = (count: number) => count <= run.length && (count === run.length || run[count]!.before !== '');
  const country = /^(?:0082|82)(?=0?1[016789])/.exec(all)?.[0].length ?? 0;
  const mobile = /^0?1[016789]/.exec(all.slice(country))?.[0].length ?? 0;
  if (mobile > 0 && (country > 0 || all[0] === '0')) {
    const kind = all.slice(country + mobile - 3, country + mobile);
    // All of 010 have eight; the older ones had seven.
    for (const rest of kind.endsWith('10') ? [8] : [8, 7]) {
      const count = country + mobile + rest;
      if (ends(count) && !UNIT.test(behind(run, count, text))) return count;
    }
    return 0;
  }
  const area = AREA.exec(all)?.[0].length ?? 0;
  if (area > 0) {
    const areaEnds = run[area]?.before !== undefined && run[area]!.before !== '';
    const isWords = run.slice(0, area + 7).every(({ isFigure }) => !isFigure);
    for (const rest of [8, 7]) {
      const count = area + rest;
      if (ends(count) && (areaEnds || isWords) && groups(run.slice(0, count)) <= 5 && !/[.,:]/.test(run[area]!.before))
        return count;
      if (ends(count) && areaEnds && /\./.test(run[area]!.before) && groups(run.slice(0, count)) === 3) return count;
    }
    return 0;
  }
  const shared = SHARED.test(all.slice(0, 4)) && run[4]?.before === '-' && groups(run.slice(0, 8)) === 2 && ends(8);
  // `1600-1800원` is a price, from and to.
  if (shared && !all.slice(4, 8).endsWith('00') && !UNIT.test(behind(run, 8, text))) return 8;
  const isForeign = run[0]!.start > 0 && text[run[0]!.start - 1] === '+' && all.length >= 9 && all.length <= 15;
  return isForeign && ends(all.length) ? all.length : 0;
}

function behind(run: readonly Digit[], count: number, text: string): string {
  return text.slice(run[count - 1]!.end, run[count - 1]!.end + 8);
}

/** How many parts the separators make of it. */
function groups(run: readonly Digit[]): number {
  return run.reduce((count, { before }, i) => count + (i > 0 && before !== '' ? 1 : 0), 1);
}

function accounts(run: readonly Digit[], text: string, before: string): Span[] | null {
  const span = { start: run[0]!.start, end: run.at(-1)!.end };
  const sizes = partsOf(run);
  const count = run.length;
  if (count < 10 || count > 16 || UNIT.test(text.slice(span.end, span.end + 8))) return null;
  const figures = run.map(({ value }) => value).join('');
  const isDate = /^(?:19|20)\d\d(?:0[1-9]|1[0-2])/.test(figures) && (sizes[0] === 4 || sizes[0] === 8);
  const around = `${before} ${text.slice(span.end, span.end + 16)}`;
  if (BANK.test(around) && !isDate && run.slice(1).every((digit) => /^[\s\-.·]{0,3}$/u.test(digit.before))) {
    return [span];
  }
  if (isDate || !run.every(({ isFigure }) => isFigure)) return null;
  const isHyphened = sizes.length >= 3 && run.slice(1).every(({ before: gap }) => gap === '' || gap === '-');
  if (!isHyphened || count > 14) return null;
  const shape = sizes.join('-');
  // Registrations of firms and people, and cards' halves, have shapes of their own.
  if (shape === '3-2-5' || shape === '6-7' || count < 11) return null;
  const isKnown = sizes.some((size) => size >= 5) || /^3-4-4-\d$/.test(shape) || shape === '3-4-4-2';
  return isKnown ? [span] : null;
}

function partsOf(run: readonly Digit[]): number[] {
  const sizes: number[] = [];
  run.forEach(({ before }, i) => {
    if (i === 0 || before !== '') sizes.push(1);
    else sizes[sizes.length - 1]! += 1;
  });
  return sizes;
}
