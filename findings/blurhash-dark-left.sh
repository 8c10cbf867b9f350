#!/usr/bin/env bash
# npm blurhash 2.0.5 beside PyPI blurhash-python 1.2.2.
# The same picture gives two strings. The npm encoder takes the largest coefficient, not the largest by size: where a
# picture grows brighter to the right or to the bottom, its coefficients are negative, and the contrast is cut off.
# A ramp from black (left) to white (right) becomes almost one grey; its mirror image comes out well. In Python both do.
# Make the strings with another encoder, or encode the mirror image and draw it mirrored.
# Seen: string, then the darkest and the brightest pixel that npm's decoder makes of it.
#> npm white-to-black 2*H2cr~q%M 29 233
#> npm black-to-white 2DH2cr00~q 124 181
#> python white-to-black 2*H2cr~q%M 29 233
#> python black-to-white 2xH2cr00xu 18 221
set -euo pipefail
dir=$(mktemp -d) && trap 'rm -rf "$dir"' EXIT && self=$(realpath "$0") && cd "$dir"
npm install --silent --no-audit --no-fund --prefix . blurhash@2.0.5
python3 -m venv py && py/bin/pip -q --disable-pip-version-check install blurhash-python==1.2.2 pillow==13.0.0

cat >py.py <<'E'
import blurhash
from PIL import Image
for name, ramp in (('white-to-black', range(31, -1, -1)), ('black-to-white', range(32))):
    picture = Image.new('RGB', (32, 32))
    picture.putdata([(x * 8, x * 8, x * 8) for _ in range(32) for x in ramp])
    print('python', name, blurhash.encode(picture, x_components=3, y_components=1))
E
cat >js.mjs <<'E'
import { readFileSync } from 'node:fs';
import { decode, encode } from 'blurhash';

const shades = [...Array(32).keys()].map((x) => x * 8);
function show(encoder, name, hash) {
  const reds = decode(hash, 32, 32).filter((_, at) => at % 4 === 0);
  console.log(encoder, name, hash, Math.min(...reds), Math.max(...reds));
}
for (const [name, ramp] of [['white-to-black', shades.toReversed()], ['black-to-white', shades]]) {
  const row = ramp.flatMap((shade) => [shade, shade, shade, 255]);
  show('npm', name, encode(Uint8ClampedArray.from(Array(32).fill(row).flat()), 32, 32, 3, 1));
}
for (const line of readFileSync(0, 'utf8').trim().split('\n')) show(...line.split(' '));
E
py/bin/python py.py | node js.mjs | tee seen
grep '^#> ' "$self" | cut -c4- | diff - seen
