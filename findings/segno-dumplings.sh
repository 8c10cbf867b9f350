#!/usr/bin/env bash
# PyPI segno 1.6.6 beside npm qrcode 1.5.4: QR codes of short Korean words, read by PyPI zxing-cpp 3.1.1 and npm jsqr 1.4.0.
# segno takes the bytes of UTF-8 and asks whether they could be Japanese in Shift JIS, two bytes a character. 만두 (dumplings),
# 감자 (potatoes), 마늘 (garlic) could, and are written as kanji, also with encoding='utf-8' or eci=True: every reader shows
# Japanese. With a blank, digit or Latin letter in the text, or another word (김치), the code is right, so links pass and a
# shelf's label does not. mode='byte' helps.
# Seen: encoder, word, the mode that segno chose, what zxing-cpp and jsQR read (unprintable characters left out).
#> qrcode | 만두 | none | 만두 | 만두
#> qrcode | 감자 | none | 감자 | 감자
#> qrcode | 마늘 | none | 마늘 | 마늘
#> qrcode | 김치 | none | 김치 | 김치
#> qrcode | 감자 3kg | none | 감자 3kg | 감자 3kg
#> segno | 만두 | kanji | 誤草 | 誤草
#> segno | 감자 | kanji | 川梵 | 川梵
#> segno | 마늘 | kanji | 壱釜 | 壱釜
#> segno | 김치 | byte | 김치 | 김치
#> segno | 감자 3kg | byte | 감자 3kg | 감자 3kg
#> segno | 만두 | byte | 만두 | 만두
set -euo pipefail
dir=$(mktemp -d) && trap 'rm -rf "$dir"' EXIT && self=$(realpath "$0") && cd "$dir"
npm install --silent --no-audit --no-fund --prefix . qrcode@1.5.4 jsqr@1.4.0
python3 -m venv py && py/bin/pip -q --disable-pip-version-check install zxing-cpp==3.1.1 segno==1.6.6 numpy==2.4.6

cat >codes.mjs <<'E'
import QRCode from 'qrcode';

const codes = ['만두', '감자', '마늘', '김치', '감자 3kg'].map((word) => {
  const { size, data } = QRCode.create(word).modules;
  return ['qrcode', word, 'none', Array.from({ length: size }, (_, y) => [...data.slice(y * size, (y + 1) * size)])];
});
console.log(JSON.stringify(codes));
E
cat >run.py <<'E'
import json, sys
import numpy, segno, zxingcpp
codes = json.load(sys.stdin)
for word in [word for _, word, _, _ in codes]:
    code = segno.make(word, micro=False)
    codes.append(('segno', word, code.mode, [[int(dark) for dark in row] for row in code.matrix]))
code = segno.make('만두', micro=False, mode='byte')
codes.append(('segno', '만두', code.mode, [[int(dark) for dark in row] for row in code.matrix]))
shown = []
for encoder, word, mode, rows in codes:
    white = (255 * (1 - numpy.pad(rows, 4))).astype(numpy.uint8).repeat(8, 0).repeat(8, 1)
    shown.append((encoder, word, mode, zxingcpp.read_barcodes(white)[0].text, white.tolist()))
print(json.dumps(shown))
E
cat >run.mjs <<'E'
import { readFileSync } from 'node:fs';
import jsQR from 'jsqr';

const printable = (text) => text.replace(/[^\p{L}\p{N}\p{P} ]/gu, '').trim();
for (const [encoder, word, mode, found, rows] of JSON.parse(readFileSync(0, 'utf8'))) {
  const shades = rows.flat();
  const pixels = Uint8ClampedArray.from({ length: shades.length * 4 }, (_, at) => (at % 4 === 3 ? 255 : shades[at >> 2]));
  console.log([encoder, word, mode, printable(found), printable(jsQR(pixels, rows.length, rows.length).data)].join(' | '));
}
E
node codes.mjs | py/bin/python run.py | node run.mjs | tee seen
grep '^#> ' "$self" | cut -c4- | diff - seen
