#!/usr/bin/env bash
# How many digits a currency has behind the point: npm currency-codes 2.2.0, PyPI iso4217, py-moneyed 3.0 and babel 2.19.0,
# Go Rhymond/go-money 1.0.15, bojanz/currency 1.5.1 and golang.org/x/text 0.44.0.
# Two tables go by that question, ISO 4217 (what banks and payment services count in) and CLDR (what people write), and
# no library says in the name which it has. For 50,000 rupiah (IDR), "amount in minor units" is 5000000 or 50000. babel
# and x/text do not agree either: x/text has a CLDR of 2017, and refuses Mauritania's currency of 2018 (MRU).
# Send the amount and the exponent, or a decimal text.
# Seen: library, then the digits of each currency.
#> currency-codes KRW=0 TWD=2 HUF=2 IDR=2 IQD=3 MRU=2
#> iso4217 KRW=0 TWD=2 HUF=2 IDR=2 IQD=3 MRU=2
#> moneyed KRW=0 TWD=2 HUF=2 IDR=2 IQD=3 MRU=2
#> babel KRW=0 TWD=2 HUF=0 IDR=0 IQD=0 MRU=2
#> go-money KRW=0 TWD=2 HUF=2 IDR=2 IQD=3 MRU=2
#> bojanz/currency KRW=0 TWD=2 HUF=2 IDR=2 IQD=3 MRU=2
#> x/text KRW=0 TWD=2 HUF=2 IDR=0 IQD=0 MRU=unknown
set -euo pipefail
dir=$(mktemp -d) && trap 'chmod -R u+w "$dir"; rm -rf "$dir"' EXIT && self=$(realpath "$0") && cd "$dir"
npm install --silent --no-audit --no-fund --prefix . currency-codes@2.2.0
python3 -m venv py && py/bin/pip -q --disable-pip-version-check install iso4217==1.16.20260101 py-moneyed==3.0 babel==2.19.0

cat >run.cjs <<'E'
const { code } = require('currency-codes');

console.log('currency-codes', process.argv.slice(2).map((currency) => `${currency}=${code(currency).digits}`).join(' '));
E
cat >run.py <<'E'
import sys

import iso4217
import moneyed
from babel.numbers import get_currency_precision

for name, digits in (
    ('iso4217', lambda currency: iso4217.Currency(currency).exponent),
    ('moneyed', lambda currency: len(str(moneyed.get_currency(currency).sub_unit)) - 1),
    ('babel', get_currency_precision),
):
    print(name, *(f'{currency}={digits(currency)}' for currency in sys.argv[1:]))
E
cat >main.go <<'E'
package main

import (
	"fmt"
	"os"

	"github.com/Rhymond/go-money"
	bojanz "github.com/bojanz/currency"
	"golang.org/x/text/currency"
)

func main() {
	ofMoney, ofBojanz, ofText := "go-money", "bojanz/currency", "x/text"
	for _, code := range os.Args[1:] {
		ofMoney += fmt.Sprintf(" %s=%d", code, money.GetCurrency(code).Fraction)
		digits, _ := bojanz.GetDigits(code)
		ofBojanz += fmt.Sprintf(" %s=%d", code, digits)
		if unit, err := currency.ParseISO(code); err == nil {
			scale, _ := currency.Standard.Rounding(unit)
			ofText += fmt.Sprintf(" %s=%d", code, scale)
		} else {
			ofText += fmt.Sprintf(" %s=unknown", code)
		}
	}
	fmt.Println(ofMoney + "\n" + ofBojanz + "\n" + ofText)
}
E
export GOFLAGS=-mod=mod GOTOOLCHAIN=local
go mod init finding 2>go.log
go get github.com/Rhymond/go-money@v1.0.15 github.com/bojanz/currency@v1.5.1 golang.org/x/text@v0.44.0 2>>go.log
codes='KRW TWD HUF IDR IQD MRU'
{ node run.cjs $codes && py/bin/python run.py $codes && go run . $codes; } | tee seen
grep '^#> ' "$self" | cut -c4- | diff - seen
