#!/usr/bin/env bash
# Go Rhymond/go-money 1.0.15: Allocate() where some have a share of zero.
# What does not divide evenly is handed out one by one, to the first in the list, whether they have a share or not. Who
# pays nothing by his share of zero is charged a won, or is paid one at a refund. Only who comes first matters, so it
# shows up for some orders of the same list and not for others. Allocate among those alone who have a share.
# Seen: won, shares, what each gets.
#> 101 [0 1 1] [1 50 50]
#> 101 [1 1 0] [51 50 0]
#> 10000 [0 0 1 1 1] [1 0 3333 3333 3333]
#> -101 [0 1 1] [-1 -50 -50]
set -euo pipefail
dir=$(mktemp -d) && trap 'chmod -R u+w "$dir"; rm -rf "$dir"' EXIT && self=$(realpath "$0") && cd "$dir"

cat >main.go <<'E'
package main

import (
	"fmt"

	"github.com/Rhymond/go-money"
)

func main() {
	show := func(won int64, shares ...int) {
		parts, err := money.New(won, "KRW").Allocate(shares...)
		if err != nil {
			panic(err)
		}
		var amounts []int64
		for _, part := range parts {
			amounts = append(amounts, part.Amount())
		}
		fmt.Println(won, shares, amounts)
	}
	show(101, 0, 1, 1)
	show(101, 1, 1, 0)
	show(10000, 0, 0, 1, 1, 1)
	show(-101, 0, 1, 1)
}
E
export GOFLAGS=-mod=mod GOTOOLCHAIN=local
go mod init finding 2>go.log
go get github.com/Rhymond/go-money@v1.0.15 2>>go.log
go run . | tee seen
grep '^#> ' "$self" | cut -c4- | diff - seen
