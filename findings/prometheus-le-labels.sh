#!/usr/bin/env bash
# The same histogram and the same counter in npm prom-client 15.1.3 and PyPI prometheus_client 0.26.0.
# The bounds 1 and 1000000 are le="1" and le="1000000" in one, le="1.0" and le="1e+06" in the other: as labels they are
# not equal, so `sum by (le)` over services of both keeps two ladders of buckets, and a quantile over it is wrong without
# an error. A counter named "orders" is orders in one and orders_total in the other, and Python adds a series *_created
# for each. Choose bounds that all write alike (0.5, 2.5), end counters in _total, and ask quantiles per job.
#> node wait_bucket{le="0.5"}
#> node wait_bucket{le="1"}
#> node wait_bucket{le="1000000"}
#> node wait_bucket{le="+Inf"}
#> node orders
#> python wait_bucket{le="0.5"}
#> python wait_bucket{le="1.0"}
#> python wait_bucket{le="1e+06"}
#> python wait_bucket{le="+Inf"}
#> python wait_created
#> python orders_total
#> python orders_created
set -euo pipefail
dir=$(mktemp -d) && trap 'rm -rf "$dir"' EXIT && self=$(realpath "$0") && cd "$dir"
npm install --silent --no-audit --no-fund --prefix . prom-client@15.1.3
python3 -m venv py && py/bin/pip -q --disable-pip-version-check install prometheus_client==0.26.0

cat >run.mjs <<'E'
import { Counter, Histogram, register } from 'prom-client';

new Histogram({ name: 'wait', help: 'h', buckets: [0.5, 1, 1_000_000] }).observe(1);
new Counter({ name: 'orders', help: 'c' }).inc();
console.log(await register.metrics());
E
cat >run.py <<'E'
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
registry = CollectorRegistry()
Histogram('wait', 'h', buckets=[0.5, 1, 1_000_000], registry=registry).observe(1)
Counter('orders', 'c', registry=registry).inc()
print(generate_latest(registry).decode())
E
shown() { grep -E '_bucket|^orders|_created ' | grep -v '^#' | awk -v of="$1" '{ print of, $1 }'; }
{ node run.mjs | shown node && py/bin/python run.py | shown python; } | tee seen
grep '^#> ' "$self" | cut -c4- | diff - seen
