#!/usr/bin/env bash
# Nicknames in a chat room of XMPP, the resource of an address (JID): PyPI slixmpp 1.17.0, aioxmpp 0.13.3, npm @xmpp/jid 0.14.0,
# Go mellium.im/xmpp 0.22.0.
# One guesses that a nickname stays as it was typed, or that all take the same form of it. The two of Python go by the older rule
# (resourceprep, with NFKC): ㅋㅋ, letters as a keyboard gives them, become two others (U+110F) that fonts draw as halves of a
# syllable or not at all, ㄱㅏ becomes 가, ㈜공구 becomes (주)공구. Go composes decomposed text only, by the newer rule (RFC 7622), and
# npm changes nothing. Who looks for the own nickname among those present does not find it. Compare what the server sent back.
# Seen: nickname and its code points, then those that each library makes of it.
#> ㅋㅋ 314b 314b | slixmpp 110f 110f | aioxmpp 110f 110f | @xmpp/jid 314b 314b | mellium 314b 314b
#> ㄱㅏ 3131 314f | slixmpp ac00 | aioxmpp ac00 | @xmpp/jid 3131 314f | mellium 3131 314f
#> ㈜공구 321c acf5 ad6c | slixmpp 28 c8fc 29 acf5 ad6c | aioxmpp 28 c8fc 29 acf5 ad6c | @xmpp/jid 321c acf5 ad6c | mellium 321c acf5 ad6c
#> 1층① 31 ce35 2460 | slixmpp 31 ce35 31 | aioxmpp 31 ce35 31 | @xmpp/jid 31 ce35 2460 | mellium 31 ce35 2460
#> 가 1100 1161 | slixmpp ac00 | aioxmpp ac00 | @xmpp/jid 1100 1161 | mellium ac00
set -euo pipefail
dir=$(mktemp -d) && trap 'chmod -R u+w "$dir"; rm -rf "$dir"' EXIT && self=$(realpath "$0") && cd "$dir"
npm install --silent --no-audit --no-fund --prefix . @xmpp/jid@0.14.0
python3 -m venv py && py/bin/pip -q --disable-pip-version-check install slixmpp==1.17.0 aioxmpp==0.13.3 pytz==2026.1

cat >nicks.json <<'E'
["ㅋㅋ", "ㄱㅏ", "㈜공구", "1층①", "\u1100\u1161"]
E
cat >run.mjs <<'E'
import { readFileSync } from 'node:fs';
import { jid } from '@xmpp/jid';

for (const nick of JSON.parse(readFileSync('nicks.json', 'utf8'))) console.log(jid('room', 'example.com', nick).resource);
E
cat >main.go <<'E'
package main

import (
	"encoding/json"
	"fmt"
	"os"

	"mellium.im/xmpp/jid"
)

func main() {
	var nicks []string
	text, _ := os.ReadFile("nicks.json")
	json.Unmarshal(text, &nicks)
	for _, nick := range nicks {
		address, err := jid.New("room", "example.com", nick)
		if err != nil {
			fmt.Println("refused")
			continue
		}
		fmt.Println(address.Resourcepart())
	}
}
E
cat >run.py <<'E'
import json
import aioxmpp
from slixmpp import JID
others = [open(name).read().split('\n') for name in ('npm', 'go')]
for nick, npm, go in zip(json.load(open('nicks.json')), *others):
    made = (nick, JID(f'room@example.com/{nick}').resource, aioxmpp.JID.fromstr(f'room@example.com/{nick}').resource, npm, go)
    names = (nick, 'slixmpp', 'aioxmpp', '@xmpp/jid', 'mellium')
    print(' | '.join(' '.join([name, *(f'{ord(letter):x}' for letter in text)]) for name, text in zip(names, made)))
E
export GOFLAGS=-mod=mod GOTOOLCHAIN=local
go mod init finding 2>go.log
go get mellium.im/xmpp/jid@v0.22.0 2>>go.log
node run.mjs >npm && go run . >go
py/bin/python run.py | tee seen
grep '^#> ' "$self" | cut -c4- | diff - seen
