#!/usr/bin/env bash
# The won sign in Korea's own encoding, as for a CSV that Excel shall open: npm iconv-lite 0.7.3, Java 17's MS949, Python's
# cp949, Go x/text 0.44.0, Rust encoding_rs 0.8.35.
# ₩ (U+20A9), which Intl, CLDR and so most libraries put before a price, is not in EUC-KR or CP949; only ￦ (U+FFE6), of full width,
# is. iconv-lite and Java write "?12,000" without a word, encoding_rs "&#8361;12,000", as in a form of HTML, and the two
# others refuse the whole text. One guesses that this sign above all is there. Write 원 behind the number.
# Seen: library, what becomes of ₩12,000.
#> iconv-lite ?12,000 of U+20a9
#> iconv-lite ￦12,000
#> Java ?12,000
#> Python UnicodeEncodeError
#> x/text "", error: true
#> encoding_rs &#8361;12,000 lossy: true
set -euo pipefail
dir=$(mktemp -d) && trap 'chmod -R u+w "$dir"; rm -rf "$dir"' EXIT && self=$(realpath "$0") && cd "$dir"
npm install --silent --no-audit --no-fund --prefix . iconv-lite@0.7.3

cat >run.mjs <<'E'
import iconv from 'iconv-lite';

const price = new Intl.NumberFormat('ko-KR', { style: 'currency', currency: 'KRW' }).format(12000);
console.log(`iconv-lite ${iconv.encode(price, 'cp949').toString('latin1')} of U+${price.codePointAt(0).toString(16)}`);
console.log('iconv-lite', iconv.decode(iconv.encode('￦12,000', 'cp949'), 'cp949'));
E
cat >Main.java <<'E'
class Main {
  public static void main(String[] args) throws Exception {
    System.out.println("Java " + new String("₩12,000".getBytes("MS949"), "ISO-8859-1"));
  }
}
E
cat >run.py <<'E'
try:
    print('Python', '₩12,000'.encode('cp949'))
except UnicodeEncodeError as error:
    print('Python', type(error).__name__)
E
cat >main.go <<'E'
package main

import (
	"fmt"

	"golang.org/x/text/encoding/korean"
)

func main() {
	text, err := korean.EUCKR.NewEncoder().String("₩12,000")
	fmt.Printf("x/text %q, error: %v\n", text, err != nil)
}
E
cat >Cargo.toml <<'E'
[package]
name = "finding"
version = "0.0.0"
edition = "2021"
[dependencies]
encoding_rs = "=0.8.35"
E
mkdir src
cat >src/main.rs <<'E'
fn main() {
    let (bytes, _, lost) = encoding_rs::EUC_KR.encode("₩12,000");
    println!("encoding_rs {} lossy: {lost}", String::from_utf8_lossy(&bytes));
}
E
export GOFLAGS=-mod=mod GOTOOLCHAIN=local
go mod init finding 2>go.log
go get golang.org/x/text@v0.44.0 2>>go.log
{ node run.mjs && java Main.java && python3 run.py && go run . && cargo run -q; } | tee seen
grep '^#> ' "$self" | cut -c4- | diff - seen
