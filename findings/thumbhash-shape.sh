#!/usr/bin/env bash
# npm thumbhash 0.1.1 beside PyPI thumbhash-python 1.0.1, a translation of it.
# A hash has the shape of the picture as two small numbers, rounded. Where a half is rounded, JavaScript goes up, Python
# to the even number: the same pixels give another hash, with another shape in it, for a picture of 2:1 with transparency
# and for one of 14:5 without. Who reserves the place by it gets another height than the picture has. Keep the size itself.
# Seen: size, transparent or not, encoder, hash, the shape that npm's thumbHashToApproximateAspectRatio reads from it.
#> 100×50 transparent npm 3QiGG4wIgIdwiIiAcAf4iIeHh4eIiAc= 1.67
#> 70×25 opaque npm nQgKM5pwd3dwiIiHcHAI93g= 2.33
#> 100×50 transparent python 3QiGGowIgIdwiIiAcAf4iIeHd4iIiAc= 2.50
#> 70×25 opaque python nQgKMppwd3dwiIiHcHAI93g= 3.50
set -euo pipefail
dir=$(mktemp -d) && trap 'rm -rf "$dir"' EXIT && self=$(realpath "$0") && cd "$dir"
npm install --silent --no-audit --no-fund --prefix . thumbhash@0.1.1
python3 -m venv py && py/bin/pip -q --disable-pip-version-check install thumbhash-python==1.0.1 2>pip.log

cat >run.py <<'E'
from base64 import b64encode

from thumbhash.encode import rgba_to_thumbhash

for width, height, alpha, name in ((100, 50, 128, 'transparent'), (70, 25, 255, 'opaque')):
    pixels = [
        part for y in range(height) for x in range(width) for part in (x * 255 // width, y * 255 // height, 100, alpha)
    ]
    print(f'{width}×{height}', name, 'python', b64encode(rgba_to_thumbhash(width, height, pixels)).decode())
E
cat >run.mjs <<'E'
import { readFileSync } from 'node:fs';
import { rgbaToThumbHash, thumbHashToApproximateAspectRatio } from 'thumbhash';

const show = (...line) => console.log(...line, thumbHashToApproximateAspectRatio(Buffer.from(line.at(-1), 'base64')).toFixed(2));
for (const [width, height, alpha, name] of [[100, 50, 128, 'transparent'], [70, 25, 255, 'opaque']]) {
  const pixels = [];
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) pixels.push(Math.floor((x * 255) / width), Math.floor((y * 255) / height), 100, alpha);
  show(`${width}×${height}`, name, 'npm', Buffer.from(rgbaToThumbHash(width, height, pixels)).toString('base64'));
}
for (const line of readFileSync(0, 'utf8').trim().split('\n')) show(...line.split(' '));
E
py/bin/python -W ignore run.py | node run.mjs | tee seen
grep '^#> ' "$self" | cut -c4- | diff - seen
