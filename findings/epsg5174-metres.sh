#!/usr/bin/env bash
# Places of Korea's public lists of shops (EPSG:5174): npm proj4 2.22.0 with the definitions of npm epsg-index 2.0.0 and of npm
# proj4-list 1.0.4, and PyPI pyproj 3.7.2.
# The code has one meaning, so one guesses one place. The old datum of Korea lies some 380 metres off, and how far is part of a
# definition (towgs84) that may be left out: proj4-list has none, so without an error every shop is on the wrong block.
# Newer codes (EPSG:5179, 5186) need none, so they pass a test. 2097, an older one, is 250 metres west of 5174 besides.
# Look for towgs84 in a definition whose ellipsoid is bessel.
# Seen: code; longitude and latitude by epsg-index, by proj4-list, how far apart; then by pyproj.
#> EPSG:5174 127.0007,37.5524 127.0029,37.5495 380 m
#> EPSG:2097 126.9978,37.5524 127.0000,37.5495 380 m
#> EPSG:5186 127.0000,36.6485 127.0000,36.6485 0 m
#> EPSG:5174 pyproj 127.0008,37.5523
#> EPSG:2097 pyproj 126.9979,37.5523
#> EPSG:5186 pyproj 127.0000,36.6485
set -euo pipefail
dir=$(mktemp -d) && trap 'rm -rf "$dir"' EXIT && self=$(realpath "$0") && cd "$dir"
npm install --silent --no-audit --no-fund --prefix . proj4@2.22.0 epsg-index@2.0.0 proj4-list@1.0.4
python3 -m venv py && py/bin/pip -q --disable-pip-version-check install pyproj==3.7.2

cat >run.cjs <<'E'
const list = require('proj4-list');
const proj4 = require('proj4').default ?? require('proj4');

for (const code of ['5174', '2097', '5186']) {
  const places = [require(`epsg-index/s/${code}.json`).proj4, list[`EPSG:${code}`][1]].map((definition) => proj4(definition, 'WGS84', [200000, 450000]));
  const [[east, north], [x, y]] = places;
  const metres = Math.hypot((x - east) * 111_320 * Math.cos((north * Math.PI) / 180), (y - north) * 110_940);
  console.log(`EPSG:${code}`, ...places.map((place) => place.map((degrees) => degrees.toFixed(4)).join(',')), `${Math.round(metres / 10) * 10} m`);
}
E
cat >run.py <<'E'
from pyproj import Transformer
for code in (5174, 2097, 5186):
    east, north = Transformer.from_crs(code, 4326, always_xy=True).transform(200000, 450000)
    print(f'EPSG:{code} pyproj {east:.4f},{north:.4f}')
E
{ node run.cjs && py/bin/python run.py; } | tee seen
grep '^#> ' "$self" | cut -c4- | diff - seen
