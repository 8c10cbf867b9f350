#!/usr/bin/env bash
# PyPI pycrdt 0.14.13 beside npm yjs 13.6.33: one shared text, places in it.
# Both speak the protocol of Yjs, and a server in Python edits what browsers write. In Yjs a place in a text counts as in
# JavaScript. pycrdt counts bytes of UTF-8: 안녕하세요 has length 15, and what is inserted at 3 stands behind the first
# syllable, not the third. With English text the two agree, which is how it gets through a test. Cursors, comments and
# `del text[a:b]` are off in the same way. Hand over relative positions, or count bytes: len(text[:n].encode()).
# Seen: library, the length of 안녕하세요, and the text after "!" was inserted at 3.
#> pycrdt 15 안!녕하세요
#> yjs 5 안녕하!세요
set -euo pipefail
dir=$(mktemp -d) && trap 'rm -rf "$dir"' EXIT && self=$(realpath "$0") && cd "$dir"
npm install --silent --no-audit --no-fund --prefix . yjs@13.6.33
python3 -m venv py && py/bin/pip -q --disable-pip-version-check install pycrdt==0.14.13

cat >run.mjs <<'E'
import { readFileSync, writeFileSync } from 'node:fs';
import * as Y from 'yjs';

const doc = new Y.Doc();
const text = doc.getText('message');
if (process.argv[2] === 'write') {
  text.insert(0, '안녕하세요');
  writeFileSync('update', Y.encodeStateAsUpdate(doc));
} else {
  Y.applyUpdate(doc, readFileSync('update'));
  const length = text.length;
  text.insert(3, '!');
  console.log('yjs', length, text.toString());
}
E
cat >run.py <<'E'
from pycrdt import Doc, Text
doc = Doc()
with open('update', 'rb') as file:
    doc.apply_update(file.read())
text = doc.get('message', type=Text)
length = len(text)
text.insert(3, '!')
print('pycrdt', length, str(text))
E
{ node run.mjs write && py/bin/python run.py && node run.mjs; } | tee seen
grep '^#> ' "$self" | cut -c4- | diff - seen
