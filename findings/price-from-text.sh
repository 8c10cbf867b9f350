#!/usr/bin/env bash
# Prices as people type them, npm currency.js 2.0.4 and npm accounting 0.4.1.
# Both drop every character that they do not know and read the rest. No error, even with `errorOnInvalid`, to which "abc"
# is 0. A true minus sign (U+2212, as Intl writes it in some languages) makes a plus; 1.5만 (15,000) is 1.5; 2천 (2,000)
# is 2; 1e3 is 13; digits in full width are 0. Match the text against an expression of your own first.
# Seen: text, currency.js, currency.js with errorOnInvalid, accounting.
#> −500 500 500 500
#> 1.5만 1.5 1.5 1.5
#> 2천 2 2 2
#> 1e3 13 13 13
#> 1/2 12 12 12
#> １２０００ 0 0 0
#> 12.000원 12 12 12
#> 3-5 NaN NaN 3
#> abc 0 0 0
set -euo pipefail
dir=$(mktemp -d) && trap 'rm -rf "$dir"' EXIT && self=$(realpath "$0") && cd "$dir"
npm install --silent --no-audit --no-fund --prefix . currency.js@2.0.4 accounting@0.4.1

cat >run.mjs <<'E'
import accounting from 'accounting';
import currency from 'currency.js';

function strict(text) {
  try {
    return currency(text, { errorOnInvalid: true }).value;
  } catch {
    return 'refused';
  }
}
for (const text of ['−500', '1.5만', '2천', '1e3', '1/2', '１２０００', '12.000원', '3-5', 'abc'])
  console.log(text, currency(text).value, strict(text), accounting.unformat(text));
E
node run.mjs | tee seen
grep '^#> ' "$self" | cut -c4- | diff - seen
