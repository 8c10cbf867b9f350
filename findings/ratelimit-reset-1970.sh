#!/usr/bin/env bash
# npm ratelimit-header-parser 0.1.0 with the headers of npm express-rate-limit 8.7.5 (of the same authors), when all is
# used up. The parser tells a client when to come back. Of the newest headers, draft-8, it makes numbers and a date that
# are none (NaN). With only `Retry-After: 30` beside the older ones, as a server may send, 30 is taken for seconds since
# 1970, so the client finds that the time has come, and asks again at once. Read Retry-After apart, and take no time, or
# a past one, for a minute. Seen: the kind of headers, limit, remaining, seconds until the reset.
#> draft-6 | 1 | 0 | about 60
#> draft-7 | 1 | 0 | about 60
#> draft-8 | NaN | NaN | NaN
#> Retry-After | 1 | 0 | long past
set -euo pipefail
dir=$(mktemp -d) && trap 'rm -rf "$dir"' EXIT && self=$(realpath "$0") && cd "$dir"
npm install --silent --no-audit --no-fund --prefix . ratelimit-header-parser@0.1.0 express-rate-limit@8.7.5 express@5.3.0

cat >run.mjs <<'E'
import { once } from 'node:events';
import express from 'express';
import { rateLimit } from 'express-rate-limit';
import { parseRateLimit } from 'ratelimit-header-parser';

function show(name, headers) {
  const read = parseRateLimit(headers);
  const seconds = read?.reset && Math.round((read.reset - Date.now()) / 1000);
  const wait = seconds < -1e9 ? 'long past' : seconds >= 55 && seconds <= 60 ? 'about 60' : seconds;
  console.log([name, read?.limit, read?.remaining, wait].map(String).join(' | '));
}
for (const standardHeaders of ['draft-6', 'draft-7', 'draft-8']) {
  const limiter = rateLimit({ windowMs: 60_000, limit: 1, standardHeaders, legacyHeaders: false });
  const server = express().use(limiter, (_, answer) => answer.end()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${server.address().port}`;
  await fetch(url);
  show(standardHeaders, (await fetch(url)).headers);
  server.close();
}
show('Retry-After', { 'x-ratelimit-limit': '1', 'x-ratelimit-remaining': '0', 'retry-after': '30' });
process.exit();
E
timeout 60 node run.mjs | tee seen
grep '^#> ' "$self" | cut -c4- | diff - seen
