#!/usr/bin/env bash
# PyPI openapi-python-client 0.29.1, Go oapi-codegen 2.8.2 and ogen 1.25.0 (needs Python 3 with venv, and Go), from one
# OpenAPI 3.0.3 document whose PATCH takes a nullable note, a limit with a default, and a title.
# Somebody clears the note, and touches nothing else: {"note":null}. One guesses that all three send that. The first also
# sends the default of a field that was not touched, and so resets it for who had another; the second can not say null at
# all: its pointer leaves the field out, and nothing is cleared, without an error. Only the third sends what was meant.
#> openapi-python-client {"note":null,"limit":20}
#> oapi-codegen {}
#> ogen {"note":null}
set -euo pipefail
dir=$(mktemp -d) && trap 'chmod -R u+w "$dir"; rm -rf "$dir"' EXIT && self=$(realpath "$0") && cd "$dir"
python3 -m venv py && py/bin/pip -q --disable-pip-version-check install openapi-python-client==0.29.1
export GOBIN="$dir/bin" GOFLAGS=-mod=mod
go install github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen@v2.8.2 2>/dev/null
go install github.com/ogen-go/ogen/cmd/ogen@v1.25.0 2>/dev/null

cat >shop.json <<'E2'
{"openapi": "3.0.3", "info": {"title": "shop", "version": "1"},
 "paths": {"/rooms/{id}": {"patch": {"operationId": "changeRoom", "tags": ["rooms"],
  "parameters": [{"name": "id", "in": "path", "required": true, "schema": {"type": "string"}}],
  "requestBody": {"required": true, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/RoomChange"}}}},
  "responses": {"204": {"description": "done"}}}}},
 "components": {"schemas": {"RoomChange": {"type": "object", "properties": {
  "note": {"type": "string", "nullable": true}, "limit": {"type": "integer", "default": 20}, "title": {"type": "string"}}}}}}
E2

py/bin/openapi-python-client generate --path shop.json --output-path python >/dev/null 2>&1
cat >run.py <<'E2'
import json
from shop_client.models import RoomChange
print('openapi-python-client', json.dumps(RoomChange(note=None).to_dict(), separators=(',', ':')))
E2

mkdir -p go/oapi
bin/oapi-codegen -generate types -package oapi -o go/oapi/oapi.go shop.json
(cd go && ../bin/ogen --target ogen --package ogen --clean ../shop.json >/dev/null 2>&1)
cat >go/main.go <<'E2'
package main

import (
	"encoding/json"
	"fmt"
	"run/oapi"
	"run/ogen"
)

func main() {
	one, _ := json.Marshal(oapi.RoomChange{Note: nil})
	fmt.Println("oapi-codegen", string(one))
	change := ogen.RoomChange{}
	change.Note.SetToNull()
	two, _ := change.MarshalJSON()
	fmt.Println("ogen", string(two))
}
E2
printf 'module run\n\ngo 1.24\n' >go/go.mod
(cd go && go get github.com/ogen-go/ogen@v1.25.0 2>/dev/null && go mod tidy 2>/dev/null)
{ PYTHONPATH=python py/bin/python run.py && (cd go && go run .); } | tee seen
grep '^#> ' "$self" | cut -c4- | diff - seen
