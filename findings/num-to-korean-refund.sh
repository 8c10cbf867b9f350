#!/usr/bin/env bash
# npm num-to-korean 0.5.3: amounts in Korean words, as on receipts.
# One guesses that a refund of -12,000 is told as one, or refused. The minus is taken for a digit without a name, and what stands in its
# place keeps the name of the place: -12,000 is 112,000 (십일만이천) and -5 is fifteen, while -5,000 is 5,000 (오천), its sign
# gone. In digits (mixed) it is NaN. And 0 and 1.5 are the empty text. Write the sign yourself, and 영 for nothing.
# Seen: number, in words, mixed.
#> 5000 "오천" "5,000"
#> -5000 "오천" "NaN만 5,000"
#> -5 "십오" "NaN5"
#> -12000 "십일만이천" "NaN1만 2,000"
#> -100000000 "십일억" "NaN1억"
#> 0 "" "0"
#> 1.5 "" "0"
set -euo pipefail
dir=$(mktemp -d) && trap 'rm -rf "$dir"' EXIT && self=$(realpath "$0") && cd "$dir"
npm install --silent --no-audit --no-fund --prefix . num-to-korean@0.5.3

cat >run.cjs <<'E'
const { FormatOptions, numToKorean } = require('num-to-korean');
for (const number of [5_000, -5_000, -5, -12_000, -100_000_000, 0, 1.5]) {
  console.log(number, JSON.stringify(numToKorean(number)), JSON.stringify(numToKorean(number, FormatOptions.MIXED)));
}
E
node run.cjs | tee seen
grep '^#> ' "$self" | cut -c4- | diff - seen
