#!/usr/bin/env bash
# Slugs of Korean titles: npm slugify 1.6.9, @sindresorhus/slugify 3.0.1, speakingurl 14.0.1, limax 4.2.3,
# transliteration 2.6.1, PyPI python-slugify 9.2.0.
# They write Cyrillic and Greek in Latin letters, so one guesses the same of Hangul. Four of npm drop it: every title in
# Hangul has the empty slug, and all goods of 10 kg share "10kg", which no test with an English word in it shows.
# transliteration and python-slugify romanise letter by letter. Put an id into the address in any case.
#> slugify ["","10kg","10kg","yabloko"]
#> @sindresorhus/slugify ["","10kg","10kg","yabloko"]
#> speakingurl ["","10kg","10kg","yabloko"]
#> limax ["","10kg","10kg","yabloko"]
#> transliteration ["gongdonggumae","sagwa-10kg","bae-10kg","yabloko"]
#> python-slugify ["gongdonggumae","sagwa-10kg","bae-10kg","iabloko"]
set -euo pipefail
dir=$(mktemp -d) && trap 'rm -rf "$dir"' EXIT && self=$(realpath "$0") && cd "$dir"
npm install --silent --no-audit --no-fund --prefix . slugify@1.6.9 @sindresorhus/slugify@3.0.1 speakingurl@14.0.1 \
  limax@4.2.3 transliteration@2.6.1
python3 -m venv py && py/bin/pip -q --disable-pip-version-check install python-slugify==9.2.0

cat >run.mjs <<'E'
import sindresorhus from '@sindresorhus/slugify';
import limax from 'limax';
import slugify from 'slugify';
import speakingurl from 'speakingurl';
import { slugify as transliteration } from 'transliteration';

const makers = { slugify, '@sindresorhus/slugify': sindresorhus, speakingurl, limax, transliteration };
for (const name in makers) console.log(name, JSON.stringify(['공동구매', '사과 10kg', '배 10kg', 'яблоко'].map((title) => makers[name](title))));
E
cat >run.py <<'E'
import json
from slugify import slugify
print('python-slugify', json.dumps([slugify(title) for title in ('공동구매', '사과 10kg', '배 10kg', 'яблоко')], separators=(',', ':')))
E
{ node run.mjs && py/bin/python run.py; } | tee seen
grep '^#> ' "$self" | cut -c4- | diff - seen
