#!/usr/bin/env bash
# Readers of server-sent events that are answered with 204, 429, 500 or 503: npm eventsource 2.0.2, 3.0.7, 5.1.5,
# eventsource-client 1.2.0, extended-eventsource 2.1.0, event-source-polyfill 1.0.31, launchdarkly-eventsource 2.2.0,
# @microsoft/fetch-event-source 2.0.1; PyPI requests-sse 0.5.3, aiohttp-sse-client2 0.3.0.
# By the standard 204 means "don't come back", and so does every status but 200. eventsource 2 came back after 500 and 503;
# since 3 one 503 of a proxy during a restart ends the stream for good (as in browsers), though a cut connection does not.
# fetch-event-source and event-source-polyfill come back after 204, the only way there is to send a reader away. On
# `error` with readyState CLOSED open a new source. Seen: who asked once, and who again in 8 s.
#> eventsource@2.0.2 204 once, 429 once, 500 again, 503 again
#> eventsource@3.0.7 204 once, 429 once, 500 once, 503 once
#> eventsource@5.1.5 204 once, 429 once, 500 once, 503 once
#> eventsource-client 204 once, 429 again, 500 again, 503 again
#> extended-eventsource 204 once, 429 once, 500 once, 503 once
#> event-source-polyfill 204 again, 429 once, 500 once, 503 once
#> launchdarkly-eventsource 204 once, 429 once, 500 again, 503 again
#> fetch-event-source 204 again, 429 again, 500 again, 503 again
#> requests-sse 204 once, 429 once, 500 once, 503 once
#> aiohttp-sse-client2 204 once, 429 once, 500 once, 503 once
set -euo pipefail
dir=$(mktemp -d) && trap 'rm -rf "$dir"' EXIT && self=$(realpath "$0") && cd "$dir"
npm install --silent --no-audit --no-fund --prefix . v2@npm:eventsource@2.0.2 v3@npm:eventsource@3.0.7 v5@npm:eventsource@5.1.5 \
  eventsource-client@1.2.0 extended-eventsource@2.1.0 event-source-polyfill@1.0.31 launchdarkly-eventsource@2.2.0 \
  @microsoft/fetch-event-source@2.0.1
python3 -m venv py && py/bin/pip -q --disable-pip-version-check install requests-sse==0.5.3 aiohttp-sse-client2==0.3.0

cat >run.py <<'E'
import asyncio
import sys
import threading
import requests_sse
from aiohttp_sse_client2 import client

async def read_aiohttp(url):
    try:
        async with client.EventSource(url) as events:
            async for _ in events:
                pass
    except Exception:
        pass

def read_requests(url):
    try:
        with requests_sse.EventSource(url) as events:
            for _ in events:
                pass
    except Exception:
        pass

async def main():
    for status in sys.argv[2:]:
        threading.Thread(target=read_requests, args=(f'{sys.argv[1]}/requests-sse/{status}',), daemon=True).start()
    await asyncio.gather(*[read_aiohttp(f'{sys.argv[1]}/aiohttp-sse-client2/{status}') for status in sys.argv[2:]])

threading.Timer(9, lambda: __import__('os')._exit(0)).start()
asyncio.run(main())
E
cat >run.mjs <<'E'
import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import old from 'v2';
import { EventSource as v3 } from 'v3';
import { EventSource as v5 } from 'v5';
import { createEventSource } from 'eventsource-client';
import { EventSource as extended } from 'extended-eventsource';
import polyfill from 'event-source-polyfill';
import launchDarkly from 'launchdarkly-eventsource';
globalThis.window = globalThis;
globalThis.document = { hidden: false, addEventListener() {}, removeEventListener() {} };
const { fetchEventSource } = await import('@microsoft/fetch-event-source');

const STATUSES = [204, 429, 500, 503];
const asked = new Map();
const server = createServer((request, response) => {
  asked.set(request.url, (asked.get(request.url) ?? 0) + 1);
  response.writeHead(Number(request.url.split('/').at(-1))).end();
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const quiet = (source) => {
  source.onerror = () => {};
};
const clients = {
  'eventsource@2.0.2': (url) => quiet(new old(url)),
  'eventsource@3.0.7': (url) => quiet(new v3(url)),
  'eventsource@5.1.5': (url) => quiet(new v5(url)),
  'eventsource-client': (url) => createEventSource({ url }),
  'extended-eventsource': (url) => quiet(new extended(url)),
  'event-source-polyfill': (url) => quiet(new polyfill.EventSourcePolyfill(url)),
  'launchdarkly-eventsource': (url) => quiet(new (launchDarkly.EventSource ?? launchDarkly)(url)),
  'fetch-event-source': (url) => void fetchEventSource(url, { onerror() {} }).catch(() => {}),
};
process.on('unhandledRejection', () => {});
const base = `http://127.0.0.1:${server.address().port}`;
for (const [name, open] of Object.entries(clients)) for (const status of STATUSES) open(`${base}/${name}/${status}`);
spawn('py/bin/python', ['run.py', base, ...STATUSES], { stdio: 'ignore' });
await new Promise((resolve) => setTimeout(resolve, 8_000));
for (const name of [...Object.keys(clients), 'requests-sse', 'aiohttp-sse-client2']) {
  const times = STATUSES.map((status) => [status, asked.get(`/${name}/${status}`) ?? 0]);
  console.log(name, times.map(([status, n]) => `${status} ${n > 1 ? 'again' : n ? 'once' : 'never'}`).join(', '));
}
process.exit();
E
timeout 60 node run.mjs 2>warnings | tee seen
grep '^#> ' "$self" | cut -c4- | diff - seen
