#!/usr/bin/env bash
# Go Rhymond/go-money 1.0.15: Round().
# A half goes towards zero, each time: 2.50 becomes 2 and 3.50 becomes 3. That is neither what a till does (up) nor what
# IEEE 754 and Python's decimal do (to the even one, 2 and 4), and no other way can be asked for. Beside a service that
# rounds in another language, the sums of a shop differ by one for each half. Round before you make a Money of it.
# Seen: dollars, and what Round() makes of them.
#> 1.49 1.00
#> 1.50 1.00
#> 1.51 2.00
#> 2.50 2.00
#> 3.50 3.00
#> -1.50 -1.00
set -euo pipefail
dir=$(mktemp -d) && trap 'chmod -R u+w "$dir"; rm -rf "$dir"' EXIT && self=$(realpath "$0") && cd "$dir"

cat >main.go <<'E'
package main

import (
	"fmt"

	"github.com/Rhymond/go-money"
)

func main() {
	for _, cents := range []int64{149, 150, 151, 250, 350, -150} {
		dollars := money.New(cents, "USD")
		fmt.Printf("%.2f %.2f\n", dollars.AsMajorUnits(), dollars.Round().AsMajorUnits())
	}
}
E
export GOFLAGS=-mod=mod GOTOOLCHAIN=local
go mod init finding 2>go.log
go get github.com/Rhymond/go-money@v1.0.15 2>>go.log
go run . | tee seen
grep '^#> ' "$self" | cut -c4- | diff - seen
