#!/usr/bin/env bash
# PyPI babel 2.19.0 beside Intl of Node: prices of ten thousands of won in the compact notation of Korean.
# The unit is 만, ten thousand, so the digits before it are few. Intl keeps two of them ("1.5만"). Babel keeps none behind
# the point unless told, and rounds a half to the even one: 15,000 and 25,000 won are both "₩2만", 14,900 is "₩1만". In
# English the unit is a thousand and the same call is right, which is how it gets through a test. Pass fraction_digits=1.
# Seen: won, Babel in English, Babel in Korean, Babel with fraction_digits=1, Intl in Korean.
#> 14900 ₩15K ₩1만 ₩1.5만 ₩1.5만
#> 15000 ₩15K ₩2만 ₩1.5만 ₩1.5만
#> 25000 ₩25K ₩2만 ₩2.5만 ₩2.5만
#> 35000 ₩35K ₩4만 ₩3.5만 ₩3.5만
#> 45000 ₩45K ₩4만 ₩4.5만 ₩4.5만
set -euo pipefail
dir=$(mktemp -d) && trap 'rm -rf "$dir"' EXIT && self=$(realpath "$0") && cd "$dir"
python3 -m venv py && py/bin/pip -q --disable-pip-version-check install babel==2.19.0

cat >run.py <<'E'
from babel.numbers import format_compact_currency as compact
for won in (14900, 15000, 25000, 35000, 45000):
    print(won, compact(won, 'KRW', locale='en'), compact(won, 'KRW', locale='ko'), compact(won, 'KRW', locale='ko', fraction_digits=1))
E
cat >run.mjs <<'E'
import { readFileSync } from 'node:fs';

const compact = new Intl.NumberFormat('ko', { style: 'currency', currency: 'KRW', notation: 'compact' });
for (const line of readFileSync(0, 'utf8').trim().split('\n')) console.log(line, compact.format(line.split(' ')[0]));
E
py/bin/python run.py | node run.mjs | tee seen
grep '^#> ' "$self" | cut -c4- | diff - seen
