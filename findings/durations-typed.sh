#!/usr/bin/env bash
# Durations as people type them: npm parse-duration 2.1.9 and timestring 7.0.0, PyPI pytimeparse2 1.7.1, Rust humantime
# 2.4.0 and duration-str 0.21.0.
# 1h30 is an hour and a half for one, an hour and 30 seconds for another, and an hour for timestring, which drops the
# rest. 1:30 is 90 seconds or one. 1M is a month or a minute. Only what is refused is noticed. Keep durations as numbers
# with the unit in the name.
# Seen: library, seconds for 1h30, 1:30, 1M and 90.
#> parse-duration 5400 1.03 60 90
#> timestring 3600 refused 60 0.09
#> pytimeparse2 refused 90 60 90
#> humantime refused refused 2630016 refused
#> duration-str 3630 refused 60 90
set -euo pipefail
dir=$(mktemp -d) && trap 'rm -rf "$dir"' EXIT && self=$(realpath "$0") && cd "$dir"
npm install --silent --no-audit --no-fund --prefix . parse-duration@2.1.9 timestring@7.0.0
python3 -m venv py && py/bin/pip -q --disable-pip-version-check install pytimeparse2==1.7.1

cat >run.mjs <<'E'
import parseDuration from 'parse-duration';
import timestring from 'timestring';

function show(name, secondsOf) {
  const shown = ['1h30', '1:30', '1M', '90'].map((text) => {
    try {
      return secondsOf(text) ?? 'refused';
    } catch {
      return 'refused';
    }
  });
  console.log(name, ...shown);
}
show('parse-duration', (text) => parseDuration(text, 's'));
show('timestring', (text) => timestring(text, 's'));
E
cat >run.py <<'E'
import pytimeparse2
print('pytimeparse2', *(pytimeparse2.parse(text) or 'refused' for text in ('1h30', '1:30', '1M', '90')))
E
cat >Cargo.toml <<'E'
[package]
name = "finding"
version = "0.0.0"
edition = "2021"
[dependencies]
duration-str = { version = "=0.21.0", default-features = false }
humantime = "=2.4.0"
E
mkdir src
cat >src/main.rs <<'E'
use std::time::Duration;

fn show<E>(name: &str, read: impl Fn(&str) -> Result<Duration, E>) {
    let shown = ["1h30", "1:30", "1M", "90"].map(|text| read(text).map_or("refused".to_string(), |read| read.as_secs().to_string()));
    println!("{name} {}", shown.join(" "));
}

fn main() {
    show("humantime", humantime::parse_duration);
    show("duration-str", |text| duration_str::parse(text));
}
E
{ node run.mjs && py/bin/python run.py && cargo run -q; } | tee seen
grep '^#> ' "$self" | cut -c4- | diff - seen
