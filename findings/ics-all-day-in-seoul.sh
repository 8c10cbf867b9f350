#!/usr/bin/env bash
# An all-day event of 1 December in Seoul, PyPI ics 0.7.3 and npm ical-generator 10.2.0.
# Both make the date of the instant of midnight, and forget the zone on the way: ics takes the date in UTC though the time
# it got is aware of Seoul, ical-generator takes the date of the host's own zone though the calendar says Asia/Seoul.
# The event is on 30 November for everyone. ical-generator writes a timed event of nine in Seoul as midnight without any
# zone on a host in UTC. Give ics a date without a time; give ical-generator a Luxon DateTime.
# Seen: library, DTSTART of the event of 1 December; for ical-generator also by host, and of the event at nine.
#> ics VALUE=DATE:20261130
#> ical-generator UTC VALUE=DATE:20261130 20261201T000000
#> ical-generator Asia/Seoul VALUE=DATE:20261201 20261201T090000
set -euo pipefail
dir=$(mktemp -d) && trap 'rm -rf "$dir"' EXIT && self=$(realpath "$0") && cd "$dir"
npm install --silent --no-audit --no-fund --prefix . ical-generator@10.2.0
python3 -m venv py && py/bin/pip -q --disable-pip-version-check install ics==0.7.3 tzdata

cat >run.py <<'E'
from datetime import datetime
from zoneinfo import ZoneInfo

from ics import Event

event = Event(begin=datetime(2026, 12, 1, tzinfo=ZoneInfo('Asia/Seoul')))
event.make_all_day()
print('ics', *(line.strip()[8:] for line in str(event).split('\n') if line.startswith('DTSTART')))
E
cat >run.mjs <<'E'
import ical from 'ical-generator';

const calendar = ical({ timezone: 'Asia/Seoul' });
calendar.createEvent({ start: new Date('2026-12-01T00:00:00+09:00'), allDay: true, summary: 'day' });
calendar.createEvent({ start: new Date('2026-12-01T09:00:00+09:00'), summary: 'nine' });
console.log('ical-generator', process.env.TZ, ...[...calendar.toString().matchAll(/DTSTART.(\S+)/g)].map(([, value]) => value));
E
{ py/bin/python -W ignore run.py && TZ=UTC node run.mjs && TZ=Asia/Seoul node run.mjs; } | tee seen
grep '^#> ' "$self" | cut -c4- | diff - seen
