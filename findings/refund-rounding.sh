#!/usr/bin/env bash
# A half of a won charged and refunded: npm currency.js 2.0.4, npm dinero.js 2.0.2.
# One guesses that -x rounds to minus what x rounds to. currency.js rounds halves towards plus: 3 charged, 2 refunded.
# dinero's transformScale rounds down unless told otherwise, and down is towards minus: 2 charged, 3 refunded. Books of
# charges and refunds drift, in opposite directions. Round once, keep that number and refund it; or say
# `halfAwayFromZero`, which dinero has and currency.js has not.
# Seen: 2.5 won, and -2.5 won.
#> currency.js 3 -2
#> dinero.js 2 -3
#> dinero.js, halfAwayFromZero 3 -3
set -euo pipefail
dir=$(mktemp -d) && trap 'rm -rf "$dir"' EXIT && self=$(realpath "$0") && cd "$dir"
npm install --silent --no-audit --no-fund --prefix . currency.js@2.0.4 dinero.js@2.0.2

cat >run.mjs <<'E'
import currency from 'currency.js';
import { dinero, halfAwayFromZero, KRW, toSnapshot, transformScale } from 'dinero.js';

const won = (value) => currency(value, { precision: 0 }).value;
const scaled = (tenths, how) => toSnapshot(transformScale(dinero({ amount: tenths, currency: KRW, scale: 1 }), 0, how)).amount;
console.log('currency.js', won(2.5), won(-2.5));
console.log('dinero.js', scaled(25), scaled(-25));
console.log('dinero.js, halfAwayFromZero', scaled(25, halfAwayFromZero), scaled(-25, halfAwayFromZero));
E
node run.mjs | tee seen
grep '^#> ' "$self" | cut -c4- | diff - seen
