#!/usr/bin/env bash
# npm metascraper 5.49.24 with metascraper-title 5.49.24: the title of a page.
# It is not the title of the page: straight quotes are made typographic ones, and double ones open before Latin letters
# only. The mark of inches becomes a double prime, and so does a quote before Hangul. A title that is looked up, compared
# or hashed is then not found. open-graph-scraper 6.12.0 gives the title that the page has.
# Seen: the og:title, then what metascraper makes of it.
#> [27" 모니터] [27″ 모니터]
#> ["오늘"만 특가] [″오늘”만 특가]
#> ['한우' 공구] [‘한우’ 공구]
#> [감귤'만' 5kg] [감귤‘만’ 5kg]
set -euo pipefail
dir=$(mktemp -d) && trap 'rm -rf "$dir"' EXIT && self=$(realpath "$0") && cd "$dir"
# without scripts: a dependency (re2) would be compiled, and has a replacement in JavaScript
npm install --ignore-scripts --silent --no-audit --no-fund --prefix . metascraper@5.49.24 metascraper-title@5.49.24 open-graph-scraper@6.12.0

cat >run.mjs <<'E'
import metascraper from 'metascraper';
import ofTitle from 'metascraper-title';
import scrape from 'open-graph-scraper';

for (const title of ['27" 모니터', '"오늘"만 특가', "'한우' 공구", "감귤'만' 5kg"]) {
  const html = `<html><head><title>x</title><meta property="og:title" content="${title.replaceAll('"', '&quot;')}"></head></html>`;
  const { result } = await scrape({ html });
  const page = await metascraper([ofTitle()])({ html, url: 'https://shop.example.com/' });
  console.log(`[${result.ogTitle}]`, `[${page.title}]`);
}
E
node run.mjs | tee seen
grep '^#> ' "$self" | cut -c4- | diff - seen
