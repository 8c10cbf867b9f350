#!/usr/bin/env bash
# Go oapi-codegen 2.8.2 (needs Go) and PyPI openapi-python-client 0.29.1 (Python 3 with venv), from an OpenAPI 3.0.3
# document of an event stream: `Last-Event-ID`, which browsers send, is a header, and `lastEventId` the same in the query for
# readers that can't. A header may be written in any case.
# Written `last-event-id`, as HTTP/2 sends it, oapi-codegen ends with success, and its struct has one field twice: no Go.
# Written `Last-Event-ID`, both fields are there, apart by two letters. The second names them by where they are.
#> last-event-id: generated, LastEventId redeclared
#> Last-Event-ID: generated, builds: LastEventId query, LastEventID header
#> openapi-python-client: last_event_id_query last_event_id_header
set -euo pipefail
dir=$(mktemp -d) && trap 'chmod -R u+w "$dir"; rm -rf "$dir"' EXIT && self=$(realpath "$0") && cd "$dir"
export GOBIN="$dir/bin"
go install github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen@v2.8.2 2>/dev/null
python3 -m venv py && py/bin/pip -q --disable-pip-version-check install openapi-python-client==0.29.1

document() { # the header's name
  cat <<E2
{"openapi": "3.0.3", "info": {"title": "shop", "version": "1"},
 "paths": {"/events": {"get": {"operationId": "follow", "tags": ["events"],
  "parameters": [{"name": "lastEventId", "in": "query", "description": "query", "schema": {"type": "string"}},
   {"name": "$1", "in": "header", "description": "header", "schema": {"type": "string"}}],
  "responses": {"200": {"description": "events", "content": {"text/event-stream": {"schema": {"type": "string"}}}}}}}}}
E2
}
try() { # the header's name
  mkdir "$1" && document "$1" >"$1/shop.json" && cd "$1"
  ../bin/oapi-codegen -generate types -package shop -o shop.go shop.json && printf '%s: generated, ' "$1"
  printf 'module shop\n\ngo 1.24\n' >go.mod
  if said=$(go build ./... 2>&1); then
    echo "builds: $(sed -nE 's|^[[:space:]]*// (LastEventI[dD]) (query\|header)$|\1 \2|p' shop.go | paste -sd, | sed 's/,/, /')"
  else grep -o -m1 'LastEventId redeclared' <<<"$said"; fi
  cd ..
}
{
  try last-event-id && try Last-Event-ID
  py/bin/openapi-python-client generate --path Last-Event-ID/shop.json --output-path python >/dev/null 2>&1
  echo "openapi-python-client: $(grep -o -m2 'last_event_id_[a-z]*' python/shop_client/api/events/follow.py | paste -sd' ')"
} | tee seen
grep '^#> ' "$self" | cut -c4- | diff - seen
