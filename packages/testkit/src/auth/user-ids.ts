/** Characters that mean something in a URL, a STOMP header, a key or JSON. */
const ODD = 'a|b:c/d%2F%41 e@f"g\\h&i#j;k=l+m,n{o}p가🍊~*?';
/** Ideographs of 4 bytes in UTF-8, in an order that does not compress. */
const IDEOGRAPHS = Array.from({ length: 255 }, (_, i) =>
  String.fromCodePoint(0x20000 + ((i * 24_593 + 7_919) % 0xa000)),
);

const filled = (characters: string, length: number) =>
  [...characters.repeat(Math.ceil(length / [...characters].length))].slice(0, length).join('');

/** `length` characters of 4 bytes each, which do not compress. */
export function incompressible(length: number): string {
  return IDEOGRAPHS.slice(0, length).join('');
}

/** User ids that sign-ins make, or could, each with what it is called: of 1 to 255 characters of every kind. */
export const USER_IDS: readonly [string, string][] = [
  ...['|', ':', '/', '%', ' ', '@', '가', '🍊'].map((id): [string, string] => [`${JSON.stringify(id)} alone`, id]),
  ...[76, 128, 255].flatMap((length): [string, string][] => [
    [`${length} odd characters`, filled(ODD, length)],
    [`${length} characters of Hangul`, filled('홍길동', length)],
    [`${length} characters of 4 bytes`, incompressible(length)],
  ]),
  ['a broker and its user', 'f:0c1b7a52-7a3e-4f6e-9d61-1f2f7b0f6a11:hong@gil.example|google-oauth2|1157'],
  ['a URL with a query', 'https://id.example/%41?token="x\\"y\\\\&ticket=\\'],
];

/** One character more than an id may have. */
export const TOO_LONG_IDS: readonly string[] = ['u'.repeat(256), '홍'.repeat(256), '🍊'.repeat(256)];
