#!/usr/bin/env bash
# Bold text with a Korean particle behind it, in Markdown: npm commonmark 0.31.2, micromark 4.0.3, markdown-it 15.0.3 (with
# and without markdown-it-cjk-friendly 3.0.0), PyPI mistune 3.4.0 and Markdown 3.11.3, Go goldmark 1.8.7.
# By CommonMark two stars end a bold text only if no letter follows a sign: "**30%**를" has a sign inside and a letter outside,
# so the stars stay, as in **무료배송!**입니다 and **공동구매(1차)**는. English has a blank there, Korean never. One guesses bold,
# as **12,000원**에 is. Only Python's Markdown, which does not follow CommonMark, makes it so; goldmark's extension CJK does
# not. Underscores do so nowhere. Take a plugin made for it, or write <strong>.
# Seen: library, for each of the texts below whether it is bold, or its marks stay.
#> commonmark bold ** ** ** __
#> micromark bold ** ** ** __
#> markdown-it bold ** ** ** __
#> markdown-it, cjk-friendly bold bold bold bold __
#> mistune bold ** ** ** __
#> Python-Markdown bold bold bold bold __
#> goldmark bold ** ** ** __
#> goldmark, CJK bold ** ** ** __
set -euo pipefail
dir=$(mktemp -d) && trap 'chmod -R u+w "$dir"; rm -rf "$dir"' EXIT && self=$(realpath "$0") && cd "$dir"
npm install --silent --no-audit --no-fund --prefix . commonmark@0.31.2 micromark@4.0.3 markdown-it@15.0.3 markdown-it-cjk-friendly@3.0.0
python3 -m venv py && py/bin/pip -q --disable-pip-version-check install markdown==3.11.3 mistune==3.4.0

cat >texts <<'E'
**12,000원**에 팝니다
**30%**를 깎아 드려요
**무료배송!**입니다
**공동구매(1차)**는 끝났어요
__오늘__만 팝니다
E
cat >run.mjs <<'E'
import { readFileSync } from 'node:fs';
import { HtmlRenderer, Parser } from 'commonmark';
import MarkdownIt from 'markdown-it';
import friendly from 'markdown-it-cjk-friendly';
import { micromark } from 'micromark';

const texts = readFileSync('texts', 'utf8').trim().split('\n');
const show = (name, render) => console.log(name, ...texts.map((text) => (/<strong>/.test(render(text)) ? 'bold' : text[0].repeat(2))));
show('commonmark', (text) => new HtmlRenderer().render(new Parser().parse(text)));
show('micromark', (text) => micromark(text));
show('markdown-it', (text) => new MarkdownIt().render(text));
show('markdown-it, cjk-friendly', (text) => new MarkdownIt().use(friendly).render(text));
E
cat >run.py <<'E'
import markdown, mistune
texts = open('texts').read().strip().split('\n')
for name, render in (('mistune', mistune.html), ('Python-Markdown', markdown.markdown)):
    print(name, *('bold' if '<strong>' in render(text) else text[:2] for text in texts))
E
cat >main.go <<'E'
package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
)

func main() {
	texts, err := os.ReadFile("texts")
	if err != nil {
		panic(err)
	}
	show := func(name string, reader goldmark.Markdown) {
		fmt.Print(name)
		for _, text := range strings.Split(strings.TrimSpace(string(texts)), "\n") {
			var page strings.Builder
			if err := reader.Convert([]byte(text), &page); err != nil {
				panic(err)
			}
			if strings.Contains(page.String(), "<strong>") {
				fmt.Print(" bold")
			} else {
				fmt.Print(" ", text[:2])
			}
		}
		fmt.Println()
	}
	show("goldmark", goldmark.New())
	show("goldmark, CJK", goldmark.New(goldmark.WithExtensions(extension.CJK)))
}
E
export GOFLAGS=-mod=mod GOTOOLCHAIN=local
go mod init finding 2>go.log
go get github.com/yuin/goldmark@v1.8.7 2>>go.log
{ node run.mjs && py/bin/python run.py && go run .; } | tee seen
grep '^#> ' "$self" | cut -c4- | diff - seen
