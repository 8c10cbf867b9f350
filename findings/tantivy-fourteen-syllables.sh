#!/usr/bin/env bash
# PyPI tantivy 0.27.0 (the Rust library of that name): a title that is one word of fourteen syllables.
# The default tokenizer leaves out words of 40 bytes and more, meant for encoded attachments. Forty letters are no word in
# English; in UTF-8 fourteen Hangul syllables are 42 bytes, and Korean titles are written without blanks ("organic cherry
# tomatoes, large"). The word is neither in the index nor in the query, so the product is not found by its own name, without
# an error; one of thirteen is. Register a tokenizer with Filter.remove_long(200), or one that cuts Korean words.
# Seen: tokenizer, title, its syllables, how many are found by it.
#> default 무농약유기농방울토마토대용량 14 0
#> default 무농약유기농방울토마토특가 13 1
#> long 무농약유기농방울토마토대용량 14 1
#> long 무농약유기농방울토마토특가 13 1
set -euo pipefail
dir=$(mktemp -d) && trap 'rm -rf "$dir"' EXIT && self=$(realpath "$0") && cd "$dir"
python3 -m venv py && py/bin/pip -q --disable-pip-version-check install tantivy==0.27.0

cat >run.py <<'E'
import tantivy
def index_of(titles, tokenizer):
    builder = tantivy.SchemaBuilder()
    builder.add_text_field('title', tokenizer_name=tokenizer)
    index = tantivy.Index(builder.build())
    if tokenizer == 'long':
        index.register_tokenizer('long', tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple()).filter(tantivy.Filter.remove_long(200)).build())
    writer = index.writer()
    for title in titles:
        writer.add_document(tantivy.Document(title=title))
    writer.commit()
    index.reload()
    return index
titles = ['무농약유기농방울토마토대용량', '무농약유기농방울토마토특가', 'straightforwardly-organic tomatoes']
for tokenizer in ('default', 'long'):
    index = index_of(titles, tokenizer)
    for title in titles[:2]:
        print(tokenizer, title, len(title), index.searcher().search(index.parse_query(title, ['title'])).count)
E
py/bin/python run.py | tee seen
grep '^#> ' "$self" | cut -c4- | diff - seen
