#!/usr/bin/env bash
# A Korean particle directly behind an address, as everybody writes: npm linkify-it 6.1.0, linkifyjs 4.4.0,
# autolinker 4.1.5, PyPI bleach 6.4.0.
# One guesses "the link ends there" or "the particle is in the link". Often the link is gone altogether: linkify-it finds
# none in example.com에서 and https://example.com:8080으로, and turns a mail address into one of the host example.com으로.
# For https://example.com에서 the three of npm link a host that does not exist, and bleach links nothing.
# Behind a bracket, 를 takes the bracket into the address, in all but linkify-it. No two agree on all six.
# Cut particles off before them, or ask for a space. Seen: what is linked, in the order of the sentences below.
#> linkify-it - https://example.com에서 - user@example.com으로 https://example.com/a https://example.com/a
#> linkifyjs example.com https://example.com에서 https://example.com:8080으로 user@example.com https://example.com/a)를 https://example.com/a。
#> autolinker - https://example.com에서 https://example.com:8080 - https://example.com/a)를 https://example.com/a
#> bleach - - https://example.com user@example.com https://example.com/a)를 https://example.com/a。
set -euo pipefail
dir=$(mktemp -d) && trap 'rm -rf "$dir"' EXIT && self=$(realpath "$0") && cd "$dir"
npm install --silent --no-audit --no-fund --prefix . linkify-it@6.1.0 linkifyjs@4.4.0 autolinker@4.1.5
python3 -m venv py && py/bin/pip -q --disable-pip-version-check install bleach==6.4.0

cat >texts.json <<'E'
["example.com에서", "https://example.com에서", "https://example.com:8080으로", "user@example.com으로",
 "(https://example.com/a)를", "https://example.com/a。"]
E
cat >run.mjs <<'E'
import { readFileSync } from 'node:fs';
import * as autolinker from 'autolinker';
import { LinkifyIt } from 'linkify-it';
import { find } from 'linkifyjs';

const Autolinker = autolinker.Autolinker ?? autolinker.default;
const texts = JSON.parse(readFileSync('texts.json', 'utf8'));
const it = new LinkifyIt();
const show = (name, links) => console.log(name, texts.map((text) => links(text)[0] ?? '-').join(' '));
show('linkify-it', (text) => (it.match(text) ?? []).map((match) => match.raw));
show('linkifyjs', (text) => find(text).map((match) => match.value));
show('autolinker', (text) => Autolinker.parse(text, {}).map((match) => match.getMatchedText()));
E
cat >run.py <<'E'
import json, re
import bleach
links = [re.search('>(.*)</a>', bleach.linkify(text, parse_email=True)) for text in json.load(open('texts.json'))]
print('bleach', *(link[1] if link else '-' for link in links))
E
{ node run.mjs && py/bin/python run.py; } | tee seen
grep '^#> ' "$self" | cut -c4- | diff - seen
