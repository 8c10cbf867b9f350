#!/usr/bin/env bash
# Patches of texts between Go sergi/go-diff 1.4.0, npm diff-match-patch 1.0.5 and PyPI diff-match-patch 20241021, ports of one library.
# A patch is a text that every port reads, made for sending the change of a notice instead of the whole. One guesses that it passes
# between languages. Go counts in bytes where the others count in characters, and cuts what stands around the change by bytes: half a
# syllable is at its edge. npm refuses such a patch, Python mends it with a �. And a place in bytes is one far behind in
# characters: of equal passages another one is changed, in both, and the answer is "applied". From npm to Go all went well here, and
# with Latin letters it does both ways. Send the whole text.
# Seen: patch made in, applied in, what comes of it.
#> Go npm Illegal escape
#> Go npm 냉동 만두 공동구매에 함께해 주셔서 고맙습니다: 10 kg box, 10 kg box, 10 kg box, 10 kg box, 10 kg box, 15 kg box, 10 kg box [ true ]
#> Go Python right [True]
#> Go Python 냉동 만두 공동구매에 함께해 주셔서 고맙습니다: 10 kg box, 10 kg box, 10 kg box, 10 kg box, 10 kg box, 15 kg box, 10 kg box [True]
#> npm Go right [true] <nil>
#> npm Go right [true] <nil>
set -euo pipefail
dir=$(mktemp -d) && trap 'chmod -R u+w "$dir"; rm -rf "$dir"' EXIT && self=$(realpath "$0") && cd "$dir"
npm install --silent --no-audit --no-fund --prefix . diff-match-patch@1.0.5
python3 -m venv py && py/bin/pip -q --disable-pip-version-check install diff-match-patch==20241021

cat >texts.json <<'E'
[["만두 마감은 오늘입니다", "만두 마감은 내일입니다"],
 ["냉동 만두 공동구매에 함께해 주셔서 고맙습니다: 10 kg box, 10 kg box, 10 kg box, 10 kg box, 10 kg box, 10 kg box, 10 kg box",
  "냉동 만두 공동구매에 함께해 주셔서 고맙습니다: 10 kg box, 10 kg box, 15 kg box, 10 kg box, 10 kg box, 10 kg box, 10 kg box"]]
E
cat >run.cjs <<'E'
const { readFileSync, writeFileSync } = require('node:fs');
const Differ = require('diff-match-patch');
const differ = new Differ();
const texts = JSON.parse(readFileSync('texts.json', 'utf8'));
if (process.argv[2] === 'make') {
  writeFileSync('npm.json', JSON.stringify(texts.map(([before, after]) => differ.patch_toText(differ.patch_make(before, after)))));
} else {
  JSON.parse(readFileSync('go.json', 'utf8')).forEach((patch, i) => {
    try {
      const [text, done] = differ.patch_apply(differ.patch_fromText(patch), texts[i][0]);
      console.log('Go npm', text === texts[i][1] ? 'right' : text, done);
    } catch (error) {
      console.log('Go npm', error.message.slice(0, 14));
    }
  });
}
E
cat >run.py <<'E'
import json
from diff_match_patch import diff_match_patch
differ = diff_match_patch()
for (before, after), patch in zip(json.load(open('texts.json')), json.load(open('go.json'))):
    text, done = differ.patch_apply(differ.patch_fromText(patch), before)
    print('Go Python', 'right' if text == after else text, done)
E
cat >main.go <<'E'
package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/sergi/go-diff/diffmatchpatch"
)

func read(name string, into any) {
	text, _ := os.ReadFile(name)
	json.Unmarshal(text, into)
}

func main() {
	differ := diffmatchpatch.New()
	var texts [][]string
	read("texts.json", &texts)
	if os.Args[1] == "make" {
		var made []string
		for _, pair := range texts {
			made = append(made, differ.PatchToText(differ.PatchMake(pair[0], pair[1])))
		}
		text, _ := json.Marshal(made)
		os.WriteFile("go.json", text, 0o600)
		return
	}
	var patches []string
	read("npm.json", &patches)
	for i, patch := range patches {
		read, err := differ.PatchFromText(patch)
		text, done := differ.PatchApply(read, texts[i][0])
		if text == texts[i][1] {
			text = "right"
		}
		fmt.Println("npm Go", text, done, err)
	}
}
E
export GOFLAGS=-mod=mod GOTOOLCHAIN=local
go mod init finding 2>go.log
go get github.com/sergi/go-diff@v1.4.0 2>>go.log
node run.cjs make && go run . make
{ node run.cjs apply && py/bin/python run.py && go run . apply; } | tee seen
grep '^#> ' "$self" | cut -c4- | diff - seen
