#!/usr/bin/env bash
# npm highlight-words-core 1.2.3, which react-highlight-words marks texts with: its option `sanitize`.
# sanitize is there to make texts comparable, and to normalize is what one gives it for Korean. But the places it returns
# are those in the sanitized text, and are used in the text as it was. If sanitizing changes the length, what is marked is
# something else: the decomposed 한 has three characters, ㎏ becomes two. Normalize the text itself first.
# Seen: form, text, searched word, what is marked.
#> NFC [제주 한우 국거리, decomposed] 국거리 [ᅡᆫᄋ]
#> NFKC [쌀 20㎏ 한우 특가] 한우 [우 ]
#> none [쌀 20㎏ 한우 특가] 한우 [한우]
set -euo pipefail
dir=$(mktemp -d) && trap 'rm -rf "$dir"' EXIT && self=$(realpath "$0") && cd "$dir"
npm install --silent --no-audit --no-fund --prefix . highlight-words-core@1.2.3

cat >run.cjs <<'E'
const { findAll } = require('highlight-words-core');

function marked(text, word, form) {
  const sanitize = form === 'none' ? undefined : (any) => any.normalize(form);
  const chunks = findAll({ textToHighlight: text, searchWords: [word], sanitize }).filter(({ highlight }) => highlight);
  return `[${chunks.map(({ start, end }) => text.slice(start, end)).join('|')}]`;
}
console.log('NFC [제주 한우 국거리, decomposed] 국거리', marked('제주 한우 국거리'.normalize('NFD'), '국거리', 'NFC').normalize('NFC'));
for (const form of ['NFKC', 'none']) console.log(form, '[쌀 20㎏ 한우 특가] 한우', marked('쌀 20㎏ 한우 특가', '한우', form));
E
node run.cjs | tee seen
grep '^#> ' "$self" | cut -c4- | diff - seen
