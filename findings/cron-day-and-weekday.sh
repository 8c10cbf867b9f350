#!/usr/bin/env bash
# "0 0 */2 * 1", a step of days and a weekday, in npm cron-parser 5.10.6, npm croner 11.0.1, Go robfig/cron 3.0.1 and
# Go adhocore/gronx 1.20.4.
# Day and weekday both given mean "either"; that is widely known. What counts as given is not: for three of them */2
# does, so it runs on every odd day and on Mondays. gronx takes what begins with a star as not given, as cron of Unix
# does, and runs on Mondays that are odd days: two or three times a month. Written 1-31/2, it is "either" in all four.
# Seen: the next four days after 7 March 2026.
#> cron-parser [0 0 */2 * 1] 03-09 03-11 03-13 03-15
#> croner [0 0 */2 * 1] 03-09 03-11 03-13 03-15
#> cron-parser [0 0 1-31/2 * 1] 03-09 03-11 03-13 03-15
#> croner [0 0 1-31/2 * 1] 03-09 03-11 03-13 03-15
#> robfig/cron [0 0 */2 * 1] 03-09 03-11 03-13 03-15
#> gronx [0 0 */2 * 1] 03-09 03-23 04-13 04-27
#> robfig/cron [0 0 1-31/2 * 1] 03-09 03-11 03-13 03-15
#> gronx [0 0 1-31/2 * 1] 03-09 03-11 03-13 03-15
set -euo pipefail
dir=$(mktemp -d) && trap 'chmod -R u+w "$dir"; rm -rf "$dir"' EXIT && self=$(realpath "$0") && cd "$dir"
npm install --silent --no-audit --no-fund --prefix . cron-parser@5.10.6 croner@11.0.1

cat >run.mjs <<'E'
import { CronExpressionParser } from 'cron-parser';
import { Cron } from 'croner';

const show = (name, line, times) => console.log(name, `[${line}]`, times.map((at) => at.toISOString().slice(5, 10)).join(' '));
for (const line of ['0 0 */2 * 1', '0 0 1-31/2 * 1']) {
  const parser = CronExpressionParser.parse(line, { currentDate: '2026-03-07T20:00:00Z', tz: 'UTC' });
  show('cron-parser', line, parser.take(4));
  show('croner', line, new Cron(line, { timezone: 'UTC' }).nextRuns(4, new Date('2026-03-07T20:00:00Z')));
}
E
cat >main.go <<'E'
package main

import (
	"fmt"
	"time"

	"github.com/adhocore/gronx"
	"github.com/robfig/cron/v3"
)

func main() {
	for _, line := range []string{"0 0 */2 * 1", "0 0 1-31/2 * 1"} {
		from := time.Date(2026, 3, 7, 20, 0, 0, 0, time.UTC)
		schedule, _ := cron.ParseStandard(line)
		ofRobfig, ofGronx := fmt.Sprintf("robfig/cron [%s]", line), fmt.Sprintf("gronx [%s]", line)
		for a, b, i := from, from, 0; i < 4; i++ {
			a = schedule.Next(a)
			b, _ = gronx.NextTickAfter(line, b, false)
			ofRobfig, ofGronx = ofRobfig+a.Format(" 01-02"), ofGronx+b.Format(" 01-02")
		}
		fmt.Println(ofRobfig + "\n" + ofGronx)
	}
}
E
export GOFLAGS=-mod=mod GOTOOLCHAIN=local
go mod init finding 2>go.log
go get github.com/robfig/cron/v3@v3.0.1 github.com/adhocore/gronx@v1.20.4 2>>go.log
{ node run.mjs && go run .; } | tee seen
grep '^#> ' "$self" | cut -c4- | diff - seen
