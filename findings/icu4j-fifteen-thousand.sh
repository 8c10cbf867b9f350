#!/usr/bin/env bash
# Java ICU4J 77.1, RuleBasedNumberFormat for Korean: amounts in words, as on a receipt or in a message.
# The rules write a blank behind 만, ten thousand: 15,000 is "만 오천". People leave it out. 이만오천, 25,000, is read either way;
# where nothing or a ten stands before 만, 만오천 or 십만오천, reading ends at 만, and parse() gives what it has: 10,000 for
# 15,000, lenient or not. Nothing is thrown. Use parse(text, position) and refuse a text that is not used up.
# Seen: text, what parse() gives, what it did not read.
#> 만 오천 15000 -
#> 만오천 10000 오천
#> 십만오천원 100000 오천원
#> 이만오천 25000 -
#> 백만이천 1000000 이천
set -euo pipefail
dir=$(mktemp -d) && trap 'rm -rf "$dir"' EXIT && self=$(realpath "$0") && cd "$dir"
mvn -q -B dependency:copy -Dartifact=com.ibm.icu:icu4j:77.1 -DoutputDirectory=. >mvn.log

cat >Main.java <<'E'
import com.ibm.icu.text.RuleBasedNumberFormat;
import com.ibm.icu.util.ULocale;
import java.text.ParsePosition;

class Main {
  public static void main(String[] args) throws Exception {
    var words = new RuleBasedNumberFormat(ULocale.KOREAN, RuleBasedNumberFormat.SPELLOUT);
    words.setLenientParseMode(true);
    for (String text : new String[] {"만 오천", "만오천", "십만오천원", "이만오천", "백만이천"}) {
      var position = new ParsePosition(0);
      words.parse(text, position);
      String rest = text.substring(position.getIndex());
      System.out.println(text + " " + words.parse(text) + " " + (rest.isEmpty() ? "-" : rest));
    }
  }
}
E
java -cp icu4j-77.1.jar Main.java | tee seen
grep '^#> ' "$self" | cut -c4- | diff - seen
