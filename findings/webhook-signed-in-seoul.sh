#!/usr/bin/env bash
# PyPI standardwebhooks 1.1.0, and PyPI svix 2.9.1 that is built upon it: sign() of an aware time that is not in UTC.
# sign() takes a datetime and does not convert it: it puts UTC in place of the zone. A time in Seoul is then signed as one
# nine hours later, while the header webhook-timestamp, made of the same datetime, tells the right second. Every receiver
# refuses the signature, the library itself too. A time without a zone, as datetime.now() gives it, is taken for UTC
# as well. Sign `datetime.now(timezone.utc)`.
# Seen: library, zone of the time that was signed, what verify() of the same library says.
#> standardwebhooks UTC taken
#> standardwebhooks Asia/Seoul No matching signature found
#> svix UTC taken
#> svix Asia/Seoul No matching signature found
set -euo pipefail
dir=$(mktemp -d) && trap 'rm -rf "$dir"' EXIT && self=$(realpath "$0") && cd "$dir"
python3 -m venv py && py/bin/pip -q --disable-pip-version-check install standardwebhooks==1.1.0 svix==2.9.1 tzdata

cat >run.py <<'E'
from datetime import datetime, timezone
from zoneinfo import ZoneInfo

import standardwebhooks
import svix

for library in (standardwebhooks, svix):
    webhook = library.Webhook('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw')
    for zone in (timezone.utc, ZoneInfo('Asia/Seoul')):
        now = datetime.now(zone)
        headers = {
            'webhook-id': 'msg_1',
            'webhook-timestamp': str(int(now.timestamp())),
            'webhook-signature': webhook.sign('msg_1', now, '{}'),
        }
        try:
            webhook.verify('{}', headers)
            said = 'taken'
        except standardwebhooks.WebhookVerificationError as error:
            said = error
        print(library.__name__, zone, said)
E
py/bin/python run.py | tee seen
grep '^#> ' "$self" | cut -c4- | diff - seen
