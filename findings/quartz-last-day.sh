#!/usr/bin/env bash
# Java Quartz 2.5.0 beside 2.3.2 and 2.5.2: the last day of the month, L, and the working day next to a day, W.
# One guesses that a job of the last day runs every month. In 2.5.0 it runs on the 31st only: five months of the year are left out.
# 1W, the working day next to the 1st, leaves out each month that begins with a weekend, where it is the 2nd or 3rd, and LW, the last
# working day, four months. Nothing is refused, and a look at the next run shows nothing: books that are
# closed at the end of each month are closed seven times a year. 2.3.2 and 2.5.2 do it twelve times. Look at a year of a schedule.
# Seen: version, line, the runs of a year from 20 July 2026.
#> 2.3.2 [0 0 9 L * ?] 07-31 08-31 09-30 10-31 11-30 12-31 01-31 02-28 03-31 04-30 05-31 06-30
#> 2.3.2 [0 0 9 LW * ?] 07-31 08-31 09-30 10-30 11-30 12-31 01-29 02-26 03-31 04-30 05-31 06-30
#> 2.3.2 [0 0 9 1W * ?] 08-03 09-01 10-01 11-02 12-01 01-01 02-01 03-01 04-01 05-03 06-01 07-01
#> 2.5.0 [0 0 9 L * ?] 07-31 08-31 10-31 12-31 01-31 03-31 05-31
#> 2.5.0 [0 0 9 LW * ?] 07-31 08-31 10-30 12-31 01-29 03-31 04-30 05-31
#> 2.5.0 [0 0 9 1W * ?] 09-01 10-01 12-01 01-01 02-01 03-01 04-01 06-01 07-01
#> 2.5.2 [0 0 9 L * ?] 07-31 08-31 09-30 10-31 11-30 12-31 01-31 02-28 03-31 04-30 05-31 06-30
#> 2.5.2 [0 0 9 LW * ?] 07-31 08-31 09-30 10-30 11-30 12-31 01-29 02-26 03-31 04-30 05-31 06-30
#> 2.5.2 [0 0 9 1W * ?] 08-03 09-01 10-01 11-02 12-01 01-01 02-01 03-01 04-01 05-03 06-01 07-01
set -euo pipefail
dir=$(mktemp -d) && trap 'rm -rf "$dir"' EXIT && self=$(realpath "$0") && cd "$dir"
for version in 2.3.2 2.5.0 2.5.2; do
  for artifact in org.quartz-scheduler:quartz:$version org.slf4j:slf4j-api:2.0.16 org.slf4j:slf4j-nop:2.0.16; do
    mvn -q -B dependency:copy -Dartifact=$artifact -DoutputDirectory=$version >>mvn.log
  done
done

cat >Main.java <<'E'
import java.time.Instant;
import java.util.*;
import org.quartz.CronExpression;

class Main {
  public static void main(String[] args) throws Exception {
    for (String line : new String[] {"0 0 9 L * ?", "0 0 9 LW * ?", "0 0 9 1W * ?"}) {
      var expression = new CronExpression(line);
      expression.setTimeZone(TimeZone.getTimeZone("UTC"));
      var end = Instant.parse("2027-07-20T00:00:00Z");
      var runs = new StringJoiner(" ");
      var at = Date.from(Instant.parse("2026-07-20T00:00:00Z"));
      while ((at = expression.getNextValidTimeAfter(at)).toInstant().isBefore(end)) runs.add(at.toInstant().toString().substring(5, 10));
      System.out.println(args[0] + " [" + line + "] " + runs);
    }
  }
}
E
for version in 2.3.2 2.5.0 2.5.2; do java -cp "$version/*" Main.java $version; done | tee seen
grep '^#> ' "$self" | cut -c4- | diff - seen
