#!/usr/bin/env bash
# Caches of HTTP in clients, after a change: PyPI CacheControl 0.14.4, requests-cache 1.3.3 (with cache_control=True), npm got
# 14.6.6 (cacheable-request), undici 7.30.2 (its cache interceptor), make-fetch-happen 15.0.6.
# A list that may be kept for a minute is asked for, something is posted to its address, and it is asked for again. RFC 9111
# (4.4) says that a cache MUST drop what it has of an address once an unsafe request to it succeeded, so one guesses the new
# list. Three give the old one: CacheControl after POST only, as it drops it after PUT, PATCH and DELETE; the two others after all four.
# Who orders sees the list without the order for a minute. Ask with Cache-Control: no-cache after a change.
# Seen: library, then method and what the second GET got.
#> CacheControl POST old PUT new PATCH new DELETE new
#> requests-cache POST old PUT old PATCH old DELETE old
#> got POST old PUT old PATCH old DELETE old
#> undici POST new PUT new PATCH new DELETE new
#> make-fetch-happen POST new PUT new PATCH new DELETE new
set -euo pipefail
dir=$(mktemp -d) && trap 'rm -rf "$dir"' EXIT && self=$(realpath "$0") && cd "$dir"
npm install --silent --no-audit --no-fund --prefix . got@14.6.6 undici@7.30.2 make-fetch-happen@15.0.6
python3 -m venv py && py/bin/pip -q --disable-pip-version-check install CacheControl==0.14.4 requests-cache==1.3.3

cat >run.py <<'E'
import sys
import requests
from cachecontrol import CacheControl
from requests_cache import CachedSession
def show(name, session):
    seen = []
    for method in ('POST', 'PUT', 'PATCH', 'DELETE'):
        address = f'{sys.argv[1]}/{name}/{method}'
        before = [session.get(address).text, session.get(address).text]
        session.request(method, address, data='x')
        seen.append(f"{method} {'old' if before == [session.get(address).text] * 2 else 'new'}")
    print(name, *seen, flush=True)
show('CacheControl', CacheControl(requests.Session()))
show('requests-cache', CachedSession(backend='memory', cache_control=True))
E
cat >run.mjs <<'E'
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import got from 'got';
import fetching from 'make-fetch-happen';
import { Agent, interceptors, request } from 'undici';

let asked = 0;
const server = createServer((incoming, response) => {
  incoming.resume();
  if (incoming.method !== 'GET') return response.writeHead(204).end();
  asked += 1;
  response.writeHead(200, { 'cache-control': 'max-age=60' }).end(String(asked));
});
await once(server.listen(0, '127.0.0.1'), 'listening');
const base = `http://127.0.0.1:${server.address().port}`;
async function show(name, ask) {
  const seen = [];
  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
    const address = `${base}/${name}/${method}`;
    const before = [await ask('GET', address), await ask('GET', address)];
    await ask(method, address, 'x');
    const after = await ask('GET', address);
    seen.push(method, before.every((one) => one === after) ? 'old' : 'new');
  }
  console.log(name, ...seen);
}
await once(spawn('py/bin/python', ['run.py', base], { stdio: 'inherit' }), 'exit');
const kept = got.extend({ cache: new Map() });
await show('got', (method, address, body) => kept(address, { method, body }).text());
const dispatcher = new Agent().compose(interceptors.cache());
await show('undici', async (method, address, body) => (await request(address, { method, body, dispatcher })).body.text());
const cached = fetching.defaults({ cachePath: './cache' });
await show('make-fetch-happen', async (method, address, body) => (await cached(address, { method, body })).text());
process.exit();
E
timeout 60 node run.mjs | tee seen
grep '^#> ' "$self" | cut -c4- | diff - seen
