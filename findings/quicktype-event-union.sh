#!/usr/bin/env bash
# npm quicktype-core 26.0.0, from a JSON Schema of events told apart by `type`, as a chat's stream has them.
# One guesses a union in TypeScript. All branches of the oneOf are merged into one interface instead: what one event
# requires is optional for every event, so {"type":"closed"} without its reason and with a seq passes the compiler, a
# `switch` narrows nothing, and n, which can only be 0, is any number. json-schema-to-typescript 16.0.0 keeps the union.
#> quicktype export interface Event { seq?: number; type: Type; reason?: Reason; n?: number; } export type Reason = "full" | "late"; export type Type = "message" | "closed" | "reset";
#> json-schema-to-typescript export type Event = | { type: "message"; seq: number; } | { type: "closed"; reason: "full" | "late"; } | { type: "reset"; n: 0; };
set -euo pipefail
dir=$(mktemp -d) && trap 'rm -rf "$dir"' EXIT && self=$(realpath "$0") && cd "$dir"
npm install --silent --no-audit --no-fund --prefix . quicktype-core@26.0.0 json-schema-to-typescript@16.0.0

cat >run.mjs <<'E'
import { compile } from 'json-schema-to-typescript';
import { FetchingJSONSchemaStore, InputData, JSONSchemaInput, quicktype } from 'quicktype-core';

const event = (type, name, value) => ({
  type: 'object', properties: { type: { const: type }, [name]: value }, required: ['type', name], additionalProperties: false,
});
const schema = {
  oneOf: [event('message', 'seq', { type: 'integer' }), event('closed', 'reason', { enum: ['full', 'late'] }), event('reset', 'n', { const: 0 })],
};
const source = new JSONSchemaInput(new FetchingJSONSchemaStore());
await source.addSource({ name: 'Event', schema: JSON.stringify(schema) });
const inputData = new InputData();
inputData.addInput(source);
const { lines } = await quicktype({ inputData, lang: 'typescript', rendererOptions: { 'just-types': 'true' } });
const flat = (text) => text.replace(/\s+/g, ' ').trim();
console.log('quicktype', flat(lines.join(' ')));
console.log('json-schema-to-typescript', flat(await compile(schema, 'Event', { bannerComment: '' })));
E
node run.mjs | tee seen
grep '^#> ' "$self" | cut -c4- | diff - seen
