#!/usr/bin/env bash
# PyPI cron-descriptor 2.2.1 in Korean (ko_KR) beside npm cronstrue 3.39.0, which was made after the same library of .NET.
# One guesses the English sentence in Korean, or English where a word is missing. The hour loses 오전 and 오후: the job of 15:00 is
# told as 03:00, and noon and midnight are both 12:00. The hours of English are those of a clock of twelve, and what tells
# its halves apart is dropped in the other language. The days keep their English names. cronstrue says 오후 03:00 and 월요일.
# With use_24hour_time_format = True it is right. Seen: line, in English, in Korean, cronstrue in Korean.
#> 0 15 * * * | At 03:00 PM | 03:00 | 오후 03:00
#> 0 3 * * * | At 03:00 AM | 03:00 | 오전 03:00
#> 0 0 * * * | At 12:00 AM | 12:00 | 오전 12:00
#> 0 12 * * * | At 12:00 PM | 12:00 | 오후 12:00
#> 30 21 * * 1 | At 09:30 PM, only on Monday | 09:30, Monday에 | 오후 09:30, 월요일에만
set -euo pipefail
dir=$(mktemp -d) && trap 'rm -rf "$dir"' EXIT && self=$(realpath "$0") && cd "$dir"
npm install --silent --no-audit --no-fund --prefix . cronstrue@3.39.0
python3 -m venv py && py/bin/pip -q --disable-pip-version-check install cron-descriptor==2.2.1

cat >run.py <<'E'
import subprocess
from cron_descriptor import Options, get_description
def tell(line, locale):
    options = Options()
    options.locale_code = locale
    options.use_24hour_time_format = False
    return get_description(line, options)
for line in ('0 15 * * *', '0 3 * * *', '0 0 * * *', '0 12 * * *', '30 21 * * 1'):
    other = subprocess.check_output(['node', '-p', "require('cronstrue/i18n').toString(process.argv[1], { locale: 'ko' })", line], text=True)
    print(f'{line} | {tell(line, "en_US")} | {tell(line, "ko_KR")} | {other.strip()}')
E
py/bin/python run.py | tee seen
grep '^#> ' "$self" | cut -c4- | diff - seen
