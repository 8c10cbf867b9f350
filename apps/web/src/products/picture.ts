/** Pictures of the shop's own, and words of a title that speak for them. */
const PICTURES: readonly (readonly [name: string, words: RegExp])[] = [
  ['tangerines', /감귤|귤|한라봉|오렌지|tangerine|mandarin|orange/i],
  ['coffee', /커피|원두|로스터|coffee|espresso/i],
  ['rice', /쌀|현미|곡물|rice|grain/i],
  ['berries', /딸기|베리|체리|strawberr|berr|cherr/i],
  ['bread', /빵|베이글|쿠키|케이크|bread|bagel|cookie|cake/i],
];

/** The picture for a product whose seller gave none, or one that does not load. */
export function ownPicture(title: string): string {
  const found = PICTURES.find(([, words]) => words.test(title));
  return `/pictures/${found?.[0] ?? 'parcel'}.svg`;
}
