#!/usr/bin/env bash
# The Link header of a paged list in Go peterhellberg/link 1.2.0, Go tomnomnom/linkheader 0.0.0-20250811210735-e5fe3b51442e,
# npm parse-link-header 2.0.0 and npm http-link-header 1.1.4.
# A comma and a semicolon may stand in an address and in a quoted title (RFC 8288). peterhellberg/link removes the comma from
# the address, and the next page is another one. linkheader loses that link, and takes "next last", two relations, for
# one. parse-link-header cuts a quoted value at the semicolon, and of its rest makes a property; it wants `rel` in small
# letters. http-link-header reads all. Keep cursors free of commas; base64url has none.
# Seen: library, then what it finds in each of four headers, as relation=address.
#> peterhellberg/link | next=/p?after=12 | next last=/p?x=1 | next=/p?x=1 title="a | none
#> linkheader | none | next last=/p?x=1 | next=/p?x=1 title=a | next=/p?x=1
#> parse-link-header | next=/p?after=1,2 | next=/p?x=1 last=/p?x=1 | next=/p?x=1 title=a | none
#> http-link-header | next=/p?after=1,2 | next=/p?x=1 last=/p?x=1 | next=/p?x=1 title=a; b | next=/p?x=1
set -euo pipefail
dir=$(mktemp -d) && trap 'chmod -R u+w "$dir"; rm -rf "$dir"' EXIT && self=$(realpath "$0") && cd "$dir"
npm install --silent --no-audit --no-fund --prefix . parse-link-header@2.0.0 http-link-header@1.1.4

cat >headers <<'E'
</p?after=1,2>; rel="next"
</p?x=1>; rel="next last"
</p?x=1>; title="a; b"; rel="next"
</p?x=1>; Rel="next"
E
cat >run.mjs <<'E'
import { readFileSync } from 'node:fs';
import LinkHeader from 'http-link-header';
import parse from 'parse-link-header';

const headers = readFileSync('headers', 'utf8').trim().split('\n');
function show(name, linksOf) {
  const shown = headers.map((header) =>
    linksOf(header).map(({ rel, uri, url, title }) => `${rel}=${uri ?? url}${title ? ` title=${title}` : ''}`).join(' '),
  );
  console.log([name, ...shown.map((links) => links || 'none')].join(' | '));
}
show('parse-link-header', (header) => Object.values(parse(header) ?? {}));
show('http-link-header', (header) => LinkHeader.parse(header).refs);
E
cat >main.go <<'E'
package main

import (
	"bufio"
	"fmt"
	"os"

	"github.com/peterhellberg/link"
	"github.com/tomnomnom/linkheader"
)

func show(relation, address, title string) string {
	if title != "" {
		title = " title=" + title
	}
	return relation + "=" + address + title
}

func main() {
	file, _ := os.Open("headers")
	ofLink, ofHeader := "peterhellberg/link", "linkheader"
	for lines := bufio.NewScanner(file); lines.Scan(); {
		found := "none"
		for _, one := range link.Parse(lines.Text()) {
			found = show(one.Rel, one.URI, one.Extra["title"])
		}
		ofLink += " | " + found
		found = "none"
		for _, one := range linkheader.Parse(lines.Text()) {
			found = show(one.Rel, one.URL, one.Param("title"))
		}
		ofHeader += " | " + found
	}
	fmt.Println(ofLink + "\n" + ofHeader)
}
E
export GOFLAGS=-mod=mod GOTOOLCHAIN=local
go mod init finding 2>go.log
go get github.com/peterhellberg/link@v1.2.0 github.com/tomnomnom/linkheader@v0.0.0-20250811210735-e5fe3b51442e 2>>go.log
{ go run . && node run.mjs; } | tee seen
grep '^#> ' "$self" | cut -c4- | diff - seen
