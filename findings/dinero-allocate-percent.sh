#!/usr/bin/env bash
# npm dinero.js 2.0.2: allocate() by ratios with a fraction, as in "50.5 % to the seller, 49.5 % to the platform".
# allocate() is there to share out money without a rest, and with whole ratios its shares of 101 won are whole. A ratio
# {amount: 505, scale: 1} raises the scale of the shares: 51.1 and 49.9 won, which nobody can pay. Their sum is right,
# so a check of the sum passes. Multiply the ratios to whole numbers: 505 and 495 give 52 and 49.
# Seen: 101 won by 505:495, by 50.5:49.5, and the sum of the latter.
#> whole 52 49
#> with a fraction 51.1 49.9
#> sum 101.0
set -euo pipefail
dir=$(mktemp -d) && trap 'rm -rf "$dir"' EXIT && self=$(realpath "$0") && cd "$dir"
npm install --silent --no-audit --no-fund --prefix . dinero.js@2.0.2

cat >run.mjs <<'E'
import { add, allocate, dinero, KRW, toDecimal } from 'dinero.js';

const price = dinero({ amount: 101, currency: KRW });
const parts = allocate(price, [{ amount: 505, scale: 1 }, { amount: 495, scale: 1 }]);
console.log('whole', ...allocate(price, [505, 495]).map((part) => toDecimal(part)));
console.log('with a fraction', ...parts.map((part) => toDecimal(part)));
console.log('sum', toDecimal(add(parts[0], parts[1])));
E
node run.mjs | tee seen
grep '^#> ' "$self" | cut -c4- | diff - seen
