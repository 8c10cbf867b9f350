#!/usr/bin/env bash
# ISO 8601 durations in seconds: npm iso8601-duration 2.1.4, PyPI isodate 0.7.2 and aniso8601 10.0.1, Go sosodev/duration 1.4.0.
# -PT15M is how a calendar says "15 minutes before" (RFC 5545, TRIGGER). iso8601-duration takes it and drops the sign: the
# alarm comes 15 minutes after. aniso8601 refuses it. P1M, a month, is 30 days for aniso8601, a twelfth of 365 days for
# sosodev (10 hours more, so a subscription moves on by the hour), a month of the calendar for the two others.
# Seen: duration, library, seconds; months are counted from 1 February 2026.
#> -PT15M iso8601-duration 900
#> P1M iso8601-duration 2419200
#> -PT15M isodate -900
#> P1M isodate 2419200
#> -PT15M aniso8601 refused
#> P1M aniso8601 2592000
#> -PT15M sosodev -900
#> P1M sosodev 2628000
set -euo pipefail
dir=$(mktemp -d) && trap 'chmod -R u+w "$dir"; rm -rf "$dir"' EXIT && self=$(realpath "$0") && cd "$dir"
npm install --silent --no-audit --no-fund --prefix . iso8601-duration@2.1.4
python3 -m venv py && py/bin/pip -q --disable-pip-version-check install isodate==0.7.2 aniso8601==10.0.1

cat >run.mjs <<'E'
import { parse, toSeconds } from 'iso8601-duration';

for (const text of ['-PT15M', 'P1M'])
  console.log(text, 'iso8601-duration', toSeconds(parse(text), new Date('2026-02-01T00:00:00Z')));
E
cat >run.py <<'E'
from datetime import datetime

import aniso8601
import isodate

start = datetime(2026, 2, 1)
for name, parse in (('isodate', isodate.parse_duration), ('aniso8601', aniso8601.parse_duration)):
    for text in ('-PT15M', 'P1M'):
        try:
            print(text, name, int((start + parse(text) - start).total_seconds()))
        except aniso8601.exceptions.ISOFormatError:
            print(text, name, 'refused')
E
cat >main.go <<'E'
package main

import (
	"fmt"

	"github.com/sosodev/duration"
)

func main() {
	for _, text := range []string{"-PT15M", "P1M"} {
		parsed, err := duration.Parse(text)
		if err != nil {
			panic(err)
		}
		fmt.Println(text, "sosodev", int(parsed.ToTimeDuration().Seconds()))
	}
}
E
export GOFLAGS=-mod=mod GOTOOLCHAIN=local
go mod init finding 2>go.log
go get github.com/sosodev/duration@v1.4.0 2>>go.log
{ node run.mjs && py/bin/python run.py && go run .; } | tee seen
grep '^#> ' "$self" | cut -c4- | diff - seen
