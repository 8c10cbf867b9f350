#!/usr/bin/env bash
# npm flexsearch 0.8.212: Korean with Charset.CJK, the encoder for Chinese, Japanese and Korean.
# It takes every character as a word, after it decomposed the text: a word is then not a syllable but one of its letters
# (jamo). A query finds each title that has these letters anywhere, in any order: 살구 (apricot) finds the title "구슬 사탕"
# (candy). The default encoder with `tokenize: 'full'` finds words, and parts of them.
# Seen: encoder, query, titles found.
#> CJK 살구: 살구 1kg, 구슬 사탕, 제주감귤 선물세트
#> CJK 가: 살구 1kg, 구슬 사탕, 한우 국거리, 제주감귤 선물세트
#> full 살구: 살구 1kg
#> full 가: 제주감귤 선물세트
set -euo pipefail
dir=$(mktemp -d) && trap 'rm -rf "$dir"' EXIT && self=$(realpath "$0") && cd "$dir"
npm install --silent --no-audit --no-fund --prefix . flexsearch@0.8.212

cat >run.cjs <<'E'
const { Charset, Index } = require('flexsearch');

const titles = ['살구 1kg', '구슬 사탕', '한우 국거리', '제주감귤 선물세트', '쌀 20kg'];
for (const [name, options] of [['CJK', { encoder: Charset.CJK }], ['full', { tokenize: 'full' }]]) {
  const index = new Index(options);
  titles.forEach((title, at) => index.add(at, title));
  for (const query of ['살구', '가'])
    console.log(name, `${query}:`, index.search(query).toSorted().map((at) => titles[at]).join(', '));
}
E
node run.cjs | tee seen
grep '^#> ' "$self" | cut -c4- | diff - seen
