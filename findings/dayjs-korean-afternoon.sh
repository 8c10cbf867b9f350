#!/usr/bin/env bash
# npm dayjs 1.11.23 (customParseFormat, locale ko) reads times with 오전/오후, beside npm date-fns 4.4.0.
# "A h:mm" reads 오전 rightly, and 오후 3:05 as 03:05: every afternoon comes out as its morning, valid, without an error,
# and dayjs's own output of 15:05 does not survive being read again. In English it is right. date-fns reads both.
# A deadline typed as 오후 11:59 ends twelve hours early. Seen: text, dayjs, date-fns.
#> 오전 9:00 09:00 09:00
#> 오후 12:30 00:30 12:30
#> 오후 3:05 03:05 15:05
#> 오후 11:59 11:59 23:59
#> PM 3:05 15:05
#> 15:05 written and read: 오후 3:05 03:05
set -euo pipefail
dir=$(mktemp -d) && trap 'rm -rf "$dir"' EXIT && self=$(realpath "$0") && cd "$dir"
npm install --silent --no-audit --no-fund --prefix . dayjs@1.11.23 date-fns@4.4.0

cat >run.mjs <<'E'
import { format, parse } from 'date-fns';
import { ko } from 'date-fns/locale';
import dayjs from 'dayjs';
import 'dayjs/locale/ko.js';
import customParseFormat from 'dayjs/plugin/customParseFormat.js';

dayjs.extend(customParseFormat);
for (const text of ['오전 9:00', '오후 12:30', '오후 3:05', '오후 11:59']) {
  const other = format(parse(text, 'a h:mm', new Date(2026, 10, 28), { locale: ko }), 'HH:mm');
  console.log(text, dayjs(text, 'A h:mm', 'ko').format('HH:mm'), other);
}
console.log('PM 3:05', dayjs('PM 3:05', 'A h:mm').format('HH:mm'));
const written = dayjs('2026-11-28T15:05').locale('ko').format('A h:mm');
console.log('15:05 written and read:', written, dayjs(written, 'A h:mm', 'ko').format('HH:mm'));
E
node run.mjs | tee seen
grep '^#> ' "$self" | cut -c4- | diff - seen
