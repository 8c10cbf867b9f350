#!/usr/bin/env bash
# npm quicktype-core 26.0.0, types for Go from a JSON Schema whose properties have Korean names.
# In Go a name is seen by other packages, and by encoding/json, when it begins with a capital. Hangul has none, and
# quicktype leaves it as it stands: the fields compile, have the right tags, and are never filled nor written, without an
# error. An order is read with price 0 and sent without one. `go vet` warns of the tags. Name the fields in Latin letters
# in the schema, or in an overlay. Seen: the line of the price, what was read, what is written.
#> 가격 int64 `json:"가격"`
#> read {ID:7 가격:0 상품:}
#> written {"id":7}
set -euo pipefail
dir=$(mktemp -d) && trap 'chmod -R u+w "$dir"; rm -rf "$dir"' EXIT && self=$(realpath "$0") && cd "$dir"
npm install --silent --no-audit --no-fund --prefix . quicktype-core@26.0.0

cat >run.mjs <<'E'
import { writeFileSync } from 'node:fs';
import { FetchingJSONSchemaStore, InputData, JSONSchemaInput, quicktype } from 'quicktype-core';

const properties = { id: { type: 'integer' }, 상품: { type: 'string' }, 가격: { type: 'integer' } };
const schema = JSON.stringify({ type: 'object', properties, required: Object.keys(properties) });
const source = new JSONSchemaInput(new FetchingJSONSchemaStore());
await source.addSource({ name: 'Order', schema });
const inputData = new InputData();
inputData.addInput(source);
const { lines } = await quicktype({ inputData, lang: 'go', rendererOptions: { package: 'main' } });
writeFileSync('order.go', lines.join('\n'));
console.log(lines.find((line) => line.includes('json:"가격"')).trim().replace(/\s+/g, ' '));
E
cat >main.go <<'E'
package main

import "fmt"

func main() {
	order, err := UnmarshalOrder([]byte(`{"id":7,"상품":"감귤 5kg","가격":15000}`))
	if err != nil {
		panic(err)
	}
	written, err := order.Marshal()
	if err != nil {
		panic(err)
	}
	fmt.Printf("read %+v\nwritten %s\n", order, written)
}
E
export GOFLAGS=-mod=mod GOTOOLCHAIN=local
go mod init finding 2>go.log
{ node run.mjs && go run .; } | tee seen
grep '^#> ' "$self" | cut -c4- | diff - seen
