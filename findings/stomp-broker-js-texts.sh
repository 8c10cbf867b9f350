#!/usr/bin/env bash
# npm stomp-broker-js 1.3.0, a STOMP broker for Node, with npm @stomp/stompjs 7.5.0 at both ends.
# One guesses that a broker hands on the body it got. This one cuts a frame at its blank lines and joins what is behind the headers with
# commas: "a, blank line, b" arrives as "a,b". And it counts the body in characters and writes that into a header which
# stompjs reads as bytes, as the standard has it: of 공구 마감 (13 bytes, 5 characters) five bytes arrive, and half a
# syllable is �. English on one line is right, so a first test passes. Send JSON with all that is not ASCII escaped.
# Seen: sent, received.
#> "sale ends" "sale ends"
#> "one\n\ntwo" "one,two"
#> "one\ntwo" "one\ntwo"
#> "공구 마감" "공�"
#> "\"\\uacf5\\uad6c \\ub9c8\\uac10\"" "\"\\uacf5\\uad6c \\ub9c8\\uac10\""
set -euo pipefail
dir=$(mktemp -d) && trap 'rm -rf "$dir"' EXIT && self=$(realpath "$0") && cd "$dir"
npm install --silent --no-audit --no-fund --prefix . stomp-broker-js@1.3.0 @stomp/stompjs@7.5.0 ws@8.23.0

cat >run.mjs <<'E'
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { Client } from '@stomp/stompjs';
import { WebSocket } from 'ws';

const StompServer = createRequire(import.meta.url)('stomp-broker-js');
globalThis.WebSocket = WebSocket;
const server = createServer();
new StompServer({ server, path: '/ws', heartbeat: [0, 0] });
await once(server.listen(0, '127.0.0.1'), 'listening');
const open = () =>
  new Promise((resolve) => {
    const brokerURL = `ws://127.0.0.1:${server.address().port}/ws`;
    const onConnect = () => resolve(client);
    const client = new Client({ brokerURL, reconnectDelay: 0, heartbeatIncoming: 0, heartbeatOutgoing: 0, onConnect });
    client.activate();
  });
const [reader, writer] = [await open(), await open()];
let got;
reader.subscribe('/topic/room', (message) => got(message));
const escaped = JSON.stringify('공구 마감').replace(/[^ -~]/g, (one) => `\\u${one.charCodeAt(0).toString(16)}`);
for (const body of ['sale ends', 'one\n\ntwo', 'one\ntwo', '공구 마감', escaped]) {
  const arrived = new Promise((resolve) => (got = resolve));
  const again = setInterval(() => writer.publish({ destination: '/topic/room', body }), 200); // until subscribed
  const message = await arrived;
  clearInterval(again);
  console.log(JSON.stringify(body), JSON.stringify(message.body));
}
process.exit();
E
timeout 60 node --no-deprecation run.mjs | tee seen
grep '^#> ' "$self" | cut -c4- | diff - seen
