#!/usr/bin/env bash
# Korean safe numbers (0507-1234-5678: what a shop gives out instead of a buyer's own number), formatted by npm
# libphonenumber-js 1.13.16, npm google-libphonenumber 3.2.47, PyPI phonenumbers 9.0.43.
# They are valid, and all three write 050-71234-5678, though such numbers are printed as 0507-1234-5678; a buyer who
# compares the two takes it for another number. 0303 (faxes) fares alike, and libphonenumber-js calls it valid with its
# default data, invalid with the full data. Keep the grouping that was typed, or group 05NN and 0303 yourself.
#> 0507-1234-5678 google 050-71234-5678 true
#> 0507-1234-5678 js 050-71234-5678 true js/max true
#> 0505-123-4567 google 050-5123-4567 true
#> 0505-123-4567 js 050-5123-4567 true js/max true
#> 0303-123-4567 google 030-3123-4567 false
#> 0303-123-4567 js 030-3123-4567 true js/max false
#> 0507-1234-5678 python 050-71234-5678 True
#> 0505-123-4567 python 050-5123-4567 True
#> 0303-123-4567 python 030-3123-4567 False
set -euo pipefail
dir=$(mktemp -d) && trap 'rm -rf "$dir"' EXIT && self=$(realpath "$0") && cd "$dir"
npm install --silent --no-audit --no-fund --prefix . libphonenumber-js@1.13.16 google-libphonenumber@3.2.47
python3 -m venv py && py/bin/pip -q --disable-pip-version-check install phonenumbers==9.0.43

cat >run.mjs <<'E'
import google from 'google-libphonenumber';
import parse from 'libphonenumber-js';
import parseMax from 'libphonenumber-js/max';

const util = google.PhoneNumberUtil.getInstance();
for (const text of ['0507-1234-5678', '0505-123-4567', '0303-123-4567']) {
  const number = util.parse(text, 'KR');
  console.log(text, 'google', util.format(number, google.PhoneNumberFormat.NATIONAL), util.isValidNumber(number));
  const [small, max] = [parse(text, 'KR'), parseMax(text, 'KR')];
  console.log(text, 'js', small.formatNational(), small.isValid(), 'js/max', max.isValid());
}
E
cat >run.py <<'E'
import phonenumbers as p
for text in ('0507-1234-5678', '0505-123-4567', '0303-123-4567'):
    number = p.parse(text, 'KR')
    print(text, 'python', p.format_number(number, p.PhoneNumberFormat.NATIONAL), p.is_valid_number(number))
E
{ node run.mjs && py/bin/python run.py; } | tee seen
grep '^#> ' "$self" | cut -c4- | diff - seen
