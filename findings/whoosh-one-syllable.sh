#!/usr/bin/env bash
# PyPI Whoosh 2.7.4: products whose name is one syllable.
# The analyzers for text leave out words of one character, meant for "a" and "I". Rice (쌀), water (물) and laver (김) are
# one character each, so neither the titles nor the query have the word: no product is found, and no error says so. A
# title in decomposed form (a file name of a Mac) has two or three characters for it and is kept, and is found by a
# decomposed query. Make the analyzer with `minsize=1`, and give it composed text.
# Seen: analyzer, query, how many of the titles 쌀 20kg, 맛있는 쌀, 쌀과자 are found.
#> StandardAnalyzer() 쌀 0
#> StemmingAnalyzer() 쌀 0
#> StandardAnalyzer(minsize=1) 쌀 2
#> StandardAnalyzer() decomposed 2
set -euo pipefail
dir=$(mktemp -d) && trap 'rm -rf "$dir"' EXIT && self=$(realpath "$0") && cd "$dir"
python3 -m venv py && py/bin/pip -q --disable-pip-version-check install Whoosh==2.7.4 2>pip.log

cat >run.py <<'E'
from unicodedata import normalize

from whoosh.analysis import StandardAnalyzer, StemmingAnalyzer
from whoosh.fields import TEXT, Schema
from whoosh.filedb.filestore import RamStorage
from whoosh.qparser import QueryParser


def found(analyzer, form):
    index = RamStorage().create_index(Schema(title=TEXT(analyzer=analyzer, stored=True)))
    writer = index.writer()
    for title in ('쌀 20kg', '맛있는 쌀', '쌀과자'):
        writer.add_document(title=normalize(form, title))
    writer.commit()
    with index.searcher() as searcher:
        return len(searcher.search(QueryParser('title', index.schema).parse(normalize(form, '쌀'))))


print('StandardAnalyzer()', '쌀', found(StandardAnalyzer(), 'NFC'))
print('StemmingAnalyzer()', '쌀', found(StemmingAnalyzer(), 'NFC'))
print('StandardAnalyzer(minsize=1)', '쌀', found(StandardAnalyzer(minsize=1), 'NFC'))
print('StandardAnalyzer()', 'decomposed', found(StandardAnalyzer(), 'NFD'))
E
py/bin/python -W ignore run.py | tee seen
grep '^#> ' "$self" | cut -c4- | diff - seen
