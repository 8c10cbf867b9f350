#!/usr/bin/env bash
# Search libraries of npm over three Korean titles, with their defaults: lunr 2.3.9, elasticlunr 0.9.5,
# @orama/orama 3.1.18, minisearch 7.2.0, flexsearch 0.8.212.
# lunr, elasticlunr and orama cut words at what is not Latin: Hangul is not indexed, nothing is found, no error is
# raised, and "10kg" in the same title is found, so the index looks well. minisearch and flexsearch index whole words, so
# 사과 does not find 사과즙 (minisearch: `prefix: true`; flexsearch: `tokenize: 'forward'`). In none does 감귤 find 제주감귤.
# Seen: how many titles each finds for 10kg, 사과, 사과즙, 감귤.
#> lunr 1 0 0 0
#> elasticlunr 1 0 0 0
#> orama 1 0 0 0
#> minisearch 1 1 1 0
#> flexsearch 1 1 1 0
set -euo pipefail
dir=$(mktemp -d) && trap 'rm -rf "$dir"' EXIT && self=$(realpath "$0") && cd "$dir"
npm install --silent --no-audit --no-fund --prefix . lunr@2.3.9 elasticlunr@0.9.5 @orama/orama@3.1.18 minisearch@7.2.0 \
  flexsearch@0.8.212

cat >run.mjs <<'E'
import { create, insert, search } from '@orama/orama';
import elasticlunr from 'elasticlunr';
import flexsearch from 'flexsearch';
import lunr from 'lunr';
import MiniSearch from 'minisearch';

const goods = ['공동구매 사과 10kg', '유기농 사과즙', '제주감귤 특가'].map((title, at) => ({ id: String(at), title }));
const orama = create({ schema: { title: 'string' } });
const elastic = elasticlunr(function () { this.setRef('id'); this.addField('title'); });
const flex = new flexsearch.Index();
const mini = new MiniSearch({ fields: ['title'] });
for (const one of goods) {
  await insert(orama, one);
  elastic.addDoc(one);
  flex.add(one.id, one.title);
  mini.add(one);
}
const plain = lunr(function () { this.ref('id'); this.field('title'); for (const one of goods) this.add(one); });
const finders = {
  lunr: (word) => plain.search(word).length,
  elasticlunr: (word) => elastic.search(word).length,
  orama: (word) => search(orama, { term: word }).count,
  minisearch: (word) => mini.search(word).length,
  flexsearch: (word) => flex.search(word).length,
};
for (const name in finders) console.log(name, ...['10kg', '사과', '사과즙', '감귤'].map(finders[name]));
E
node run.mjs | tee seen
grep '^#> ' "$self" | cut -c4- | diff - seen
