#!/usr/bin/env bash
# PyPI icalendar 7.3.2: an event whose time has an offset, as datetime.fromisoformat('2026-12-01T09:00:00+09:00') gives it.
# The offset is written as the name of a zone that does not exist, TZID="UTC+09:00", without its definition; a calendar may
# take it for any time. The library itself reads it back as nine o'clock without a zone. With ZoneInfo('Asia/Seoul'), the
# same instant comes back. Convert to a named zone, or to UTC, first.
# Seen: what was given, what was written, what from_ical() makes of it.
#> +09:00 DTSTART;TZID="UTC+09:00":20261201T090000 2026-12-01T09:00:00
#> Asia/Seoul DTSTART;TZID=Asia/Seoul:20261201T090000 2026-12-01T09:00:00+09:00
#> UTC DTSTART:20261201T000000Z 2026-12-01T00:00:00+00:00
set -euo pipefail
dir=$(mktemp -d) && trap 'rm -rf "$dir"' EXIT && self=$(realpath "$0") && cd "$dir"
python3 -m venv py && py/bin/pip -q --disable-pip-version-check install icalendar==7.3.2 tzdata

cat >run.py <<'E'
from datetime import datetime, timezone
from zoneinfo import ZoneInfo

from icalendar import Event

nine = datetime.fromisoformat('2026-12-01T09:00:00+09:00')
for name, start in (('+09:00', nine), ('Asia/Seoul', nine.astimezone(ZoneInfo('Asia/Seoul'))), ('UTC', nine.astimezone(timezone.utc))):
    event = Event()
    event.add('dtstart', start)
    text = event.to_ical().decode()
    [line] = [line for line in text.splitlines() if line.startswith('DTSTART')]
    print(name, line, Event.from_ical(text)['dtstart'].dt.isoformat())
E
py/bin/python run.py | tee seen
grep '^#> ' "$self" | cut -c4- | diff - seen
