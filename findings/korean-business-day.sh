#!/usr/bin/env bash
# npm korean-business-day 2.1.0: the next working day of Korea, and whether a moment is on a day off.
# Its table of holidays ends with 2023. Later years get the fixed days alone, without a word: orders are promised for
# Seollal and Chuseok, and for every substitute holiday. isHoliday() moves the moment by nine hours and then asks the host's
# zone: right on a host in UTC, but on one in Seoul a Friday is a day off from 15:00 on, and a Sunday no longer is.
# Take only years you have checked, and run it with TZ=UTC.
# Seen: zone of the host, then the next working day after 20 January 2023, 8 February 2024 and 13 February 2026 (each time
# Seollal follows), and isHoliday() for Friday and Sunday, 27 and 29 November 2026, at 16:00 in Seoul.
#> UTC 20230125 20240209 20260216 false true
#> Asia/Seoul 20230125 20240209 20260216 true false
set -euo pipefail
dir=$(mktemp -d) && trap 'rm -rf "$dir"' EXIT && self=$(realpath "$0") && cd "$dir"
npm install --silent --no-audit --no-fund --prefix . korean-business-day@2.1.0

cat >run.mjs <<'E'
import { getNextKoreanBusinessDayYmd as next, isHoliday } from 'korean-business-day';

const moments = ['2026-11-27T16:00:00+09:00', '2026-11-29T16:00:00+09:00'].map((text) => new Date(text));
console.log(process.env.TZ, ...[20230120, 20240208, 20260213].map((day) => next(day, 1)), ...moments.map((at) => isHoliday(at)));
E
{ TZ=UTC node run.mjs && TZ=Asia/Seoul node run.mjs; } | tee seen
grep '^#> ' "$self" | cut -c4- | diff - seen
