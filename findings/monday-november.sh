#!/usr/bin/env bash
# Go goodsign/monday 1.0.2, dates in Korean: Format() and Parse() with the same layout.
# To read, it replaces the names of the months by the English ones in the order of a Go map, which is another at each call.
# 11월 (November) holds 1월 (January), and 12월 holds 2월: where the shorter comes first, "1January" is left, and the date is
# an error. It is so in November and December only, now and then, with the very text that Format() wrote; a retry helps.
# Read the digits with time.Parse: "2006년 1월 2일" as a layout needs no names.
# Seen: month, text, of 300 attempts to read it: all, some or none.
#> January 2026년 1월 20일 all
#> February 2026년 2월 20일 all
#> October 2026년 10월 20일 all
#> November 2026년 11월 20일 some
#> December 2026년 12월 20일 some
set -euo pipefail
dir=$(mktemp -d) && trap 'chmod -R u+w "$dir"; rm -rf "$dir"' EXIT && self=$(realpath "$0") && cd "$dir"

cat >main.go <<'E'
package main

import (
	"fmt"
	"time"

	"github.com/goodsign/monday"
)

func main() {
	const layout, attempts = "2006년 January 2일", 300
	for _, month := range []time.Month{time.January, time.February, time.October, time.November, time.December} {
		day := time.Date(2026, month, 20, 0, 0, 0, 0, time.UTC)
		text := monday.Format(day, layout, monday.LocaleKoKR)
		read := 0
		for range attempts {
			if back, err := monday.Parse(layout, text, monday.LocaleKoKR); err == nil && back.Equal(day) {
				read++
			}
		}
		fmt.Println(month, text, map[int]string{0: "none", attempts: "all"}[read]+map[bool]string{true: "some"}[0 < read && read < attempts])
	}
}
E
export GOFLAGS=-mod=mod GOTOOLCHAIN=local
go mod init finding 2>go.log
go get github.com/goodsign/monday@v1.0.2 2>>go.log
go run . | tee seen
grep '^#> ' "$self" | cut -c4- | diff - seen
