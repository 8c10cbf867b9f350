#!/usr/bin/env bash
# The same six-field line in npm cron-parser 5.10.6 and PyPI croniter 7.0.0.
# npm (and Go's robfig/cron) have the seconds first; croniter has them last, unless `second_at_beginning=True`. Many
# lines are valid in both: "0 0 12 1 * *", noon on the first of each month, is for croniter every second of the minute
# 00:00 on 12 January, and "*/10 * * * * *" runs sixty times a minute there, every tenth minute. Nothing complains.
# Seen: the next three times after 2026-03-07 20:00:05.
#> npm [0 0 12 1 * *] 04-01T12:00:00 05-01T12:00:00 06-01T12:00:00
#> npm [*/10 * * * * *] 03-07T20:00:10 03-07T20:00:20 03-07T20:00:30
#> python [0 0 12 1 * *] 01-12T00:00:00 01-12T00:00:01 01-12T00:00:02
#> python [*/10 * * * * *] 03-07T20:00:06 03-07T20:00:07 03-07T20:00:08
set -euo pipefail
dir=$(mktemp -d) && trap 'rm -rf "$dir"' EXIT && self=$(realpath "$0") && cd "$dir"
npm install --silent --no-audit --no-fund --prefix . cron-parser@5.10.6
python3 -m venv py && py/bin/pip -q --disable-pip-version-check install croniter==7.0.0

cat >run.mjs <<'E'
import { CronExpressionParser } from 'cron-parser';

for (const line of ['0 0 12 1 * *', '*/10 * * * * *']) {
  const cron = CronExpressionParser.parse(line, { currentDate: '2026-03-07T20:00:05Z', tz: 'UTC' });
  console.log(`npm [${line}]`, cron.take(3).map((time) => time.toISOString().slice(5, 19)).join(' '));
}
E
cat >run.py <<'E'
from datetime import datetime
from croniter import croniter
for line in ('0 0 12 1 * *', '*/10 * * * * *'):
    cron = croniter(line, datetime(2026, 3, 7, 20, 0, 5))
    print(f'python [{line}]', *(cron.get_next(datetime).isoformat()[5:] for _ in range(3)))
E
{ node run.mjs && py/bin/python run.py; } | tee seen
grep '^#> ' "$self" | cut -c4- | diff - seen
