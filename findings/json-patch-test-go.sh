#!/usr/bin/env bash
# Go evanphx/json-patch 5.9.11 beside npm fast-json-patch 3.1.1, json-merge-patch 1.0.2 and PyPI jsonpatch 1.48,
# json-merge-patch 0.3.0 (RFC 6902, 7396).
# A patch's "test" makes it conditional. In Go 1 is not 1.0, which Python writes for a float, so the patch is refused for
# good (RFC: "numerically equal"). And what is not there is equal to null (RFC: the target must exist), so a patch meant
# for an empty field goes through where the field is unknown. In a merge, the null in an array's object is removed, where the
# RFC replaces the array whole. The others do neither. Write whole numbers as such; test the object around for a field.
# Seen: language, {"a":1} tested against 1.0, {} tested for "a" being null, [{"note":null}] merged into nothing.
#> go | refused | passed | {"a":[{}]}
#> npm | passed | refused | {"a":[{"note":null}]}
#> python | passed | refused | {"a": [{"note": null}]}
set -euo pipefail
dir=$(mktemp -d) && trap 'chmod -R u+w "$dir"; rm -rf "$dir"' EXIT && self=$(realpath "$0") && cd "$dir"
npm install --silent --no-audit --no-fund --prefix . fast-json-patch@3.1.1 json-merge-patch@1.0.2
python3 -m venv py && py/bin/pip -q --disable-pip-version-check install jsonpatch==1.48 json-merge-patch==0.3.0

cat >cases.json <<'E'
{
  "tests": [[{"a":1}, [{"op":"test","path":"/a","value":1.0}]], [{}, [{"op":"test","path":"/a","value":null}]]],
  "merge": {"a":[{"note":null}]}
}
E
cat >main.go <<'E'
package main

import (
	"encoding/json"
	"fmt"
	"os"

	jsonpatch "github.com/evanphx/json-patch/v5"
)

func main() {
	text, _ := os.ReadFile("cases.json")
	var cases struct {
		Tests [][2]json.RawMessage
		Merge json.RawMessage
	}
	if err := json.Unmarshal(text, &cases); err != nil {
		panic(err)
	}
	fmt.Print("go")
	for _, one := range cases.Tests {
		patch, err := jsonpatch.DecodePatch(one[1])
		if err != nil {
			panic(err)
		}
		if _, err = patch.Apply(one[0]); err == nil {
			fmt.Print(" | passed")
		} else {
			fmt.Print(" | refused")
		}
	}
	merged, err := jsonpatch.MergePatch([]byte("{}"), cases.Merge)
	if err != nil {
		panic(err)
	}
	fmt.Println(" |", string(merged))
}
E
cat >run.mjs <<'E'
import { readFileSync } from 'node:fs';
import jsonpatch from 'fast-json-patch';
import mergePatch from 'json-merge-patch';

const { tests, merge } = JSON.parse(readFileSync('cases.json', 'utf8'));
const passes = ([document, patch]) => {
  try {
    jsonpatch.applyPatch(document, patch);
    return 'passed';
  } catch (error) {
    if (error.name !== 'TEST_OPERATION_FAILED') throw error;
    return 'refused';
  }
};
console.log(['npm', ...tests.map(passes), JSON.stringify(mergePatch.apply({}, merge))].join(' | '));
E
cat >run.py <<'E'
import json
import json_merge_patch, jsonpatch
with open('cases.json') as file:
    cases = json.load(file)
shown = []
for document, patch in cases['tests']:
    try:
        jsonpatch.apply_patch(document, patch)
        shown.append('passed')
    except jsonpatch.JsonPatchTestFailed:
        shown.append('refused')
print('python', *shown, json.dumps(json_merge_patch.merge({}, cases['merge'])), sep=' | ')
E
export GOFLAGS=-mod=mod GOTOOLCHAIN=local
go mod init finding 2>go.log
go get github.com/evanphx/json-patch/v5@v5.9.11 2>>go.log
{ go run . && node run.mjs && py/bin/python run.py; } | tee seen
grep '^#> ' "$self" | cut -c4- | diff - seen
