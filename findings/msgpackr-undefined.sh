#!/usr/bin/env bash
# npm msgpackr 2.1.3 and @msgpack/msgpack 3.1.2, read by PyPI msgpack 1.2.4: a field that is undefined.
# JSON leaves it out, and @msgpack/msgpack writes nil, so one guesses either. msgpackr writes an extension of its own, type 0,
# which Python reads as ExtType(0, …): an object that is true in every `if`. An order without a note has one, an optional
# name is stored as its text. Between two services in Node nothing shows. Set encodeUndefinedAsNil, or leave such fields out.
# Seen: format, what Python reads of {id: 7, note: undefined}.
#> JSON {'id': 7} no note
#> msgpack {'id': 7, 'note': None} no note
#> msgpackr {'id': 7, 'note': ExtType(code=0, data=b'\x00')} has a note
set -euo pipefail
dir=$(mktemp -d) && trap 'chmod -R u+w "$dir"; rm -rf "$dir"' EXIT && self=$(realpath "$0") && cd "$dir"
npm install --silent --no-audit --no-fund --prefix . msgpackr@2.1.3 @msgpack/msgpack@3.1.2
python3 -m venv py && py/bin/pip -q --disable-pip-version-check install msgpack==1.2.4

cat >run.mjs <<'E'
import { encode } from '@msgpack/msgpack';
import { pack } from 'msgpackr';

const order = { id: 7, note: undefined };
console.log('JSON', Buffer.from(JSON.stringify(order)).toString('hex'));
console.log('msgpack', Buffer.from(encode(order)).toString('hex'));
console.log('msgpackr', pack(order).toString('hex'));
E
cat >run.py <<'E'
import sys, json, msgpack
for line in sys.stdin:
    name, hexa = line.split()
    data = bytes.fromhex(hexa)
    order = json.loads(data) if name == 'JSON' else msgpack.unpackb(data)
    print(name, order, 'has a note' if order.get('note') else 'no note')
E
node run.mjs | py/bin/python run.py | tee seen
grep '^#> ' "$self" | cut -c4- | diff - seen
