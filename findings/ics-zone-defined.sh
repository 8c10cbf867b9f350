#!/usr/bin/env bash
# An invitation whose zone is defined in the file: npm ical 0.8.0, ical-expander 3.2.0, node-ical 0.26.1, ical.js 2.2.1, PyPI
# icalendar 7.3.2. The name of a zone (TZID) may be anything, as the file says what it means (RFC 5545, VTIMEZONE): Outlook
# writes "(UTC+09:00) Seoul". One guesses that the definition decides. Three of npm look the name up in a list instead, and where
# it is not there, or is in quotation marks, take nine in Seoul for nine at the host: right on a laptop in Korea, nine hours off on
# a server in UTC, without an error. ical-expander stands on ical.js, which reads all of them rightly if asked itself.
# Seen: on a host in New York, library, 09:00 in Seoul in UTC, by the name Asia/Seoul, Korea Standard Time, (UTC+09:00) Seoul,
# Seoul and shop-hours, each in quotation marks.
#> ical 14:00 14:00 14:00 14:00 14:00
#> ical-expander 00:00 00:00 14:00 14:00 14:00
#> node-ical 00:00 00:00 00:00 14:00 14:00
#> ical.js 00:00 00:00 00:00 00:00 00:00
#> icalendar 00:00 00:00 00:00 00:00 00:00
set -euo pipefail
dir=$(mktemp -d) && trap 'rm -rf "$dir"' EXIT && self=$(realpath "$0") && cd "$dir"
npm install --silent --no-audit --no-fund --prefix . ical@0.8.0 ical-expander@3.2.0 ical.js@2.2.1 node-ical@0.26.1
python3 -m venv py && py/bin/pip -q --disable-pip-version-check install icalendar==7.3.2 tzdata

for name in 'Asia/Seoul' 'Korea Standard Time' '(UTC+09:00) Seoul' 'Seoul' 'shop-hours'; do
  sed "s|NAME|$name|; s/$/\r/" >"$(echo "$name" | tr ' /' __).ics" <<'E'
BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//shop//example//EN
BEGIN:VTIMEZONE
TZID:NAME
BEGIN:STANDARD
DTSTART:16010101T000000
TZOFFSETFROM:+0900
TZOFFSETTO:+0900
END:STANDARD
END:VTIMEZONE
BEGIN:VEVENT
UID:1
DTSTAMP:20261130T000000Z
DTSTART;TZID="NAME":20261201T090000
DTEND;TZID="NAME":20261201T100000
SUMMARY:deadline
END:VEVENT
END:VCALENDAR
E
done
cat >run.mjs <<'E'
import { readFileSync } from 'node:fs';
import ical from 'ical';
import IcalExpander from 'ical-expander';
import ICAL from 'ical.js';
import nodeIcal from 'node-ical';

const files = process.argv.slice(2);
const eventOf = (parsed) => Object.values(parsed).find(({ type }) => type === 'VEVENT').start;
const readers = {
  ical: (text) => eventOf(ical.parseICS(text)),
  'ical-expander': (text) => new IcalExpander({ ics: text }).all().events[0].startDate.toJSDate(),
  'node-ical': (text) => eventOf(nodeIcal.sync.parseICS(text)),
  'ical.js': (text) => new ICAL.Event(new ICAL.Component(ICAL.parse(text)).getFirstSubcomponent('vevent')).startDate.toJSDate(),
};
for (const [name, read] of Object.entries(readers)) {
  console.log(name, ...files.map((file) => read(readFileSync(file, 'utf8')).toISOString().slice(11, 16)));
}
E
cat >run.py <<'E'
import sys
from datetime import timezone
import icalendar
times = []
for file in sys.argv[1:]:
    with open(file, 'rb') as text:
        start = icalendar.Calendar.from_ical(text.read()).walk('VEVENT')[0].decoded('dtstart')
    times.append(start.astimezone(timezone.utc).isoformat()[11:16])
print('icalendar', *times)
E
files=(Asia_Seoul.ics Korea_Standard_Time.ics '(UTC+09:00)_Seoul.ics' Seoul.ics shop-hours.ics)
{ TZ=America/New_York node run.mjs "${files[@]}" && py/bin/python run.py "${files[@]}"; } | tee seen
grep '^#> ' "$self" | cut -c4- | diff - seen
