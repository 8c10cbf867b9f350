#!/usr/bin/env bash
# oapi-codegen 2.8.2 (Go): what a `number` of a document is without a `format`.
# One guesses float64, as encoding/json takes any number. It is float32, which has 24 bits: a price of 23,000,001 won is
# 23,000,000 as soon as it is read, and goes out so again; from 16,777,217 on every other won is lost. Say `format: double`, or
# `integer` with `int64` for money. Go. Seen: the type, and a price of 23000001 after it was read and written.
#> oapi-codegen float32 {"amount":23000000}
set -euo pipefail
dir=$(mktemp -d) && trap 'rm -rf "$dir"' EXIT && self=$(realpath "$0") && cd "$dir"

cat >api.json <<'E'
{ "openapi": "3.0.3", "info": { "title": "shop", "version": "1" }, "paths": {},
  "components": { "schemas": { "Price": { "type": "object", "required": ["amount"],
    "properties": { "amount": { "type": "number" } } } } } }
E
mkdir oapi
export GOBIN=$dir/bin
go install github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen@v2.8.2
bin/oapi-codegen -generate types,skip-prune -package oapi -o oapi/api.go api.json
cat >go.mod <<'E'
module call

go 1.24
E
cat >main.go <<'E'
package main

import (
	"call/oapi"
	"encoding/json"
	"fmt"
)

func main() {
	var price oapi.Price
	if err := json.Unmarshal([]byte(`{"amount":23000001}`), &price); err != nil {
		panic(err)
	}
	text, _ := json.Marshal(price)
	fmt.Printf("oapi-codegen %T %s\n", price.Amount, text)
}
E
go run . | tee seen
grep '^#> ' "$self" | cut -c4- | diff - seen
