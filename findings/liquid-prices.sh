#!/usr/bin/env bash
# Prices in templates of Liquid, as for mails and receipts: npm liquidjs 10.30.1, PyPI python-liquid 2.3.6, Go osteele/liquid 1.6.0.
# One language, so one guesses one bill. A division of whole numbers drops the rest in Python and Go and not in npm, so ten for four
# times four is 8 or 10. 2.5 rounded is 3, 3 and 2 (to the even one). Ten per cent on 30,000,000 is 33,000,000 with a tail in npm,
# "33000000.0" in Python and 3.3000000000000004e+07 in Go, which writes every price from a million on so, once it went through a
# number with a point. And Go has no variables with Hangul names. Compute in the service, hand over texts.
# Seen: template, npm, Python, Go.
#> {{ 10 | divided_by: 4 | times: 4 }} | 10 | 8 | 8
#> {{ 2.5 | round }} | 3 | 2 | 3
#> {{ 30000000 | times: 1.1 }} | 33000000.000000004 | 33000000.0 | 3.3000000000000004e+07
#> {{ 1234567 | times: 1.0 }} | 1234567 | 1234567.0 | 1.234567e+06
#> {{ -5 | divided_by: 2 }} | -2.5 | -3 | -2
#> {{ 가격 }} | 12000 | 12000 | error
set -euo pipefail
dir=$(mktemp -d) && trap 'chmod -R u+w "$dir"; rm -rf "$dir"' EXIT && self=$(realpath "$0") && cd "$dir"
npm install --silent --no-audit --no-fund --prefix . liquidjs@10.30.1
python3 -m venv py && py/bin/pip -q --disable-pip-version-check install python-liquid==2.3.6

cat >templates <<'E'
{{ 10 | divided_by: 4 | times: 4 }}
{{ 2.5 | round }}
{{ 30000000 | times: 1.1 }}
{{ 1234567 | times: 1.0 }}
{{ -5 | divided_by: 2 }}
{{ 가격 }}
E
cat >run.cjs <<'E'
const { readFileSync } = require('node:fs');
const { Liquid } = require('liquidjs');
const engine = new Liquid();
for (const text of readFileSync('templates', 'utf8').trim().split('\n')) console.log(engine.parseAndRenderSync(text, { 가격: 12000 }));
E
cat >main.go <<'E'
package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/osteele/liquid"
)

func main() {
	file, _ := os.ReadFile("templates")
	for _, text := range strings.Split(strings.TrimSpace(string(file)), "\n") {
		made, err := liquid.NewEngine().ParseAndRenderString(text, liquid.Bindings{"가격": 12000})
		if err != nil {
			made = "error"
		}
		fmt.Println(made)
	}
}
E
cat >run.py <<'E'
from liquid import Environment
for text, npm, go in zip(*(open(name).read().strip().split('\n') for name in ('templates', 'npm', 'go'))):
    print(text, npm, Environment().from_string(text).render(가격=12000), go, sep=' | ')
E
export GOFLAGS=-mod=mod GOTOOLCHAIN=local
go mod init finding 2>go.log
go get github.com/osteele/liquid@v1.6.0 2>>go.log
node run.cjs >npm && go run . >go
py/bin/python run.py | tee seen
grep '^#> ' "$self" | cut -c4- | diff - seen
