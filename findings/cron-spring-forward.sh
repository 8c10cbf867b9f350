#!/usr/bin/env bash
# "30 2 * * *" in New York on 8 March 2026, where 02:30 does not exist: npm cron-parser 5.10.6, npm croner 11.0.1,
# Go robfig/cron 3.0.1.
# Three answers: cron-parser runs at 03:30, croner at 03:00, robfig/cron not at all on that day. With a list of minutes,
# "0,30 2 * * *", croner does not run either, and cron-parser runs twice. A daily job that must not be left out belongs
# in UTC, or outside the night. Seen: the next three runs after 7 March 20:00 UTC, in UTC (03:00 is 07:00 UTC).
#> cron-parser [30 2 * * *] 03-08T07:30 03-09T06:30 03-10T06:30
#> croner [30 2 * * *] 03-08T07:00 03-09T06:30 03-10T06:30
#> cron-parser [0,30 2 * * *] 03-08T07:00 03-08T07:30 03-09T06:00
#> croner [0,30 2 * * *] 03-09T06:00 03-09T06:30 03-10T06:00
#> robfig/cron [30 2 * * *] 03-09T06:30 03-10T06:30 03-11T06:30
#> robfig/cron [0,30 2 * * *] 03-09T06:00 03-09T06:30 03-10T06:00
set -euo pipefail
dir=$(mktemp -d) && trap 'chmod -R u+w "$dir"; rm -rf "$dir"' EXIT && self=$(realpath "$0") && cd "$dir"
npm install --silent --no-audit --no-fund --prefix . cron-parser@5.10.6 croner@11.0.1

cat >run.mjs <<'E'
import { CronExpressionParser } from 'cron-parser';
import { Cron } from 'croner';

const zone = 'America/New_York';
const from = new Date('2026-03-07T20:00:00Z');
const show = (name, line, times) => console.log(name, `[${line}]`, times.map((at) => at.toISOString().slice(5, 16)).join(' '));
for (const line of ['30 2 * * *', '0,30 2 * * *']) {
  show('cron-parser', line, CronExpressionParser.parse(line, { currentDate: from, tz: zone }).take(3));
  show('croner', line, new Cron(line, { timezone: zone }).nextRuns(3, from));
}
E
cat >main.go <<'E'
package main

import (
	"fmt"
	"time"

	"github.com/robfig/cron/v3"
)

func main() {
	for _, line := range []string{"30 2 * * *", "0,30 2 * * *"} {
		schedule, _ := cron.ParseStandard("CRON_TZ=America/New_York " + line)
		shown := fmt.Sprintf("robfig/cron [%s]", line)
		for at, i := time.Date(2026, 3, 7, 20, 0, 0, 0, time.UTC), 0; i < 3; i++ {
			at = schedule.Next(at)
			shown += at.UTC().Format(" 01-02T15:04")
		}
		fmt.Println(shown)
	}
}
E
export GOFLAGS=-mod=mod GOTOOLCHAIN=local
go mod init finding 2>go.log
go get github.com/robfig/cron/v3@v3.0.1 2>>go.log
{ node run.mjs && go run .; } | tee seen
grep '^#> ' "$self" | cut -c4- | diff - seen
