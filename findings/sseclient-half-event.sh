#!/usr/bin/env bash
# PyPI sseclient-py 1.9.0, an SSE reader.
# A stream cut in the middle of an event (deploy, proxy, lost network): the half event is handed over as if it were
# whole (12 of "data: 12000"), where the standard drops what has no blank line after it. `id` is not carried on: an event
# without one has id None, so "the last id seen" is lost when taken from the last event. `retry` is a text, unchecked. A
# byte order mark at the start takes the first line with it. npm's eventsource-parser 3.1.1 drops the half event and the
# bad retry. Parse only what has an end of its own, and keep the last id that is not None. Seen:
#> python cut ['12']
#> python id ['7', None]
#> python retry ['soon']
#> python mark []
#> npm cut []
#> npm retry []
set -euo pipefail
dir=$(mktemp -d) && trap 'rm -rf "$dir"' EXIT && self=$(realpath "$0") && cd "$dir"
npm install --silent --no-audit --no-fund --prefix . eventsource-parser@3.1.1
python3 -m venv py && py/bin/pip -q --disable-pip-version-check install sseclient-py==1.9.0

cat >run.py <<'E'
from sseclient import SSEClient
read = lambda stream: list(SSEClient(iter([stream])).events())
print('python cut', [event.data for event in read(b'data: 12')])
print('python id', [event.id for event in read(b'id: 7\ndata: a\n\ndata: b\n\n')])
print('python retry', [event.retry for event in read(b'retry: soon\ndata: a\n\n')])
print('python mark', [event.data for event in read(b'\xef\xbb\xbfdata: a\n\n')])
E
cat >run.mjs <<'E'
import { createParser } from 'eventsource-parser';

const seen = { cut: [], retry: [] };
createParser({ onEvent: (event) => seen.cut.push(event.data) }).feed('data: 12');
createParser({ onRetry: (retry) => seen.retry.push(retry) }).feed('retry: soon\ndata: a\n\n');
for (const name in seen) console.log('npm', name, JSON.stringify(seen[name]));
E
{ py/bin/python run.py && node run.mjs; } | tee seen
grep '^#> ' "$self" | cut -c4- | diff - seen
