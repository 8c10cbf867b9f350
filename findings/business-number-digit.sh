#!/usr/bin/env bash
# Korean business numbers (사업자등록번호) in npm stdnum 1.12.0 and PyPI python-stdnum 2.2, two libraries of one name.
# Their last digit is a check digit, and both have a validator of kr.brn. npm's computes it; Python's looks at the length
# and at a few parts only, so nine of ten typing errors are valid there. A seller that one service took is refused by
# the other. Compute it: weights 1 3 7 1 3 7 1 3 5, and a tenth of five times the ninth digit.
# Seen: how many of the numbers 123-45-67890 to 123-45-67899 are valid.
#> npm 123-45-67891
#> python 10 of 10
set -euo pipefail
dir=$(mktemp -d) && trap 'rm -rf "$dir"' EXIT && self=$(realpath "$0") && cd "$dir"
npm install --silent --no-audit --no-fund --prefix . stdnum@1.12.0
python3 -m venv py && py/bin/pip -q --disable-pip-version-check install python-stdnum==2.2

cat >run.cjs <<'E'
const { stdnum } = require('stdnum');

const numbers = Array.from({ length: 10 }, (_, digit) => `123-45-6789${digit}`);
console.log('npm', ...numbers.filter((number) => stdnum.KR.brn.validate(number).isValid));
E
cat >run.py <<'E'
from stdnum.kr import brn
print('python', sum(brn.is_valid(f'123-45-6789{digit}') for digit in range(10)), 'of 10')
E
{ node run.cjs && py/bin/python run.py; } | tee seen
grep '^#> ' "$self" | cut -c4- | diff - seen
