#!/usr/bin/env bash
# "At nine on Mondays", 0 9 * * 1: PyPI APScheduler 3.11.3, Rust cron 0.17.0, saffron 0.1.0 and croner 4.0.3, npm croner
# 11.0.1. A crontab counts from Sunday, 0. So do both croners. APScheduler's from_crontab() counts from Monday, 0: the
# job runs on Tuesdays, and 1-5 is Tuesday to Saturday. Rust's cron and saffron count from Sunday, 1: it runs on Sundays,
# and 7 is Saturday, not Sunday. Of all this only APScheduler's 7 is refused, and a test that only waits for a next run
# passes. Write MON: all take it.
# Seen: library, first run after Thursday, 26 November 2026, for 1, for 7 and for MON.
#> croner (npm) Mon Sun Mon
#> APScheduler Tue refused Mon
#> cron (Rust) Sun Sat Mon
#> saffron (Rust) Sun Sat Mon
#> croner (Rust) Mon Sun Mon
set -euo pipefail
dir=$(mktemp -d) && trap 'rm -rf "$dir"' EXIT && self=$(realpath "$0") && cd "$dir"
npm install --silent --no-audit --no-fund --prefix . croner@11.0.1
python3 -m venv py && py/bin/pip -q --disable-pip-version-check install apscheduler==3.11.3

cat >run.mjs <<'E'
import { Cron } from 'croner';

const dayOf = (line) => new Cron(line, { timezone: 'UTC' }).nextRun(new Date('2026-11-26T12:00:00Z')).toUTCString().slice(0, 3);
console.log('croner (npm)', ...['1', '7', 'MON'].map((day) => dayOf(`0 9 * * ${day}`)));
E
cat >run.py <<'E'
from datetime import datetime, timezone
from apscheduler.triggers.cron import CronTrigger
def day_of(line):
    try:
        trigger = CronTrigger.from_crontab(line, timezone=timezone.utc)
    except ValueError:
        return 'refused'
    return trigger.get_next_fire_time(None, datetime(2026, 11, 26, 12, tzinfo=timezone.utc)).strftime('%a')
print('APScheduler', *(day_of(f'0 9 * * {day}') for day in ('1', '7', 'MON')))
E
cat >Cargo.toml <<'E'
[package]
name = "finding"
version = "0.0.0"
edition = "2021"
[dependencies]
chrono = { version = "=0.4.45", default-features = false, features = ["clock"] }
cron = "=0.17.0"
croner = "=4.0.3"
saffron = "=0.1.0"
E
mkdir src
cat >src/main.rs <<'E'
use chrono::{DateTime, TimeZone, Utc};

fn show(name: &str, day_of: impl Fn(&str) -> DateTime<Utc>) {
    let days = ["1", "7", "MON"].map(|day| day_of(day).format("%a").to_string());
    println!("{name} (Rust) {}", days.join(" "));
}

fn main() {
    let from = Utc.with_ymd_and_hms(2026, 11, 26, 12, 0, 0).unwrap();
    show("cron", |day| {
        let line: cron::Schedule = format!("0 0 9 * * {day}").parse().unwrap();
        line.after(&from).next().unwrap()
    });
    show("saffron", |day| format!("0 9 * * {day}").parse::<saffron::Cron>().unwrap().next_after(from).unwrap());
    show("croner", |day| {
        let line: croner::Cron = format!("0 9 * * {day}").parse().unwrap();
        line.find_next_occurrence(&from, false).unwrap()
    });
}
E
{ node run.mjs && py/bin/python run.py && cargo run -q; } | tee seen
grep '^#> ' "$self" | cut -c4- | diff - seen
