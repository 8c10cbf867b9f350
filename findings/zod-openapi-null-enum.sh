#!/usr/bin/env bash
# npm zod 4.6.7, toJSONSchema with target openapi-3.0, read by npm ajv 8.20.0, npm fast-json-stringify 7.3.10 and PyPI
# openapi-schema-validator 0.9.0.
# A nullable enum (why a room closed: "full", "deadline" or null) becomes {type, nullable: true, enum: [full, deadline]}.
# By the clarified text of OpenAPI 3.0.3 null must be in the enum as well: validators refuse the null that zod took,
# while serialisers and many generators let it pass. With draft-7 or 2020-12 as target, the same schema is an anyOf and
# all agree. A nullable string without an enum is well in both.
#> zod true
#> draft-7 {"anyOf":[{"type":"string","enum":["full","deadline"]},{"type":"null"}]}
#> draft-7 ajv true stringify {"reason":null,"note":null}
#> openapi-3.0 {"nullable":true,"type":"string","enum":["full","deadline"]}
#> openapi-3.0 ajv false stringify {"reason":null,"note":null}
#> python None is not one of ['full', 'deadline']
set -euo pipefail
dir=$(mktemp -d) && trap 'rm -rf "$dir"' EXIT && self=$(realpath "$0") && cd "$dir"
npm install --silent --no-audit --no-fund --prefix . zod@4.6.7 ajv@8.20.0 fast-json-stringify@7.3.10
python3 -m venv py && py/bin/pip -q --disable-pip-version-check install openapi-schema-validator==0.9.0

cat >run.mjs <<'E'
import { writeFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import stringify from 'fast-json-stringify';
import * as z from 'zod';

const room = z.object({ reason: z.enum(['full', 'deadline']).nullable(), note: z.string().nullable() });
const value = { reason: null, note: null };
console.log('zod', room.safeParse(value).success);
for (const target of ['draft-7', 'openapi-3.0']) {
  const schema = z.toJSONSchema(room, { target });
  console.log(target, JSON.stringify(schema.properties.reason));
  console.log(target, 'ajv', new Ajv({ strict: false }).compile(schema)(value), 'stringify', stringify(schema)(value));
  writeFileSync('schema.json', JSON.stringify(schema));
}
E
cat >run.py <<'E'
import json
from openapi_schema_validator import OAS30Validator
print('python', *(error.message for error in OAS30Validator(json.load(open('schema.json'))).iter_errors({'reason': None, 'note': None})))
E
{ node run.mjs && py/bin/python run.py; } | tee seen
grep '^#> ' "$self" | cut -c4- | diff - seen
