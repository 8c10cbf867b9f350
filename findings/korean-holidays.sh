#!/usr/bin/env bash
# The public holidays of Korea, for "delivered in three working days": npm date-holidays 3.37.0, PyPI holidays 0.109,
# PyPI workalendar 17.0.0.
# Seollal lasts from the day before to the day after. date-holidays lets its three days begin on the day itself: the 16th
# of February 2026 is a working day to it and the 19th is not (Chuseok is right). workalendar gives no substitute
# holidays at all, and in 2027 takes the new year of China, which is a day before Korea's. One agrees with the calendar:
# holidays. Its year 2026 has Labour Day and Constitution Day as well, where the others differ again.
# Seen: free days, weekends apart, from 14 to 20 February 2026, 1 to 3 March 2026, and 5 to 10 February 2027.
#> date-holidays 26-02-17 26-02-18 26-02-19 26-03-02 27-02-08 27-02-09
#> holidays 26-02-16 26-02-17 26-02-18 26-03-02 27-02-08 27-02-09
#> workalendar 26-02-16 26-02-17 26-02-18 27-02-05
set -euo pipefail
dir=$(mktemp -d) && trap 'rm -rf "$dir"' EXIT && self=$(realpath "$0") && cd "$dir"
npm install --silent --no-audit --no-fund --prefix . date-holidays@3.37.0
python3 -m venv py && py/bin/pip -q --disable-pip-version-check install holidays==0.109 workalendar==17.0.0

cat >run.mjs <<'E'
import Holidays from 'date-holidays';

const korea = new Holidays('KR');
const free = [];
for (const [from, days] of [['2026-02-14', 7], ['2026-03-01', 3], ['2027-02-05', 6]])
  for (let day = 0; day < days; day++) {
    const noon = new Date(Date.parse(`${from}T12:00:00+09:00`) + day * 86_400_000);
    const weekend = [0, 6].includes(noon.getUTCDay());
    const is = korea.isHoliday(noon);
    if (!weekend && is && is.some(({ type }) => type === 'public')) free.push(noon.toISOString().slice(2, 10));
  }
console.log('date-holidays', ...free);
E
cat >run.py <<'E'
from datetime import date, timedelta
import holidays
from workalendar.asia import SouthKorea
spans = ((date(2026, 2, 14), 7), (date(2026, 3, 1), 3), (date(2027, 2, 5), 6))
days = [first + timedelta(day) for first, count in spans for day in range(count)]
days = [day for day in days if day.weekday() < 5]
korea, south = holidays.KR(), SouthKorea()
print('holidays', *(day.isoformat()[2:] for day in days if day in korea))
print('workalendar', *(day.isoformat()[2:] for day in days if south.is_holiday(day)))
E
{ TZ=Asia/Seoul node run.mjs && py/bin/python run.py; } | tee seen
grep '^#> ' "$self" | cut -c4- | diff - seen
