import { type Product, readAmount } from '@gongu/shared';

/** In the order of the form. */
export const FIELD_NAMES = [
  ...([
    'title',
    'description',
    'category',
    'tags',
    'imageUrl',
    'price',
    'deadline',
    'minParticipants',
    'maxParticipants',
  ] as const),
] as const;

/** Of what is written in one control. */
export type FieldName = (typeof FIELD_NAMES)[number];

const MOST_PEOPLE = 100_000;
const MOST_TAGS = 10;
const LABEL_CHARS = 40;
const MOST_PRICE = 1_000_000_000_000;

/**
 * Fields that can not be offered as they are written. Trade has the last word.
 *
 * @param currency ISO 4217, of the price
 * @param buyers who take part already: there can not be fewer places
 */
export function wrongFields(
  written: Readonly<Record<FieldName, string>>,
  nowMs: number,
  currency: string,
  buyers = 0,
): readonly FieldName[] {
  const chars = (name: FieldName) => [...written[name].trim()].length;
  const whole = (name: FieldName) => (/^\d{1,13}$/.test(written[name].trim()) ? Number(written[name]) : Number.NaN);
  const isCount = (count: number) => count >= 1 && count <= MOST_PEOPLE;
  const [least, most] = [whole('minParticipants'), whole('maxParticipants')];
  const deadlineMs = Date.parse(written.deadline);
  const isRight: Readonly<Record<FieldName, boolean>> = {
    title: chars('title') >= 1 && chars('title') <= 200,
    description: chars('description') <= 20_000,
    category: chars('category') <= LABEL_CHARS,
    tags:
      tagsIn(written.tags).length <= MOST_TAGS && tagsIn(written.tags).every((tag) => [...tag].length <= LABEL_CHARS),
    imageUrl: /^(?:https:\/\/[^\s\\/?#]\S*)?$/i.test(written.imageUrl.trim()) && chars('imageUrl') <= 2_048,
    price: (readAmount(written.price, currency) ?? MOST_PRICE + 1) <= MOST_PRICE,
    deadline: deadlineMs > nowMs,
    minParticipants: isCount(least) && !(isCount(most) && least > most),
    maxParticipants: isCount(most) && most >= buyers,
  };
  return FIELD_NAMES.filter((name) => !isRight[name]);
}

/** Whether trade would take these tiers of a price. Amounts that are none are NaN. */
export function areTiers(tiers: Product['priceTiers'], price: number, maxParticipants: number): boolean {
  return tiers.every(({ minParticipants, amount }, at) => {
    const before = tiers[at - 1] ?? { minParticipants: 1, amount: price };
    return minParticipants > before.minParticipants && minParticipants <= maxParticipants && amount < before.amount;
  });
}

/** Tags as a seller writes them, with commas between them; a number sign before one says only that it is one. */
export function tagsIn(written: string): readonly string[] {
  const tags = written.split(/[,，、]/).map((tag) => tag.trim().replace(/^#\s*/, '').normalize('NFC'));
  return [...new Set(tags)].filter((tag) => tag !== '');
}
