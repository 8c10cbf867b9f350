#!/usr/bin/env bash
# "Did you mean …?" for addresses of Korea: npm mailcheck 1.1.1, @zootools/email-spell-checker 1.12.0, deep-email-validator
# 0.1.27 (with its checks over the network off), PyPI pymailcheck 1.1.0.
# One guesses that a domain they do not know is left alone. Their lists have no co.kr or or.kr, and the ending that looks
# most like it is offered: every company at .co.kr is asked whether it is at .com, and Hanmail, the mail of Daum, whether
# it is hotmail.net. deep-email-validator asks mailcheck by default and refuses both addresses as typing errors.
# A test with Naver or Gmail shows nothing of it. Give them the list of your users' domains, and only ever ask.
# Seen: domain, what mailcheck and email-spell-checker offer, what deep-email-validator says; whether pymailcheck offers
# something (for shop.co.kr .com, .co.uk or another, by chance at each start).
#> npm shop.co.kr | shop.com | shop.co | no: typo
#> npm naver.com | - | - | valid
#> npm nate.com | - | - | valid
#> npm hanmail.net | hotmail.net | hotmail.net | no: typo
#> npm korea.ac.kr | - | - | valid
#> python shop.co.kr | something
#> python naver.com | -
#> python nate.com | -
#> python hanmail.net | -
#> python korea.ac.kr | -
set -euo pipefail
dir=$(mktemp -d) && trap 'rm -rf "$dir"' EXIT && self=$(realpath "$0") && cd "$dir"
npm install --silent --no-audit --no-fund --prefix . mailcheck@1.1.1 @zootools/email-spell-checker@1.12.0 deep-email-validator@0.1.27
python3 -m venv py && py/bin/pip -q --disable-pip-version-check install pymailcheck==1.1.0

cat >run.mjs <<'E'
import zootools from '@zootools/email-spell-checker';
import deep from 'deep-email-validator';
import Mailcheck from 'mailcheck';

const network = { validateMx: false, validateSMTP: false, validateDisposable: false };
const validate = deep.default ?? deep;
const spell = zootools.run ?? zootools.default.run;
for (const email of process.argv.slice(2)) {
  const found = Mailcheck.run({ email })?.domain ?? '-';
  const spelt = spell({ email })?.domain ?? '-';
  const { valid, reason } = await validate({ email, ...network });
  console.log('npm', email.split('@')[1], '|', found, '|', spelt, '|', valid ? 'valid' : `no: ${reason}`);
}
E
cat >run.py <<'E'
import sys
from pymailcheck import suggest
for email in sys.argv[1:]:
    found = suggest(email)
    print('python', email.split('@')[1], '|', 'something' if found else '-')
E
emails=(hong@shop.co.kr hong@naver.com hong@nate.com hong@hanmail.net hong@korea.ac.kr)
{ node run.mjs "${emails[@]}" && py/bin/python run.py "${emails[@]}"; } | tee seen
grep '^#> ' "$self" | cut -c4- | diff - seen
