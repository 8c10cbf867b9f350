#!/usr/bin/env bash
# URI templates (RFC 6570) with Hangul: Go yosida95/uritemplate 3.0.2 beside npm url-template 3.1.1, PyPI uritemplate 4.2.0 and
# Java handy-uri-templates 2.1.8.
# The standard says UTF-8, and that {shop:2} is the first two characters; three of four do that. Go's writes the number of a
# character as it is, in one byte for é (%E9) and in two for Hangul, which no reader of UTF-8 understands, and with a length it cuts
# by bytes: what remains is an error, or, if the cut falls between two syllables, the first of them. With Latin letters it is
# right. Percent-encode the text first, and expand it by {+shop}.
# Seen: library, then café and 공구 by {shop}, and 공구상회 by {shop:2} and {shop:3}.
#> url-template caf%C3%A9 %EA%B3%B5%EA%B5%AC %EA%B3%B5%EA%B5%AC %EA%B3%B5%EA%B5%AC%EC%83%81
#> uritemplate caf%C3%A9 %EA%B3%B5%EA%B5%AC %EA%B3%B5%EA%B5%AC %EA%B3%B5%EA%B5%AC%EC%83%81
#> handy caf%C3%A9 %EA%B3%B5%EA%B5%AC %EA%B3%B5%EA%B5%AC %EA%B3%B5%EA%B5%AC%EC%83%81
#> yosida95 caf%E9 %AC%F5%AD%6C error %AC%F5
set -euo pipefail
dir=$(mktemp -d) && trap 'chmod -R u+w "$dir"; rm -rf "$dir"' EXIT && self=$(realpath "$0") && cd "$dir"
npm install --silent --no-audit --no-fund --prefix . url-template@3.1.1
python3 -m venv py && py/bin/pip -q --disable-pip-version-check install uritemplate==4.2.0

cat >run.mjs <<'E'
import { parseTemplate } from 'url-template';

const expand = (text, shop) => parseTemplate(text).expand({ shop });
console.log('url-template', expand('{shop}', 'café'), expand('{shop}', '공구'), expand('{shop:2}', '공구상회'), expand('{shop:3}', '공구상회'));
E
cat >run.py <<'E'
from uritemplate import expand
pairs = (('{shop}', 'café'), ('{shop}', '공구'), ('{shop:2}', '공구상회'), ('{shop:3}', '공구상회'))
print('uritemplate', *(expand(text, shop=shop) for text, shop in pairs))
E
cat >Main.java <<'E'
import com.damnhandy.uri.template.UriTemplate;

class Main {
  static String expand(String text, String shop) {
    return " " + UriTemplate.fromTemplate(text).set("shop", shop).expand();
  }

  public static void main(String[] args) {
    System.out.println("handy" + expand("{shop}", "café") + expand("{shop}", "공구") + expand("{shop:2}", "공구상회") + expand("{shop:3}", "공구상회"));
  }
}
E
cat >main.go <<'E'
package main

import (
	"fmt"

	"github.com/yosida95/uritemplate/v3"
)

func expand(text, shop string) string {
	made, err := uritemplate.MustNew(text).Expand(uritemplate.Values{"shop": uritemplate.String(shop)})
	if err != nil {
		return "error"
	}
	return made
}

func main() {
	fmt.Println("yosida95", expand("{shop}", "café"), expand("{shop}", "공구"), expand("{shop:2}", "공구상회"), expand("{shop:3}", "공구상회"))
}
E
export GOFLAGS=-mod=mod GOTOOLCHAIN=local
go mod init finding 2>go.log
go get github.com/yosida95/uritemplate/v3@v3.0.2 2>>go.log
for artifact in com.damnhandy:handy-uri-templates:2.1.8 joda-time:joda-time:2.10.2; do
  mvn -q -B dependency:copy -Dartifact=$artifact -DoutputDirectory=. >>mvn.log
done
{ node run.mjs && py/bin/python run.py && java -cp '*' Main.java && go run .; } | tee seen
grep '^#> ' "$self" | cut -c4- | diff - seen
