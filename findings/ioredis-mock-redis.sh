#!/usr/bin/env bash
# npm ioredis-mock 8.13.1 beside PyPI fakeredis 2.41.0: what tests run against in place of Redis.
# One guesses that what a mock knows it does as Redis does, and refuses the rest. Texts are counted in characters, where Redis
# counts bytes: a limit of 60 by STRLEN lets through three times the Hangul, and GETRANGE cuts elsewhere. An entry of a stream gets
# another id than was given ("5-1" is "5-1-0"), one that is older than the last is taken, `*` gives "3-0" after it, and LTRIM
# leaves a list that is empty, though it exists. fakeredis answers as Redis. Run these against a real one.
# Seen: command, ioredis-mock, fakeredis.
#> SET title 공구 | OK | OK
#> STRLEN title | 2 | 6
#> APPEND title 방 | 3 | 9
#> GETRANGE title 0 2 | "공구방" | "공"
#> XADD orders 5-1 won 1000 | "5-1-0" | "5-1"
#> XADD orders 4-0 won 2000 | "4-0-0" | refused
#> XADD orders 6-* won 3000 | "6-*-0" | "6-0"
#> XLEN orders | 3 | 2
#> RPUSH queue a | 1 | 1
#> LTRIM queue 5 9 | OK | OK
#> EXISTS queue | 1 | 0
#> SET count text | OK | OK
#> INCR count | null | refused
set -euo pipefail
dir=$(mktemp -d) && trap 'rm -rf "$dir"' EXIT && self=$(realpath "$0") && cd "$dir"
npm install --silent --no-audit --no-fund --prefix . ioredis@5.11.1 ioredis-mock@8.13.1
python3 -m venv py && py/bin/pip -q --disable-pip-version-check install fakeredis==2.41.0

cat >commands <<'E'
SET title 공구
STRLEN title
APPEND title 방
GETRANGE title 0 2
XADD orders 5-1 won 1000
XADD orders 4-0 won 2000
XADD orders 6-* won 3000
XLEN orders
RPUSH queue a
LTRIM queue 5 9
EXISTS queue
SET count text
INCR count
E
cat >run.cjs <<'E'
const { readFileSync } = require('node:fs');
const Redis = require('ioredis-mock');

(async () => {
  const client = new Redis();
  for (const line of readFileSync('commands', 'utf8').trim().split('\n')) {
    const [command, ...rest] = line.split(' ');
    const answer = await client[command.toLowerCase()](...rest).catch(() => 'refused');
    console.log(answer === 'OK' || answer === 'refused' ? answer : JSON.stringify(answer));
  }
  process.exit();
})();
E
cat >run.py <<'E'
import json
import fakeredis
client = fakeredis.FakeRedis(decode_responses=True)
lines, answers = (open(name).read().strip().split('\n') for name in ('commands', 'mock'))
for line, mock in zip(lines, answers):
    try:
        answer = client.execute_command(*line.split())
        answer = 'OK' if answer is True else json.dumps(answer, ensure_ascii=False)
    except Exception:
        answer = 'refused'
    print(line, mock, answer, sep=' | ')
E
node run.cjs >mock
py/bin/python run.py | tee seen
grep '^#> ' "$self" | cut -c4- | diff - seen
