#!/usr/bin/env bash
# PyPI aiohttp 3.14.5 uploading to npm busboy 1.6.0 and @fastify/busboy 3.2.6, multipart/form-data.
# requests, httpx and fetch put Hangul raw into the form. aiohttp by default percent-encodes the file's name without
# saying so, and sends the field's name as name*=utf-8''…: both parsers keep the percents in the file's name, and busboy
# hands over the file with the field's name undefined. `FormData(quote_fields=False)` sends it as the others do.
# (busboy needs `defParamCharset: 'utf8'`; given here.) Seen: field and file, by default and with quote_fields=False.
#> busboy undefined %EA%B3%B5.png
#> @fastify/busboy 상품 %EA%B3%B5.png
#> busboy 상품 공.png
#> @fastify/busboy 상품 공.png
set -euo pipefail
dir=$(mktemp -d) && trap 'rm -rf "$dir"' EXIT && self=$(realpath "$0") && cd "$dir"
npm install --silent --no-audit --no-fund --prefix . busboy@1.6.0 @fastify/busboy@3.2.6
python3 -m venv py && py/bin/pip -q --disable-pip-version-check install aiohttp==3.14.5

cat >client.py <<'E'
import asyncio, sys
import aiohttp

async def main():
    async with aiohttp.ClientSession() as session:
        for quote in (True, False):
            form = aiohttp.FormData(quote_fields=quote)
            form.add_field('상품', b'x', filename='공.png')
            await session.post(sys.argv[1], data=form)

asyncio.run(main())
E
cat >server.mjs <<'E'
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import fastify from '@fastify/busboy';
import busboy from 'busboy';

async function read(parser, name, body) {
  parser.on('file', (field, stream, info) => {
    stream.resume();
    console.log(name, field, info.filename ?? info);
  });
  parser.end(body);
  await once(parser, 'finish').catch(() => {});
}
const server = createServer(async (request, response) => {
  const body = Buffer.concat(await request.toArray());
  await read(busboy({ headers: request.headers, defParamCharset: 'utf8' }), 'busboy', body);
  await read(new fastify.Busboy({ headers: request.headers }), '@fastify/busboy', body);
  response.end();
}).listen(0, '127.0.0.1');
await once(server, 'listening');
await once(spawn('py/bin/python', ['client.py', `http://127.0.0.1:${server.address().port}`], { stdio: 'inherit' }), 'exit');
server.close();
E
timeout 60 node server.mjs | tee seen
grep '^#> ' "$self" | cut -c4- | diff - seen
