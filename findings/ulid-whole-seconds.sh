#!/usr/bin/env bash
# PyPI python-ulid 4.1.0 beside PyPI ulid-py 1.1.0 (both are the module `ulid`): ULID.from_timestamp() of a time in seconds.
# A float is taken for seconds, an int for milliseconds. int(time.time()), or seconds as JSON and JWTs have them, give an id
# of January 1970, without an error: it sorts before all others, and pages that go on "after" an id never show it. With the
# time.time() of its page all is well. ulid-py takes both for seconds. Hand over a datetime, or float(seconds).
# Seen: library, seconds, the time in the id.
#> python-ulid 1796000000 1970-01-21T18:53:20+00:00
#> python-ulid 1796000000.0 2026-11-30T00:53:20+00:00
#> ulid-py 1796000000 2026-11-30T00:53:20+00:00
#> ulid-py 1796000000.0 2026-11-30T00:53:20+00:00
set -euo pipefail
dir=$(mktemp -d) && trap 'rm -rf "$dir"' EXIT && self=$(realpath "$0") && cd "$dir"
python3 -m venv py && py/bin/pip -q --disable-pip-version-check install python-ulid==4.1.0
python3 -m venv other && other/bin/pip -q --disable-pip-version-check install ulid-py==1.1.0

cat >run.py <<'E'
from ulid import ULID
for seconds in (1796000000, 1796000000.0):
    print('python-ulid', repr(seconds), ULID.from_timestamp(seconds).datetime.isoformat())
E
cat >other.py <<'E'
import ulid
for seconds in (1796000000, 1796000000.0):
    print('ulid-py', repr(seconds), ulid.from_timestamp(seconds).timestamp().datetime.isoformat())
E
{ py/bin/python run.py && other/bin/python other.py; } | tee seen
grep '^#> ' "$self" | cut -c4- | diff - seen
