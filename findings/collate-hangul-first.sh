#!/usr/bin/env bash
# Go golang.org/x/text 0.44.0, collate for Korean, beside Intl.Collator of Node.
# In Korean order Hangul comes before Latin letters (CLDR: reorder Hang Hani), and so the browser sorts. x/text puts a Hanja by
# its reading among the Hangul, so it does know Korean, but it leaves Latin first. A list that the server sorts and the
# browser merges is in two orders, and a page that goes on "after 나" leaves out or repeats what lies between.
# Seen: library, seven names in its order.
#> Intl.Collator 1호점 가 金 까 나 Apple banana
#> x/text/collate 1호점 Apple banana 가 金 까 나
set -euo pipefail
dir=$(mktemp -d) && trap 'chmod -R u+w "$dir"; rm -rf "$dir"' EXIT && self=$(realpath "$0") && cd "$dir"

cat >main.go <<'E'
package main

import (
	"fmt"
	"strings"

	"golang.org/x/text/collate"
	"golang.org/x/text/language"
)

func main() {
	names := []string{"나", "banana", "金", "1호점", "까", "Apple", "가"}
	collate.New(language.Korean).SortStrings(names)
	fmt.Println("x/text/collate", strings.Join(names, " "))
}
E
cat >run.mjs <<'E'
const names = ['나', 'banana', '金', '1호점', '까', 'Apple', '가'];
console.log('Intl.Collator', ...names.sort(new Intl.Collator('ko').compare));
E
export GOFLAGS=-mod=mod GOTOOLCHAIN=local
go mod init finding 2>go.log
go get golang.org/x/text@v0.44.0 2>>go.log
{ node run.mjs && go run .; } | tee seen
grep '^#> ' "$self" | cut -c4- | diff - seen
