#!/usr/bin/env bash
# A time in milliseconds from Node: npm cbor-x 1.6.9 and msgpackr 2.1.4, read by Go fxamacker/cbor 2.10.0 and
# vmihailenco/msgpack 5.4.1, PyPI cbor2 6.3.0 and msgpack 1.2.4.
# CBOR and MessagePack have whole numbers up to 64 bits, so one guesses that 1796000000000 is one of them. Both libraries write
# whole numbers from 2 to the power of 32 on (and below minus 2 to the power of 31) as floats. Node reads its own without a
# difference; Python gets 1796000000000.0, which its JSON then shows; Go refuses it for an int64. Prices and counters are smaller,
# so a first test passes. Send a BigInt, a text, or seconds.
# Seen: number, first byte written (fb and cb: a float of 64 bits), what Python reads, what Go says.
#> cbor-x 4294967295 1a 4294967295
#> msgpackr 4294967295 ce 4294967295
#> cbor-x 4294967296 fb 4294967296.0
#> msgpackr 4294967296 cb 4294967296.0
#> cbor-x 1796000000000 fb 1796000000000.0
#> msgpackr 1796000000000 cb 1796000000000.0
#> cbor-x 1796000000000n 1b 1796000000000
#> msgpackr 1796000000000n d3 1796000000000
#> Go: cbor-x 4294967295 4294967295
#> Go: msgpackr 4294967295 4294967295
#> Go: cbor-x 4294967296 refused
#> Go: msgpackr 4294967296 refused
#> Go: cbor-x 1796000000000 refused
#> Go: msgpackr 1796000000000 refused
#> Go: cbor-x 1796000000000n 1796000000000
#> Go: msgpackr 1796000000000n 1796000000000
set -euo pipefail
dir=$(mktemp -d) && trap 'chmod -R u+w "$dir"; rm -rf "$dir"' EXIT && self=$(realpath "$0") && cd "$dir"
npm install --silent --no-audit --no-fund --prefix . cbor-x@1.6.9 msgpackr@2.1.4
python3 -m venv py && py/bin/pip -q --disable-pip-version-check install cbor2==6.3.0 msgpack==1.2.4

cat >write.mjs <<'E'
import { encode } from 'cbor-x';
import { pack } from 'msgpackr';

for (const number of [4_294_967_295, 4_294_967_296, 1_796_000_000_000, 1_796_000_000_000n]) {
  const shown = typeof number === 'bigint' ? `${number}n` : number;
  console.log('cbor-x', shown, encode(number).toString('hex'));
  console.log('msgpackr', shown, pack(number).toString('hex'));
}
E
cat >read.py <<'E'
import cbor2, json, msgpack, sys
for line in open('written'):
    name, number, hex = line.split()
    print(name, number, hex[:2], json.dumps((cbor2.loads if name == 'cbor-x' else msgpack.unpackb)(bytes.fromhex(hex))))
E
cat >main.go <<'E'
package main

import (
	"encoding/hex"
	"fmt"
	"os"

	"github.com/fxamacker/cbor/v2"
	"github.com/vmihailenco/msgpack/v5"
)

func main() {
	file, _ := os.Open("written")
	var name, number, text string
	for {
		if n, _ := fmt.Fscan(file, &name, &number, &text); n < 3 {
			return
		}
		read := msgpack.Unmarshal
		if name == "cbor-x" {
			read = cbor.Unmarshal
		}
		bytes, _ := hex.DecodeString(text)
		var at int64
		if err := read(bytes, &at); err != nil {
			fmt.Println("Go:", name, number, "refused")
		} else {
			fmt.Println("Go:", name, number, at)
		}
	}
}
E
export GOFLAGS=-mod=mod GOTOOLCHAIN=local
go mod init finding 2>go.log
go get github.com/fxamacker/cbor/v2@v2.10.0 github.com/vmihailenco/msgpack/v5@v5.4.1 2>>go.log
node write.mjs >written
{ py/bin/python read.py && go run .; } | tee seen
grep '^#> ' "$self" | cut -c4- | diff - seen
