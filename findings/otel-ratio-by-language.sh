#!/usr/bin/env bash
# OpenTelemetry's TraceIdRatioBased sampler: npm @opentelemetry/sdk-trace-base 2.12.1, PyPI opentelemetry-sdk 1.45.2, Go
# go.opentelemetry.io/otel/sdk 1.47.0, Java opentelemetry-sdk-trace 1.68.0.
# It decides by the id of the trace, so that services which do not ask each other keep the same traces (OTEL_TRACES_SAMPLER=
# traceidratio). One guesses one rule. There are three: Python and Go take the last eight bytes of the id for a number without a sign,
# Java the same for one with a sign, which it drops, and Node folds all sixteen together. At 10 % each keeps a tenth, and of the
# traces that go through Node and Python a hundredth is whole, the rest has a hole. Each service alone passes every test. Let
# the first one decide: parentbased_traceidratio.
# Seen: of 2,000 trace ids, how many are kept at 10 % by each, and by both of two.
#> Node 215
#> Go 208
#> Java 217
#> Python 208
#> Node and Python 26
#> Node and Java 22
#> Java and Python 115
#> Go and Python 208
set -euo pipefail
dir=$(mktemp -d) && trap 'chmod -R u+w "$dir"; rm -rf "$dir"' EXIT && self=$(realpath "$0") && cd "$dir"
npm install --silent --no-audit --no-fund --prefix . @opentelemetry/api@1.9.0 @opentelemetry/sdk-trace-base@2.12.1
python3 -m venv py && py/bin/pip -q --disable-pip-version-check install opentelemetry-sdk==1.45.2

cat >run.mjs <<'E'
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { TraceIdRatioBasedSampler } from '@opentelemetry/sdk-trace-base';

const ids = Array.from({ length: 2_000 }, (_, i) => createHash('sha256').update(String(i)).digest('hex').slice(0, 32));
const sampler = new TraceIdRatioBasedSampler(0.1);
writeFileSync('ids', ids.join('\n') + '\n');
writeFileSync('node', ids.filter((id) => sampler.shouldSample({}, id).decision === 2).join('\n') + '\n');
E
cat >run.py <<'E'
from opentelemetry.sdk.trace.sampling import Decision, TraceIdRatioBased
sampler = TraceIdRatioBased(0.1)
ids = open('ids').read().split()
kept = {name: set(open(name.lower()).read().split()) for name in ('Node', 'Go', 'Java')}
kept['Python'] = {id for id in ids if sampler.should_sample(None, int(id, 16), 'order').decision == Decision.RECORD_AND_SAMPLE}
for name in kept:
    print(name, len(kept[name]))
for one, other in (('Node', 'Python'), ('Node', 'Java'), ('Java', 'Python'), ('Go', 'Python')):
    print(one, 'and', other, len(kept[one] & kept[other]))
E
cat >main.go <<'E'
package main

import (
	"bufio"
	"fmt"
	"os"

	"go.opentelemetry.io/otel/sdk/trace"
	api "go.opentelemetry.io/otel/trace"
)

func main() {
	sampler := trace.TraceIDRatioBased(0.1)
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		id, _ := api.TraceIDFromHex(lines.Text())
		if sampler.ShouldSample(trace.SamplingParameters{TraceID: id}).Decision == trace.RecordAndSample {
			fmt.Println(id)
		}
	}
}
E
cat >pom.xml <<'E'
<project>
  <modelVersion>4.0.0</modelVersion><groupId>a</groupId><artifactId>finding</artifactId><version>1</version>
  <dependencies>
    <dependency><groupId>io.opentelemetry</groupId><artifactId>opentelemetry-sdk-trace</artifactId><version>1.68.0</version></dependency>
  </dependencies>
</project>
E
cat >Main.java <<'E'
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.context.Context;
import io.opentelemetry.sdk.trace.samplers.*;
import java.util.List;

class Main {
  public static void main(String[] args) throws Exception {
    var sampler = Sampler.traceIdRatioBased(0.1);
    for (String id : new String(System.in.readAllBytes()).split("\n")) {
      var result = sampler.shouldSample(Context.root(), id, "order", SpanKind.SERVER, Attributes.empty(), List.of());
      if (result.getDecision() == SamplingDecision.RECORD_AND_SAMPLE) System.out.println(id);
    }
  }
}
E
export GOFLAGS=-mod=mod GOTOOLCHAIN=local
go mod init finding 2>go.log
go get go.opentelemetry.io/otel/sdk@v1.47.0 2>>go.log
mvn -q -B dependency:copy-dependencies -DoutputDirectory=jars >mvn.log
{ node run.mjs && go run . <ids >go && java -cp 'jars/*' Main.java <ids >java && py/bin/python run.py; } | tee seen
grep '^#> ' "$self" | cut -c4- | diff - seen
