#!/usr/bin/env bash
# PyPI sseclient 0.0.27, aiohttp-sse-client 0.2.1, npm react-native-sse 1.2.1: readers of server-sent events.
# One text, sent as it is, arrives as another, without an error:
# - sseclient reads below HTTP's chunks, so an event that comes in two chunks has their sizes between its halves: the text
#   ends there. A U+2028, U+0085 or form feed in a text ends it too (the standard knows CR and LF only).
#   Without `charset=utf-8` in Content-Type it reads Latin-1, though this type is UTF-8 by its standard.
# - aiohttp-sse-client takes all blanks before a text, react-native-sse those behind it too, not the one after the colon.
# - aiohttp-sse-client never gives the events of a stream whose lines end with CR.
# Write an event with one write, escape what is not ASCII in JSON for these readers; inside quotes blanks survive. Seen:
#> sseclient two chunks ['pay ']
#> sseclient no charset ['\xea\xb3\xb5']
#> sseclient U+2028 ['a']
#> sseclient form feed ['a']
#> sseclient blanks ['  two  ']
#> aiohttp two chunks ['pay 12000 won']
#> aiohttp U+2028 ['a\u2028b']
#> aiohttp blanks ['two  ']
#> aiohttp CR []
#> react-native blanks ["two"]
#> react-native two chunks ["pay 12000 won"]
set -euo pipefail
dir=$(mktemp -d) && trap 'rm -rf "$dir"' EXIT && self=$(realpath "$0") && cd "$dir"
npm install --silent --no-audit --no-fund --prefix . react-native-sse@1.2.1
python3 -m venv py
py/bin/pip -q --disable-pip-version-check install sseclient==0.0.27 requests==2.34.2 aiohttp-sse-client==0.2.1 aiohttp==3.14.5

cat >run.py <<'E2'
import asyncio
from aiohttp import web
from aiohttp_sse_client import client
from sseclient import SSEClient

streams = {
    'two chunks': [b'data: pay ', b'12000 won\n\n'],
    'no charset': ['data: 공\n\n'.encode()],
    'U+2028': ['data: a\u2028b\n\n'.encode()],
    'form feed': [b'data: a\x0cb\n\n'],
    'blanks': [b'data:   two  \n\n'],
    'CR': [b'data: a\r\r', b'data: b\r\r'],
}
types = {'no charset': 'text/event-stream'}


async def serve(request):
    answer = web.StreamResponse(headers={'Content-Type': types.get(request.query['name'], 'text/event-stream; charset=utf-8')})
    await answer.prepare(request)
    for chunk in streams[request.query['name']]:
        await answer.write(chunk)
        await asyncio.sleep(0.1)
    return answer


async def read_aiohttp(name, port):
    texts = []
    try:
        async with client.EventSource(f'http://127.0.0.1:{port}/', params={'name': name}, max_connect_retry=0) as events:
            async def each():
                async for event in events:
                    texts.append(event.data)
            await asyncio.wait_for(each(), 2)
    except (asyncio.TimeoutError, ConnectionError):
        pass
    return texts


def read_sseclient(name, port, out):
    out.append(next(iter(SSEClient(f'http://127.0.0.1:{port}/?name={name.replace("+", "%2B")}'))).data)


async def main():
    app = web.Application()
    app.add_routes([web.get('/', serve)])
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, '127.0.0.1', 0)
    await site.start()
    port = site._server.sockets[0].getsockname()[1]
    for name in ('two chunks', 'no charset', 'U+2028', 'form feed', 'blanks'):
        texts = []
        await asyncio.to_thread(read_sseclient, name, port, texts)
        print('sseclient', name, ascii(texts))
    for name in ('two chunks', 'U+2028', 'blanks', 'CR'):
        print('aiohttp', name, ascii(await read_aiohttp(name, port)))
    await runner.cleanup()


asyncio.run(main())
E2
cat >run.cjs <<'E2'
const UNSENT = { UNSENT: 0, OPENED: 1, HEADERS_RECEIVED: 2, LOADING: 3, DONE: 4 };
// An XMLHttpRequest as React Native has it: responseText grows, decoded.
globalThis.XMLHttpRequest = class {
  static LOADING = UNSENT.LOADING;
  static DONE = UNSENT.DONE;
  open(_method, url) {
    this.parts = JSON.parse(decodeURIComponent(url));
  }
  setRequestHeader() {}
  abort() {}
  send() {
    this.status = 200;
    this.responseText = '';
    this.readyState = UNSENT.LOADING;
    for (const part of this.parts) {
      this.responseText += part;
      this.onreadystatechange();
    }
  }
};
const { default: EventSource } = require('react-native-sse');
const read = (name, parts) =>
  new Promise((resolve) => {
    const source = new EventSource(encodeURIComponent(JSON.stringify(parts)), { timeoutBeforeConnection: 0, pollingInterval: 0 });
    source.addEventListener('message', (event) => {
      console.log('react-native', name, JSON.stringify([event.data]));
      source.close();
      resolve();
    });
  });
console.warn = () => {};
read('blanks', ['data:   two  \n\n']).then(() => read('two chunks', ['data: pay ', '12000 won\n\n']));
E2
{ py/bin/python run.py && node run.cjs; } | tee seen
grep '^#> ' "$self" | cut -c4- | diff - seen
