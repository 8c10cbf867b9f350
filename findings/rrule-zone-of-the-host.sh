#!/usr/bin/env bash
# npm rrule 2.8.1, "every day at nine in Seoul" (DTSTART;TZID=Asia/Seoul), beside PyPI python-dateutil 2.9.0.post0.
# One guesses that the rule names its zone and the host's does not matter. The instants that come out are shifted by the
# host's zone: right on a server in UTC, nine hours late on a laptop in Seoul, another day in New York. A test that
# passes in CI fails at home, or the reverse. dateutil gives 09:00+09:00 everywhere. Let the process run in UTC.
# Seen: the first of the dates, 09:00 in Seoul, which is 00:00 UTC.
#> node TZ=UTC 2026-11-28T00:00:00.000Z
#> node TZ=Asia/Seoul 2026-11-28T09:00:00.000Z
#> node TZ=America/New_York 2026-11-27T19:00:00.000Z
#> python TZ=Asia/Seoul 2026-11-28T09:00:00+09:00
set -euo pipefail
dir=$(mktemp -d) && trap 'rm -rf "$dir"' EXIT && self=$(realpath "$0") && cd "$dir"
npm install --silent --no-audit --no-fund --prefix . rrule@2.8.1
python3 -m venv py && py/bin/pip -q --disable-pip-version-check install python-dateutil==2.9.0.post0

cat >run.mjs <<'E'
import rrule from 'rrule';

const [first] = rrule.rrulestr('DTSTART;TZID=Asia/Seoul:20261128T090000\nRRULE:FREQ=DAILY;COUNT=2').all();
console.log(`node TZ=${process.env.TZ}`, first.toISOString());
E
cat >run.py <<'E'
from dateutil.rrule import rrulestr
print('python TZ=Asia/Seoul', rrulestr('DTSTART;TZID=Asia/Seoul:20261128T090000\nRRULE:FREQ=DAILY;COUNT=2')[0].isoformat())
E
{
  for zone in UTC Asia/Seoul America/New_York; do TZ=$zone node run.mjs; done
  TZ=Asia/Seoul py/bin/python run.py
} | tee seen
grep '^#> ' "$self" | cut -c4- | diff - seen
