#!/usr/bin/env bash
# PyPI dateparser 1.5.0 with Korean text, as in "when shall it be delivered?".
# Most of what it does not know is None, and can be asked again. Four common ways of writing give a wrong date instead:
# the hour behind 내일 (tomorrow) is dropped and the hour of now taken; 5일, the fifth, is five days ago; the first of next
# month is a day next month; a date with its weekday in brackets, 12/5(토), is 30 May 2012. English is read right in the first.
# Compare what it read with what was written, or take only one form.
# Seen: now is 30 November 2026, 10:00; text, what was read.
#> 내일 오후 3시 | 2026-12-01 10:00
#> tomorrow 3 pm | 2026-12-01 15:00
#> 5일 | 2026-11-25 10:00
#> 다음 달 1일 | 2026-12-31 10:00
#> 12/5(토) | 2012-05-30 00:00
#> 12월 5일 오후 3시 | 2026-12-05 15:00
#> 모레 | None
set -euo pipefail
dir=$(mktemp -d) && trap 'rm -rf "$dir"' EXIT && self=$(realpath "$0") && cd "$dir"
python3 -m venv py && py/bin/pip -q --disable-pip-version-check install dateparser==1.5.0

cat >run.py <<'E'
from datetime import datetime
import dateparser
settings = {'RELATIVE_BASE': datetime(2026, 11, 30, 10)}
for text in ('내일 오후 3시', 'tomorrow 3 pm', '5일', '다음 달 1일', '12/5(토)', '12월 5일 오후 3시', '모레'):
    read = dateparser.parse(text, languages=['en' if text.isascii() else 'ko'], settings=settings)
    print(text, '|', read and read.strftime('%Y-%m-%d %H:%M'))
E
py/bin/python run.py | tee seen
grep '^#> ' "$self" | cut -c4- | diff - seen
