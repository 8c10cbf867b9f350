#!/usr/bin/env bash
# npm cloudevents 10.0.0 beside PyPI cloudevents 2.2.0, binary mode over HTTP, where both claim CloudEvents 1.0.
# The specification percent-encodes attributes outside ASCII in headers. Python does, both ways. npm does it in neither
# direction: its own message cannot be sent by fetch, and what Python sends is read as the percents.
# A text as JSON data goes out without quotation marks from both, so the body is no JSON; and a boolean is "True" from
# Python. Structured mode, or ASCII attributes and objects as data, is what both agree on.
#> npm writes subject 공동구매, body 가
#> npm fetch TypeError
#> npm reads subject %EA%B3%B5
#> python writes subject %EA%B3%B5%EB%8F%99%EA%B5%AC%EB%A7%A4, body 가, paid True
#> python reads subject 공
set -euo pipefail
dir=$(mktemp -d) && trap 'rm -rf "$dir"' EXIT && self=$(realpath "$0") && cd "$dir"
npm install --silent --no-audit --no-fund --prefix . cloudevents@10.0.0
python3 -m venv py && py/bin/pip -q --disable-pip-version-check install cloudevents==2.2.0

cat >js.mjs <<'E'
import { CloudEvent, HTTP } from 'cloudevents';

const json = 'application/json';
const event = new CloudEvent({ type: 't', source: '/s', subject: '공동구매', datacontenttype: json, data: '가' });
const { headers, body } = HTTP.binary(event);
console.log(`npm writes subject ${headers['ce-subject']}, body ${body}`);
try {
  new Request('http://127.0.0.1', { method: 'POST', headers, body });
} catch (error) {
  console.log('npm fetch', error.name);
}
const ce = { 'ce-id': '1', 'ce-type': 't', 'ce-source': '/s', 'ce-specversion': '1.0', 'content-type': json };
console.log('npm reads subject', HTTP.toEvent({ headers: { ...ce, 'ce-subject': '%EA%B3%B5' }, body: '{}' }).subject);
E
cat >py.py <<'E'
from cloudevents.core.bindings.http import HTTPMessage, from_binary, to_binary
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

base = {'id': '1', 'type': 't', 'source': '/s', 'specversion': '1.0'}
out = to_binary(CloudEvent({**base, 'subject': '공동구매', 'paid': True, 'datacontenttype': 'application/json'}, '가'),
                JSONFormat())
print(f"python writes subject {out.headers['ce-subject']}, body {out.body.decode()}, paid {out.headers['ce-paid']}")
headers = {f'ce-{name}': value for name, value in base.items()}
headers |= {'ce-subject': '%EA%B3%B5', 'content-type': 'application/json'}
print('python reads subject', from_binary(HTTPMessage(headers, b'{}'), JSONFormat(), CloudEvent).get_subject())
E
{ node js.mjs && py/bin/python py.py; } | tee seen
grep '^#> ' "$self" | cut -c4- | diff - seen
