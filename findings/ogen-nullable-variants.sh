#!/usr/bin/env bash
# Go ogen 1.25.0 (needs Go), from an OpenAPI 3.0.3 document with a oneOf of two objects: both have a field `before`, which
# is a number in one and a text in the other.
# Without null it tells them apart by the type of the value, and the client builds. Where both may be null, as what was
# before is for something new, it still ends with success, and what it wrote is no Go: one switch with the same case twice.
# One guesses an ambiguity that is refused when generating, or that null is taken for either. A discriminator helps.
#> plain: generated, builds
#> nullable: generated, duplicate case jx.Null
set -euo pipefail
dir=$(mktemp -d) && trap 'chmod -R u+w "$dir"; rm -rf "$dir"' EXIT && self=$(realpath "$0") && cd "$dir"
export GOBIN="$dir/bin"
go install github.com/ogen-go/ogen/cmd/ogen@v1.25.0 2>/dev/null

try() { # name, what stands beside `type`
  mkdir "$1" && cd "$1"
  cat >shop.json <<E2
{"openapi": "3.0.3", "info": {"title": "shop", "version": "1"},
 "paths": {"/events/last": {"get": {"operationId": "lastEvent", "responses": {"200": {"description": "what changed last",
  "content": {"application/json": {"schema": {"\$ref": "#/components/schemas/Change"}}}}}}}},
 "components": {"schemas": {
  "Change": {"oneOf": [{"\$ref": "#/components/schemas/Price"}, {"\$ref": "#/components/schemas/Title"}]},
  "Price": {"type": "object", "required": ["before"], "properties": {"before": {"type": "integer"$2}}},
  "Title": {"type": "object", "required": ["before"], "properties": {"before": {"type": "string"$2}}}}}}
E2
  printf 'module shop\n\ngo 1.24\n' >go.mod
  ../bin/ogen --target api --package api --clean shop.json >/dev/null 2>&1 && printf '%s: generated, ' "$1"
  { go get github.com/ogen-go/ogen@v1.25.0 && go mod tidy; } >/dev/null 2>&1
  if said=$(go build ./... 2>&1); then echo builds; else grep -o -m1 'duplicate case jx.Null' <<<"$said"; fi
  cd ..
}
{ try plain '' && try nullable ', "nullable": true'; } | tee seen
grep '^#> ' "$self" | cut -c4- | diff - seen
