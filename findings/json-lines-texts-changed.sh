#!/usr/bin/env bash
# JSON lines, as an export of messages comes: PyPI ndjson 0.3.1, jsonlines 4.0.0; npm jsonlines 0.1.1, ndjson 2.0.0.
# A line ends with a line feed, and a text may hold U+2028 or U+0085 as they are (RFC 8259; Node writes them so). ndjson.loads
# and ndjson.load split there too, and join the pieces with commas before they parse: inside a text the separator comes out
# as a comma, without an error. One guesses a refused line at worst. ndjson.reader of the same package leaves it alone, if
# what it reads is a file. npm's jsonlines decodes each chunk by itself: a Korean character that a chunk ends in comes out as
# replacement characters, again without an error; npm's ndjson keeps it. Seen:
#> ndjson.loads ['first,second,third', 'next']
#> ndjson.load ['first,second,third', 'next']
#> ndjson.reader ['first\u2028second\x85third', 'next']
#> jsonlines ['first\u2028second\x85third', 'next']
#> npm jsonlines "\ufffd\ufffd\ufffd나다"
#> npm ndjson "가나다"
set -euo pipefail
dir=$(mktemp -d) && trap 'rm -rf "$dir"' EXIT && self=$(realpath "$0") && cd "$dir"
npm install --silent --no-audit --no-fund --prefix . jsonlines@0.1.1 ndjson@2.0.0
python3 -m venv py && py/bin/pip -q --disable-pip-version-check install ndjson==0.3.1 jsonlines==4.0.0

cat >run.py <<'E'
import io
import jsonlines
import ndjson
lines = '{"text":"first\u2028second\u0085third"}\n{"text":"next"}\n'
texts = lambda rows: ascii([row['text'] for row in rows])
print('ndjson.loads', texts(ndjson.loads(lines)))
print('ndjson.load', texts(ndjson.load(io.StringIO(lines))))
print('ndjson.reader', texts(ndjson.reader(io.StringIO(lines))))
print('jsonlines', texts(jsonlines.Reader(io.StringIO(lines))))
E
cat >run.mjs <<'E'
import { Readable } from 'node:stream';
import jsonlines from 'jsonlines';
import ndjson from 'ndjson';

const line = Buffer.from(`${JSON.stringify({ text: '가나다' })}\n`);
const chunks = () => Readable.from([line.subarray(0, 10), line.subarray(10)], { objectMode: false });
for (const [name, library] of Object.entries({ jsonlines, ndjson })) {
  for await (const { text } of chunks().pipe(library.parse())) {
    console.log('npm', name, JSON.stringify(text).replaceAll('\ufffd', '\\ufffd'));
  }
}
E
{ py/bin/python run.py && node run.mjs; } | tee seen
grep '^#> ' "$self" | cut -c4- | diff - seen
