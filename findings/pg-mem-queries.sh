#!/usr/bin/env bash
# npm pg-mem 3.0.14, PostgreSQL imitated for tests, beside npm @electric-sql/pglite 0.5.17, PostgreSQL itself as WebAssembly.
# That its numbers are JavaScript's stands on its page, and much it refuses. One guesses that what it takes it does. `= any(…)` finds
# nothing, `filter` of a sum is left out without a word, so the sum of the paid orders is that of all, greatest() and `not in`
# take null otherwise (a query that hides every row in production passes its test), and a month after 31 January is 2 March.
# Test queries like these against a real one.
# Seen: query, pg-mem, PostgreSQL.
#> select id from orders where id = any(array[1, 2]) | [] | [{"id":1},{"id":2}]
#> select sum(won) filter (where paid) as sum from orders | [{"sum":4500}] | [{"sum":1500}]
#> select id from orders where id not in (select won from orders) | [{"id":1},{"id":2},{"id":3}] | []
#> select greatest(1, null, 3) as most | [{"most":null}] | [{"most":3}]
#> select (date '2026-01-31' + interval '1 month')::date = date '2026-03-02' as march | [{"march":true}] | [{"march":false}]
set -euo pipefail
dir=$(mktemp -d) && trap 'rm -rf "$dir"' EXIT && self=$(realpath "$0") && cd "$dir"
npm install --silent --no-audit --no-fund --prefix . pg-mem@3.0.14 @electric-sql/pglite@0.5.17

cat >run.mjs <<'E'
import { PGlite } from '@electric-sql/pglite';
import { newDb } from 'pg-mem';

const imitated = newDb();
const real = new PGlite();
const tables = `create table orders (id int primary key, won int, paid boolean);
  insert into orders values (1, 1500, true), (2, 3000, false), (3, null, true);`;
imitated.public.none(tables);
await real.exec(tables);
for (const query of [
  'select id from orders where id = any(array[1, 2])',
  'select sum(won) filter (where paid) as sum from orders',
  'select id from orders where id not in (select won from orders)',
  'select greatest(1, null, 3) as most',
  `select (date '2026-01-31' + interval '1 month')::date = date '2026-03-02' as march`,
]) {
  console.log(query, '|', JSON.stringify(imitated.public.many(query)), '|', JSON.stringify((await real.query(query)).rows));
}
process.exit();
E
node run.mjs | tee seen
grep '^#> ' "$self" | cut -c4- | diff - seen
