#!/usr/bin/env bash
# Several og:image in one page, npm open-graph-scraper 6.12.0, PyPI extruct 0.18.0 and opengraph_py3 0.71, npm unfurl.js 6.4.0.
# By the protocol, og:image:width, :height and :alt belong to the og:image before them. open-graph-scraper collects each
# property in a list and puts the lists together by number: if the first picture says no height, it gets that of the
# second. extruct (uniform) keeps the first of each, opengraph_py3 the last, so both may make one picture of two. Who
# lays out a preview by these figures gets a box of the wrong shape. unfurl.js reads them right.
# Seen: a page of a picture a.jpg with alt and no size, and b.jpg of 300 × 200.
#> open-graph-scraper [{"height":"200","url":"https://x.example/a.jpg","width":"300","alt":"감귤","type":"jpg"},{"url":"https://x.example/b.jpg","type":"jpg"}]
#> unfurl.js [{"url":"https://x.example/a.jpg","alt":"감귤"},{"url":"https://x.example/b.jpg","width":300,"height":200}]
#> extruct {"image": "https://x.example/a.jpg", "image:alt": "감귤", "image:width": "300", "image:height": "200"}
#> opengraph_py3 {"image": "https://x.example/b.jpg", "image:alt": "감귤", "image:width": "300", "image:height": "200"}
set -euo pipefail
dir=$(mktemp -d) && trap 'rm -rf "$dir"' EXIT && self=$(realpath "$0") && cd "$dir"
npm install --silent --no-audit --no-fund --prefix . open-graph-scraper@6.12.0 unfurl.js@6.4.0
python3 -m venv py && py/bin/pip -q --disable-pip-version-check install extruct==0.18.0 opengraph_py3==0.71

cat >page.html <<'E'
<!doctype html><html><head><meta charset="utf-8"><title>감귤 5kg</title>
<meta property="og:title" content="감귤 5kg"><meta property="og:type" content="website"><meta property="og:url" content="https://x.example/">
<meta property="og:image" content="https://x.example/a.jpg"><meta property="og:image:alt" content="감귤">
<meta property="og:image" content="https://x.example/b.jpg"><meta property="og:image:width" content="300"><meta property="og:image:height" content="200">
</head><body></body></html>
E
cat >run.mjs <<'E'
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import scrape from 'open-graph-scraper';
import { unfurl } from 'unfurl.js';

const html = readFileSync('page.html', 'utf8');
console.log('open-graph-scraper', JSON.stringify((await scrape({ html })).result.ogImage));
const server = createServer((_, answer) => answer.setHeader('content-type', 'text/html; charset=utf-8').end(html));
await once(server.listen(0, '127.0.0.1'), 'listening');
const page = await unfurl(`http://127.0.0.1:${server.address().port}/`);
console.log('unfurl.js', JSON.stringify(page.open_graph.images));
server.close();
server.closeAllConnections();
E
cat >run.py <<'E'
import json

import extruct
from opengraph_py3 import OpenGraph

html = open('page.html', encoding='utf-8').read()
names = ('image', 'image:alt', 'image:width', 'image:height')
[page] = extruct.extract(html, syntaxes=['opengraph'], uniform=True)['opengraph']
print('extruct', json.dumps({name: page['og:' + name] for name in names}, ensure_ascii=False))
page = OpenGraph(html=html)
print('opengraph_py3', json.dumps({name: page[name] for name in names}, ensure_ascii=False))
E
{ node run.mjs && py/bin/python -W ignore run.py; } | tee seen
grep '^#> ' "$self" | cut -c4- | diff - seen
