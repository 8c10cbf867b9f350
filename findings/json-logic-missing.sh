#!/usr/bin/env bash
# JSON Logic, rules as data for browser and server alike: npm json-logic-js 2.0.5 and json-logic-engine 5.0.7, PyPI
# json-logic-qubit 0.9.1, Go diegoholiveira/jsonlogic 3.5.1.
# One guesses that the same rule over the same data says the same; that is what it is for. Where a field is missing or empty
# no two agree: nobody joined yet is "fewer than 5" for three of them; goods without a delivery fee are null, 12,000 or an
# error; and a price with its unit is 12001, an error, or in Go 1, as what cannot be read counts for nothing. A discount shown
# on the page is not what the order gets. Put a default into every var, and numbers only into arithmetic.
# Seen: rule, data, json-logic-js, json-logic-engine, json-logic-qubit, Go.
#> {"<": [{"var": "joined"}, 5]} {} | true | true | false | true
#> {">=": [{"var": "joined"}, 0]} {} | true | true | false | false
#> {"+": [{"var": "goods"}, {"var": "delivery"}]} {"goods": 12000} | null | 12000 | error | error
#> {"+": [{"var": "price"}, 1]} {"price": "12000원"} | 12001 | error | error | 1
#> {"==": [{"var": "coupon"}, 0]} {"coupon": ""} | true | true | false | false
#> {"missing": ["address"]} {"address": ""} | ["address"] | [] | ["address"] | []
set -euo pipefail
dir=$(mktemp -d) && trap 'chmod -R u+w "$dir"; rm -rf "$dir"' EXIT && self=$(realpath "$0") && cd "$dir"
npm install --silent --no-audit --no-fund --prefix . json-logic-js@2.0.5 json-logic-engine@5.0.7
python3 -m venv py && py/bin/pip -q --disable-pip-version-check install json-logic-qubit==0.9.1

cat >rules <<'E'
{"<": [{"var": "joined"}, 5]} {}
{">=": [{"var": "joined"}, 0]} {}
{"+": [{"var": "goods"}, {"var": "delivery"}]} {"goods": 12000}
{"+": [{"var": "price"}, 1]} {"price": "12000원"}
{"==": [{"var": "coupon"}, 0]} {"coupon": ""}
{"missing": ["address"]} {"address": ""}
E
cat >run.cjs <<'E'
const { readFileSync } = require('node:fs');
const { LogicEngine } = require('json-logic-engine');
const logic = require('json-logic-js');

const engine = new LogicEngine();
const show = (apply) => {
  for (const line of readFileSync('rules', 'utf8').trim().split('\n')) {
    const [rule, data] = line.split(/(?<=\}) (?=\{[^{]*$)/);
    let seen = 'error';
    try {
      seen = JSON.stringify(apply(JSON.parse(rule), JSON.parse(data)));
    } catch {}
    console.log(`${rule} ${data} | ${seen}`);
  }
};
show((rule, data) => logic.apply(rule, data));
show((rule, data) => engine.run(rule, data));
E
cat >run.py <<'E'
import json
from json_logic import jsonLogic
for line in open('rules').read().strip().split('\n'):
    rule, _, data = line.rpartition(' {')
    try:
        seen = json.dumps(jsonLogic(json.loads(rule), json.loads('{' + data)), ensure_ascii=False)
    except (TypeError, ValueError):
        seen = 'error'
    print(line, '|', seen)
E
cat >main.go <<'E'
package main

import (
	"bytes"
	"fmt"
	"os"
	"strings"

	"github.com/diegoholiveira/jsonlogic/v3"
)

func main() {
	rules, err := os.ReadFile("rules")
	if err != nil {
		panic(err)
	}
	for _, line := range strings.Split(strings.TrimSpace(string(rules)), "\n") {
		at := strings.LastIndex(line, " {")
		var seen bytes.Buffer
		if err := jsonlogic.Apply(strings.NewReader(line[:at]), strings.NewReader(line[at:]), &seen); err != nil {
			seen.WriteString("error")
		}
		fmt.Println(line, "|", strings.TrimSpace(seen.String()))
	}
}
E
export GOFLAGS=-mod=mod GOTOOLCHAIN=local
go mod init finding 2>go.log
go get github.com/diegoholiveira/jsonlogic/v3@v3.5.1 2>>go.log
{ node run.cjs && py/bin/python run.py && go run .; } | awk -F' [|] ' '!($1 in row) { order[++n] = $1 } { row[$1] = row[$1] " | " $2 } END { for (i = 1; i <= n; i++) print order[i] row[order[i]] }' | tee seen
grep '^#> ' "$self" | cut -c4- | diff - seen
