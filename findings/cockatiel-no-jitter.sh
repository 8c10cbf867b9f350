#!/usr/bin/env bash
# npm cockatiel 3.2.1, ExponentialBackoff with its defaults (decorrelated jitter, at most 30 s).
# One guesses that the jitter stays. It is applied before the limit: from about the 16th attempt on (four minutes of an
# outage) every client waits exactly 30,000 ms, and all that lost the server together come back together.
# `generator: fullJitterGenerator` keeps its spread. Seen, of 2,000 clients, how many wait exactly 30,000 ms:
#> attempt 8: none
#> attempt 11: most
#> attempt 25: all
#> attempt 25, fullJitterGenerator: none
set -euo pipefail
dir=$(mktemp -d) && trap 'rm -rf "$dir"' EXIT && self=$(realpath "$0") && cd "$dir"
npm install --silent --no-audit --no-fund --prefix . cockatiel@3.2.1

cat >run.mjs <<'E'
import { ExponentialBackoff, fullJitterGenerator } from 'cockatiel';

function exactly30s(attempt, options) {
  let equal = 0;
  for (let client = 0; client < 2000; client++) {
    let step = new ExponentialBackoff(options).next();
    for (let at = 1; at < attempt; at++) step = step.next();
    if (step.duration === 30_000) equal++;
  }
  return equal === 0 ? 'none' : equal === 2000 ? 'all' : equal > 1000 ? 'most' : 'some';
}
for (const attempt of [8, 11, 25]) console.log(`attempt ${attempt}: ${exactly30s(attempt)}`);
console.log(`attempt 25, fullJitterGenerator: ${exactly30s(25, { generator: fullJitterGenerator })}`);
E
node run.mjs | tee seen
grep '^#> ' "$self" | cut -c4- | diff - seen
