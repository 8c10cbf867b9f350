#!/usr/bin/env bash
# The size of a picture that a phone took upright (Exif orientation 6: stored 400 × 300, shown 300 × 400) in npm image-size
# 2.1.0, npm probe-image-size 7.5.0 and PyPI imagesize 2.0.1.
# The npm ones give the stored size, and the orientation beside it; imagesize turns it. That holds for JPEG. For WebP with
# the same Exif, image-size has no orientation, and imagesize does not turn it. One upload has a box of 4:3 or of 3:4, by
# the library and by the format. Turn the pixels at upload, and drop the Exif.
# Seen: library, file, width × height, orientation.
#> image-size jpg 400×300 6
#> image-size webp 400×300 none
#> probe-image-size jpg 400×300 6
#> probe-image-size webp 400×300 6
#> imagesize jpg 300×400
#> imagesize webp 400×300
set -euo pipefail
dir=$(mktemp -d) && trap 'rm -rf "$dir"' EXIT && self=$(realpath "$0") && cd "$dir"
npm install --silent --no-audit --no-fund --prefix . image-size@2.1.0 probe-image-size@7.5.0
python3 -m venv py && py/bin/pip -q --disable-pip-version-check install imagesize==2.0.1 pillow==13.0.0

cat >make.py <<'E'
from PIL import Image

picture = Image.new('RGB', (400, 300), 'orange')
exif = Image.Exif()
exif[0x0112] = 6
for kind in ('jpg', 'webp'):
    picture.save('picture.' + kind, exif=exif.tobytes())
E
cat >run.mjs <<'E'
import { readFileSync } from 'node:fs';
import { imageSize } from 'image-size';
import probe from 'probe-image-size';

for (const [name, size] of [['image-size', imageSize], ['probe-image-size', probe.sync]])
  for (const kind of ['jpg', 'webp']) {
    const { width, height, orientation } = size(readFileSync(`picture.${kind}`));
    console.log(name, kind, `${width}×${height}`, orientation ?? 'none');
  }
E
cat >run.py <<'E'
import imagesize

for kind in ('jpg', 'webp'):
    print('imagesize', kind, '×'.join(map(str, imagesize.get('picture.' + kind))))
E
py/bin/python make.py
{ node run.mjs && py/bin/python run.py; } | tee seen
grep '^#> ' "$self" | cut -c4- | diff - seen
