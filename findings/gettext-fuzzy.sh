#!/usr/bin/env bash
# Translations that gettext marks as fuzzy: npm gettext-parser 10.0.0, node-gettext 3.0.1, @lingui/format-po 6.8.0, po2json
# 0.4.5, Go leonelquinteros/gotext 1.7.2; PyPI polib 1.2.0, babel 2.19.0.
# msgmerge fills in what is new with the translation of the text that looks most like it, and marks it as fuzzy until somebody
# has read it; GNU gettext, Python's tools and po2json leave it out. The others use it: "Refund is not possible" is shown
# as "환불할 수 있습니다", refund is possible, and a .mo that gettext-parser writes takes it along to Python. Nobody
# has translated it so. Remove entries with the flag before compiling (msgattrib --no-fuzzy).
# Seen: reader, what is shown for "Refund is not possible".
#> node-gettext | 환불할 수 있습니다
#> @lingui/format-po | 환불할 수 있습니다
#> po2json | Refund is not possible
#> .mo by gettext-parser | 환불할 수 있습니다
#> .mo by polib | Refund is not possible
#> .mo by babel | Refund is not possible
#> gotext | 환불할 수 있습니다
set -euo pipefail
dir=$(mktemp -d) && trap 'chmod -R u+w "$dir"; rm -rf "$dir"' EXIT && self=$(realpath "$0") && cd "$dir"
npm install --silent --no-audit --no-fund --prefix . gettext-parser@10.0.0 node-gettext@3.0.1 po2json@0.4.5 @lingui/format-po@6.8.0
python3 -m venv py && py/bin/pip -q --disable-pip-version-check install polib==1.2.0 babel==2.19.0

cat >ko.po <<'E'
msgid ""
msgstr ""
"Content-Type: text/plain; charset=UTF-8\n"
"Language: ko\n"
"Plural-Forms: nplurals=1; plural=0;\n"

msgid "Refund is possible"
msgstr "환불할 수 있습니다"

#, fuzzy
msgid "Refund is not possible"
msgstr "환불할 수 있습니다"
E
cat >run.cjs <<'E'
const { readFileSync, writeFileSync } = require('node:fs');

(async () => {
  const text = readFileSync('ko.po');
  const asked = 'Refund is not possible';
  const { po, mo } = (await import('gettext-parser')).default ?? (await import('gettext-parser'));
  const Gettext = require('node-gettext');
  const reader = new Gettext();
  reader.addTranslations('ko', 'messages', po.parse(text));
  reader.setLocale('ko');
  console.log('node-gettext |', reader.gettext(asked));
  writeFileSync('gettext-parser.mo', mo.compile(po.parse(text)));
  const { formatter } = await import('@lingui/format-po');
  const messages = Object.values(await formatter().parse(String(text), { locale: 'ko', sourceLocale: 'en', filename: 'ko.po' }));
  console.log('@lingui/format-po |', messages.find(({ message }) => message === asked)?.translation ?? asked);
  console.log('po2json |', require('po2json').parse(text)[asked]?.[1] ?? asked);
})();
E
cat >run.py <<'E'
import gettext, polib
from babel.messages import mofile, pofile
polib.pofile('ko.po').save_as_mofile('polib.mo')
with open('ko.po', 'rb') as read, open('babel.mo', 'wb') as write:
    mofile.write_mo(write, pofile.read_po(read))
for name in ('gettext-parser', 'polib', 'babel'):
    with open(f'{name}.mo', 'rb') as file:
        print(f'.mo by {name} |', gettext.GNUTranslations(file).gettext('Refund is not possible'))
E
cat >main.go <<'E'
package main

import (
	"fmt"

	"github.com/leonelquinteros/gotext"
)

func main() {
	po := gotext.NewPo()
	po.ParseFile("ko.po")
	fmt.Println("gotext |", po.Get("Refund is not possible"))
}
E
export GOFLAGS=-mod=mod GOTOOLCHAIN=local
go mod init finding 2>go.log
go get github.com/leonelquinteros/gotext@v1.7.2 2>>go.log
{ node --no-deprecation run.cjs && py/bin/python run.py && go run .; } | tee seen
grep '^#> ' "$self" | cut -c4- | diff - seen
