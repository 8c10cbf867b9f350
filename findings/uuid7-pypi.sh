#!/usr/bin/env bash
# PyPI uuid7 0.1.0 (module uuid_extensions) beside PyPI uuid6 2025.0.1 and npm uuid 14.0.3: version 7 in all three.
# uuid7 0.1.0 follows an early draft: 36 bits of seconds come first, where RFC 9562 has 48 bits of milliseconds. Its ids
# say version 7, pass every check and are in order among themselves, but any other reader finds a time 176 years ahead
# (in 2026), and they sort behind all ids of another service. uuid6.uuid7() is the one of the RFC.
# Seen: version, time in the first 48 bits, and how it sorts against an id that npm made after it.
#> uuid6 7 now before
#> uuid7 7 far ahead after
set -euo pipefail
dir=$(mktemp -d) && trap 'rm -rf "$dir"' EXIT && self=$(realpath "$0") && cd "$dir"
npm install --silent --no-audit --no-fund --prefix . uuid@14.0.3
python3 -m venv py && py/bin/pip -q --disable-pip-version-check install uuid6==2025.0.1 uuid7==0.1.0

cat >run.py <<'E'
import subprocess, time
from datetime import datetime, timedelta, timezone
import uuid6, uuid_extensions
def later():
    time.sleep(0.01)
    return subprocess.check_output(['node', '-p', "require('uuid').v7()"], text=True)

now = datetime.now(timezone.utc)
for name, made in (('uuid6', uuid6.uuid7()), ('uuid7', uuid_extensions.uuid7())):
    shown = datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(milliseconds=made.int >> 80)
    years = round((shown - now).days / 365.25)
    print(name, made.version, 'now' if years == 0 else 'far ahead' if years > 100 else years, 'after' if str(made) > later() else 'before')
E
py/bin/python run.py | tee seen
grep '^#> ' "$self" | cut -c4- | diff - seen
