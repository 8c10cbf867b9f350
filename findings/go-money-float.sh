#!/usr/bin/env bash
# Go Rhymond/go-money 1.0.15, NewFromFloat.
# One guesses that 1.15 dollars are 115 cents. The product with 100 is cut off, not rounded, so a float that lies a hair
# below loses a cent: 573 of the 10,000 prices from 0.00 to 99.99 do. A price from JSON or a form goes in as an integer
# of minor units. A currency that does not exist is no error: "WON" gets two digits, and 1,200 of them are 12.00.
#> 1.14 113
#> 1.15 114
#> 4.35 434
#> 19.99 1998
#> wrong of 10000: 573
#> unknown code: 12.00WON known: ₩1,200
set -euo pipefail
dir=$(mktemp -d) && trap 'chmod -R u+w "$dir"; rm -rf "$dir"' EXIT && self=$(realpath "$0") && cd "$dir"

cat >main.go <<'E'
package main

import (
	"fmt"
	"strconv"

	"github.com/Rhymond/go-money"
)

func main() {
	for _, price := range []float64{1.14, 1.15, 4.35, 19.99} {
		fmt.Println(price, money.NewFromFloat(price, "USD").Amount())
	}
	wrong := 0
	for cents := int64(0); cents < 10_000; cents++ {
		price, _ := strconv.ParseFloat(fmt.Sprintf("%d.%02d", cents/100, cents%100), 64)
		if money.NewFromFloat(price, "USD").Amount() != cents {
			wrong++
		}
	}
	fmt.Println("wrong of 10000:", wrong)
	fmt.Println("unknown code:", money.New(1200, "WON").Display(), "known:", money.New(1200, "KRW").Display())
}
E
export GOFLAGS=-mod=mod GOTOOLCHAIN=local
go mod init finding 2>go.log
go get github.com/Rhymond/go-money@v1.0.15 2>>go.log
go run . | tee seen
grep '^#> ' "$self" | cut -c4- | diff - seen
