#!/usr/bin/env bash
# Feature flags of Unleash: npm unleash-client 6.12.1 and PyPI UnleashClient 6.9.1 (its engine, yggdrasil), one flag that is on
# for half of the users, told apart by userId.
# One guesses that clients of one maker decide alike: by a hash of the id. npm's hashes the low byte of each character, the engine
# the bytes of UTF-8, which is the same for Latin letters and another number for Hangul. Who is known by a nickname, or a city,
# sees the new page in one service and the old one in the other, for half of them; ids like user1 agree in every test.
# Let people be told apart by an id of ASCII. Seen: client, user, flag.
#> node user1 on
#> node user2 on
#> node user3 on
#> node 서울 off
#> node 부산 on
#> node 대구 on
#> node 인천 off
#> node 광주 off
#> node 대전 on
#> python user1 on
#> python user2 on
#> python user3 on
#> python 서울 off
#> python 부산 off
#> python 대구 on
#> python 인천 on
#> python 광주 on
#> python 대전 off
set -euo pipefail
dir=$(mktemp -d) && trap 'rm -rf "$dir"' EXIT && self=$(realpath "$0") && cd "$dir"
npm install --silent --no-audit --no-fund --prefix . unleash-client@6.12.1
python3 -m venv py && py/bin/pip -q --disable-pip-version-check install UnleashClient==6.9.1

cat >flags.json <<'E'
{"version":2,"features":[{"name":"sale","enabled":true,"strategies":[{"name":"flexibleRollout",
 "parameters":{"rollout":"50","stickiness":"userId","groupId":"sale"}}]}]}
E
cat >run.mjs <<'E'
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { Unleash } from 'unleash-client';

const unleash = new Unleash({
  appName: 'shop',
  url: 'http://127.0.0.1:1/',
  disableAutoStart: true,
  disableMetrics: true,
  bootstrap: { data: JSON.parse(readFileSync('flags.json', 'utf8')).features },
  backupPath: '.',
});
unleash.on('error', () => {});
unleash.on('warn', () => {});
const ready = once(unleash, 'ready');
unleash.start();
await ready;
for (const userId of ['user1', 'user2', 'user3', '서울', '부산', '대구', '인천', '광주', '대전']) {
  console.log('node', userId, unleash.isEnabled('sale', { userId }) ? 'on' : 'off');
}
process.exit();
E
cat >run.py <<'E'
from yggdrasil_engine.engine import UnleashEngine
engine = UnleashEngine()
engine.take_state(open('flags.json').read())
for user in ('user1', 'user2', 'user3', '서울', '부산', '대구', '인천', '광주', '대전'):
    print('python', user, 'on' if engine.is_enabled('sale', {'userId': user}).is_enabled else 'off')
E
{ node run.mjs && py/bin/python run.py; } | tee seen
grep '^#> ' "$self" | cut -c4- | diff - seen
