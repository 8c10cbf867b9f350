#!/usr/bin/env bash
# PyPI arrow 1.4.0: humanize() in Korean (and `ko_KR`), for "closes in …".
# It counts whole spans of 24 hours and then names a day: 내일 (tomorrow), 모레 (the day after), 글피 (the third day).
# Thirty hours after Monday evening is Wednesday, and arrow says 내일. Who reads it on Monday comes a day late; up to 47 hours ahead
# are "tomorrow", and 47 hours ago are 어제, yesterday. English says "in a day" and promises no date. Count the days of the
# calendar in the reader's zone, or write hours.
# Seen: now is Monday, 30 November 2026, 20:00 in Seoul; hours from now, when that is, English, Korean.
#> 5 Tue 01:00 | in 5 hours | 5시간 후
#> 30 Wed 02:00 | in a day | 내일
#> 47 Wed 19:00 | in a day | 내일
#> 71 Thu 19:00 | in 2 days | 모레
#> -30 Sun 14:00 | a day ago | 어제
#> -47 Sat 21:00 | a day ago | 어제
set -euo pipefail
dir=$(mktemp -d) && trap 'rm -rf "$dir"' EXIT && self=$(realpath "$0") && cd "$dir"
python3 -m venv py && py/bin/pip -q --disable-pip-version-check install arrow==1.4.0

cat >run.py <<'E'
import arrow
now = arrow.get('2026-11-30T20:00:00+09:00')
for hours in (5, 30, 47, 71, -30, -47):
    then = now.shift(hours=hours)
    print(hours, then.format('ddd HH:mm'), '|', then.humanize(now), '|', then.humanize(now, locale='ko'))
E
py/bin/python run.py | tee seen
grep '^#> ' "$self" | cut -c4- | diff - seen
