#!/usr/bin/env bash
# Metrics as text, read by Rust prometheus-parse 0.2.5 beside PyPI prometheus_client 0.26.0 and npm parse-prometheus-text-format 1.1.1.
# A label's value may hold any character, with \" for a quotation mark, so one guesses that it is read up to the mark that ends it. Rust's
# looks for commas and equals signs first: 공구, 상회 becomes 공구, a value with = in it (an address with a query) loses its label, and
# two series become one; with a } the line is left out; a blank after a comma belongs to the next label's name; \" stays as it is.
# It refuses no line. Python reads all of it, npm all but the blank, which it refuses. Most labels are letters and digits, so a first
# test passes. Look for a series that you know.
# Seen: line, then the labels by Rust, Python and npm.
#> a{shop="x"} 3 | [{"shop":"x"}] | [{"shop":"x"}] | [{"shop":"x"}]
#> a{shop="공구, 상회"} 3 | [{"shop":"공구"}] | [{"shop":"공구, 상회"}] | [{"shop":"공구, 상회"}]
#> a{path="/a?b=1"} 3 | [{}] | [{"path":"/a?b=1"}] | [{"path":"/a?b=1"}]
#> a{shop="a}b"} 3 | [] | [{"shop":"a}b"}] | [{"shop":"a}b"}]
#> a{shop="a\"b"} 3 | [{"shop":"a\\\"b"}] | [{"shop":"a\"b"}] | [{"shop":"a\"b"}]
#> a{shop="x", kind="y"} 3 | [{" kind":"y","shop":"x"}] | [{"shop":"x","kind":"y"}] | refused
set -euo pipefail
dir=$(mktemp -d) && trap 'rm -rf "$dir"' EXIT && self=$(realpath "$0") && cd "$dir"
npm install --silent --no-audit --no-fund --prefix . parse-prometheus-text-format@1.1.1
python3 -m venv py && py/bin/pip -q --disable-pip-version-check install prometheus_client==0.26.0

cat >lines <<'E'
a{shop="x"} 3
a{shop="공구, 상회"} 3
a{path="/a?b=1"} 3
a{shop="a}b"} 3
a{shop="a\"b"} 3
a{shop="x", kind="y"} 3
E
cat >Cargo.toml <<'E'
[package]
name = "finding"
version = "0.0.0"
edition = "2021"
[dependencies]
prometheus-parse = "=0.2.5"
serde_json = "=1.0.145"
E
mkdir src
cat >src/main.rs <<'E'
use std::collections::BTreeMap;

fn main() {
    for line in std::fs::read_to_string("lines").unwrap().lines() {
        let read = prometheus_parse::Scrape::parse([Ok(line.to_owned())].into_iter()).unwrap();
        let labels: Vec<BTreeMap<&String, &String>> = read.samples.iter().map(|sample| sample.labels.iter().collect()).collect();
        println!("{}", serde_json::to_string(&labels).unwrap());
    }
}
E
cat >run.cjs <<'E'
const parse = require('parse-prometheus-text-format');
for (const line of require('node:fs').readFileSync('lines', 'utf8').trim().split('\n')) {
  try {
    const [family] = parse(`# HELP a a\n# TYPE a gauge\n${line}\n`);
    console.log(JSON.stringify(family.metrics.map((metric) => metric.labels)));
  } catch {
    console.log('refused');
  }
}
E
cat >run.py <<'E'
import json
from prometheus_client.parser import text_string_to_metric_families as parse
def compact(labels):
    return json.dumps(labels, ensure_ascii=False, separators=(',', ':'))
for line, rust, npm in zip(*(open(name).read().strip().split('\n') for name in ('lines', 'rust', 'npm'))):
    labels = [sample.labels for family in parse(line + '\n') for sample in family.samples]
    print(line, rust, compact(labels), npm, sep=' | ')
E
cargo run -q >rust && node run.cjs >npm
py/bin/python run.py | tee seen
grep '^#> ' "$self" | cut -c4- | diff - seen
