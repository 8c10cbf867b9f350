#!/usr/bin/env bash
# PyPI pywebpush 2.5.0 beside npm web-push 3.6.7, for pushing to browsers of two makers.
# One set of claims is meant for all: {"sub": "mailto:…"}. pywebpush writes the audience of the first subscription into the
# dict it was given and keeps it: the second maker's push service gets a token for the first (RFC 8292 has it refuse that),
# and shoppers of one browser hear nothing, by who came first. One guesses that the caller's claims stay as they are. Without
# `ttl` the message also lives for 0 s, so only who is online gets it; npm's lives for four weeks. Pass a copy of the claims,
# and a `ttl`. Seen:
#> pywebpush first: own audience true, ttl 0
#> pywebpush second: own audience false, ttl 0
#> pywebpush claims aud, exp, sub
#> web-push first: own audience true, ttl 2419200
#> web-push second: own audience true, ttl 2419200
set -euo pipefail
dir=$(mktemp -d) && trap 'rm -rf "$dir"' EXIT && self=$(realpath "$0") && cd "$dir"
npm install --silent --no-audit --no-fund --prefix . web-push@3.6.7
python3 -m venv py && py/bin/pip -q --disable-pip-version-check install pywebpush==2.5.0

cat >run.py <<'E'
import json
import sys
from pywebpush import webpush
endpoints, keys, private_key = json.load(sys.stdin)
claims = {'sub': 'mailto:shop@shop.example'}
for endpoint in endpoints:
    webpush({'endpoint': endpoint, 'keys': keys}, 'hello', private_key, claims)
print('pywebpush claims', ', '.join(sorted(claims)), flush=True)
E
cat >run.mjs <<'E'
import { spawn } from 'node:child_process';
import { createECDH, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { once } from 'node:events';
import webpush from 'web-push';

// Two push services, which tell what they were sent; web-push speaks HTTPS only, so its requests are made and not sent.
const told = (who, name, origin, headers) => {
  const token = /t=([^,]+)/.exec(headers.authorization ?? headers.Authorization)[1];
  const { aud } = JSON.parse(Buffer.from(token.split('.')[1], 'base64url'));
  console.log(`${who} ${name}: own audience ${aud === origin}, ttl ${headers.ttl ?? headers.TTL}`);
};
const service = async (name) => {
  const server = createServer((request, response) => {
    told('pywebpush', name, `http://${request.headers.host}`, request.headers);
    request.resume().on('end', () => response.writeHead(201).end());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
};
const services = await Promise.all(['first', 'second'].map(service));

const browser = createECDH('prime256v1');
const keys = { p256dh: browser.generateKeys('base64url'), auth: randomBytes(16).toString('base64url') };
const vapid = webpush.generateVAPIDKeys();
const python = spawn('py/bin/python', ['run.py'], { stdio: ['pipe', 'inherit', 'inherit'] });
python.stdin.end(
  JSON.stringify([services.map((each) => `http://127.0.0.1:${each.address().port}/push`), keys, vapid.privateKey]),
);
const [code] = await once(python, 'exit');
for (const each of services) each.close();

const vapidDetails = { subject: 'mailto:shop@shop.example', ...vapid };
for (const name of ['first', 'second']) {
  const origin = `https://${name}.example`;
  const { headers } = webpush.generateRequestDetails({ endpoint: `${origin}/push`, keys }, 'hello', { vapidDetails });
  told('web-push', name, origin, headers);
}
process.exitCode = code;
E
node run.mjs | tee seen
grep '^#> ' "$self" | cut -c4- | diff - seen
