#!/usr/bin/env bash
# Dates as Intl writes them in Korean, read back in Korean: npm @formkit/tempo 1.1.0, any-date-parser 2.2.4, sugar 2.0.6.
# tempo's parse() takes the style and the locale of its format(), and where that is the long style, puts the month of
# today for the one that is written, without an error; 31 July read in November is the 30th. Its short style is right.
# any-date-parser reads "26. 7. 5.", 5 July 2026, as 26 July of this year, and of 오후 3:05 leaves the 오후: three at night.
# sugar refuses the short style and reads the rest. Keep the ISO date beside the text.
# Seen: now is 10 November 2026; text, then tempo, any-date-parser, sugar; in the last line the hours.
#> 2026년 1월 5일 | 2026-11-05 | 2026-01-05 | 2026-01-05
#> 2026년 7월 31일 | 2026-11-30 | 2026-07-31 | 2026-07-31
#> 26. 7. 5. | 2026-07-05 | 2026-07-26 | refused
#> 2026년 7월 5일 오후 3:05 | none | 03:05 | 15:05
set -euo pipefail
dir=$(mktemp -d) && trap 'rm -rf "$dir"' EXIT && self=$(realpath "$0") && cd "$dir"
npm install --silent --no-audit --no-fund --prefix . @formkit/tempo@1.1.0 any-date-parser@2.2.4 sugar@2.0.6

cat >run.mjs <<'E'
import { parse } from '@formkit/tempo';
import parser from 'any-date-parser';
import Sugar from 'sugar';
import 'sugar/locales/ko.js';

const now = Date.UTC(2026, 10, 10);
globalThis.Date = class extends Date {
  constructor(...given) {
    super(...(given.length > 0 ? given : [now]));
  }
  static now() {
    return now;
  }
};
function shown(read, part) {
  const date = read();
  return Number.isNaN(+date) ? 'refused' : date.toISOString().slice(...part);
}
function show(text, style, part) {
  const line = [
    text,
    style ? shown(() => parse({ date: text, format: { date: style }, locale: 'ko' }), part) : 'none',
    shown(() => parser.fromString(text, 'ko'), part),
    shown(() => Sugar.Date.create(text, { locale: 'ko' }), part),
  ];
  console.log(line.join(' | '));
}
for (const [month, day, style] of [[1, 5, 'long'], [7, 31, 'long'], [7, 5, 'short']]) {
  const text = new Intl.DateTimeFormat('ko', { dateStyle: style }).format(new Date(2026, month - 1, day));
  show(text, style, [0, 10]);
}
show('2026년 7월 5일 오후 3:05', undefined, [11, 16]);
E
TZ=UTC node run.mjs | tee seen
grep '^#> ' "$self" | cut -c4- | diff - seen
