#!/usr/bin/env bash
# PyPI python-barcode 0.16.1: labels, read back by PyPI zxing-cpp 3.1.1.
# It offers EAN-14 for a box of goods. There is no such symbol: it takes the pattern of EAN-13 and adds a digit on the right, so
# what comes out looks like a bar code, with the right number below it, and is read by nobody. An EAN-14 (GTIN-14) is
# printed as ITF-14 or GS1-128. And Code 39, which has no check digit unless both sides agree, gets one by default: order
# A-1001 is scanned as A-10015, another order. Use `itf` for boxes, and add_checksum=False.
# Seen: kind, the number the library says it has drawn, what is read.
#> ean13 8801234567893 EAN13 8801234567893
#> ean14 18801234567890 nothing
#> itf 18801234567890 ITF 18801234567890
#> code39 A-10015 Code39 A-10015
set -euo pipefail
dir=$(mktemp -d) && trap 'rm -rf "$dir"' EXIT && self=$(realpath "$0") && cd "$dir"
python3 -m venv py && py/bin/pip -q --disable-pip-version-check install python-barcode==0.16.1 pillow==13.0.0 zxing-cpp==3.1.1

cat >run.py <<'E'
import barcode, zxingcpp
from barcode.writer import ImageWriter
for kind, digits in (('ean13', '880123456789'), ('ean14', '1880123456789'), ('itf', '18801234567890'), ('code39', 'A-1001')):
    code = barcode.get(kind, digits, writer=ImageWriter())
    read = zxingcpp.read_barcodes(code.render({'dpi': 300}))
    print(kind, code.get_fullcode(), *([f'{one.format.name} {one.text}' for one in read] or ['nothing']))
E
py/bin/python run.py | tee seen
grep '^#> ' "$self" | cut -c4- | diff - seen
