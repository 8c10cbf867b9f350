#!/usr/bin/env bash
# OpenTelemetry baggage between npm @opentelemetry/core 2.12.1 and PyPI opentelemetry-api 1.45.2.
# Python writes a blank as "+", the way of HTML forms; JavaScript reads percents only. "공동 구매" set in Python is
# "공동+구매" in Node, and the key "user id" is another key. From Node to Python nothing is lost, so a test in that
# direction passes. JavaScript also drops an entry of more than 4,096 bytes (some 450 Hangul) without a word.
# Put ids into baggage, not names.
#> node to python {'name': '공동 구매', 'user id': '1'}
#> python to node name=공동+구매, user+id=1
#> of a long one and a short one: short=1
set -euo pipefail
dir=$(mktemp -d) && trap 'rm -rf "$dir"' EXIT && self=$(realpath "$0") && cd "$dir"
npm install --silent --no-audit --no-fund --prefix . @opentelemetry/core@2.12.1 @opentelemetry/api@1.9.1
python3 -m venv py && py/bin/pip -q --disable-pip-version-check install opentelemetry-api==1.45.2

cat >run.py <<'E'
import sys
from opentelemetry import baggage
from opentelemetry.baggage.propagation import W3CBaggagePropagator
carrier = {}
context = baggage.set_baggage('user id', '1', baggage.set_baggage('name', '공동 구매'))
W3CBaggagePropagator().inject(carrier, context)
print(carrier['baggage'])
print('node to python', dict(baggage.get_all(W3CBaggagePropagator().extract({'baggage': [sys.argv[1]]}))))
E
cat >run.mjs <<'E'
import { execFileSync } from 'node:child_process';
import { defaultTextMapGetter, defaultTextMapSetter, propagation, ROOT_CONTEXT } from '@opentelemetry/api';
import { W3CBaggagePropagator } from '@opentelemetry/core';

const propagator = new W3CBaggagePropagator();
function inject(entries) {
  const carrier = {};
  const baggage = propagation.createBaggage(entries);
  propagator.inject(propagation.setBaggage(ROOT_CONTEXT, baggage), carrier, defaultTextMapSetter);
  return carrier.baggage;
}
const ours = inject({ name: { value: '공동 구매' }, 'user id': { value: '1' } });
const [theirs, read] = execFileSync('py/bin/python', ['run.py', ours], { encoding: 'utf8' }).trim().split('\n');
const context = propagator.extract(ROOT_CONTEXT, { baggage: theirs }, defaultTextMapGetter);
const entries = propagation.getBaggage(context).getAllEntries();
console.log(read);
console.log('python to node', entries.map(([key, { value }]) => `${key}=${value}`).join(', '));
console.log('of a long one and a short one:', inject({ long: { value: '가'.repeat(460) }, short: { value: '1' } }));
E
node run.mjs | tee seen
grep '^#> ' "$self" | cut -c4- | diff - seen
