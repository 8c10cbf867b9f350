#!/usr/bin/env bash
# JMESPath, to_number() of what people typed: npm jmespath 0.16.0, PyPI jmespath 1.1.0, Go jmespath/go-jmespath 0.4.0.
# The specification takes a number as JSON writes it, and gives null for all else, so one guesses that a text which is no number is
# null in all three. Each asks its own language instead. An empty field is 0 in Node and null in the others; "nan" and "Infinity" are
# numbers in Python and Go, and then no JSON; 12_000 is 12,000 in these two, 0x10 is 16 in Node, １２ is 12 in Python.
# A rule "price < 1000" holds for an empty price in one service only. Check the text before.
# Seen: text, Node, Python, Go.
#> "12000" 12000 12000 12000
#> "" 0 null null
#> " 12 " 12 12 null
#> "12_000" null 12000 12000
#> "0x10" 16 null null
#> "nan" null nan NaN
#> "Infinity" Infinity inf +Inf
#> "１２" null 12 null
#> "12,000" null null null
set -euo pipefail
dir=$(mktemp -d) && trap 'chmod -R u+w "$dir"; rm -rf "$dir"' EXIT && self=$(realpath "$0") && cd "$dir"
npm install --silent --no-audit --no-fund --prefix . jmespath@0.16.0
python3 -m venv py && py/bin/pip -q --disable-pip-version-check install jmespath==1.1.0

echo '["12000", "", " 12 ", "12_000", "0x10", "nan", "Infinity", "１２", "12,000"]' >texts.json
cat >run.cjs <<'E'
const { search } = require('jmespath');
for (const text of require('./texts.json')) console.log(String(search({ text }, 'to_number(text)')));
E
cat >main.go <<'E'
package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/jmespath/go-jmespath"
)

func main() {
	var texts []string
	file, _ := os.ReadFile("texts.json")
	json.Unmarshal(file, &texts)
	for _, text := range texts {
		number, _ := jmespath.Search("to_number(text)", map[string]any{"text": text})
		if number == nil {
			number = "null"
		}
		fmt.Println(number)
	}
}
E
cat >run.py <<'E'
import json
from jmespath import search
for text, node, go in zip(json.load(open('texts.json')), *(open(name).read().split('\n') for name in ('node', 'go'))):
    number = search('to_number(text)', {'text': text})
    print(json.dumps(text, ensure_ascii=False), node, 'null' if number is None else number, go)
E
export GOFLAGS=-mod=mod GOTOOLCHAIN=local
go mod init finding 2>go.log
go get github.com/jmespath/go-jmespath@v0.4.0 2>>go.log
node run.cjs >node && go run . >go
py/bin/python run.py | tee seen
grep '^#> ' "$self" | cut -c4- | diff - seen
