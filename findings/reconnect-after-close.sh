#!/usr/bin/env bash
# WebSocket clients that come back: npm reconnecting-websocket 4.4.0, partysocket 1.3.0, robust-websocket 1.0.0,
# websocket-ts 2.3.0, sockette 2.0.6, @gamestdio/websocket 0.3.2.
# A server that restarts closes with 1001 ("going away"): sockette takes that, and 1000, for the end, and stays away without
# an event for it, though it returns after 1012 and a cut. robust-websocket stays away after 1000 and 1008, @gamestdio/websocket
# after 4001 of all codes, which applications use for "sign in again" and the like. The others come back after every
# code, 1000 included: a server that has said good-bye for good sees them again at once. Choose codes by the client, and
# send 1012 when you restart. Seen: after which of 1000, 1001, 1006, 1008, 1012, 1013, 4001 nobody came in 6 s.
#> reconnecting-websocket stays away after none
#> partysocket stays away after none
#> robust-websocket stays away after 1000 1008
#> websocket-ts stays away after none
#> sockette stays away after 1000 1001
#> @gamestdio/websocket stays away after 4001
set -euo pipefail
dir=$(mktemp -d) && trap 'rm -rf "$dir"' EXIT && self=$(realpath "$0") && cd "$dir"
npm install --silent --no-audit --no-fund --prefix . reconnecting-websocket@4.4.0 partysocket@1.3.0 robust-websocket@1.0.0 \
  websocket-ts@2.3.0 sockette@2.0.6 @gamestdio/websocket@0.3.2 ws@8.23.0

cat >run.mjs <<'E'
import { WebSocket, WebSocketServer } from 'ws';
Object.assign(globalThis, { WebSocket });
globalThis.window = Object.assign(globalThis, { addEventListener() {}, removeEventListener() {} });
Object.defineProperty(globalThis, 'navigator', { value: { onLine: true }, configurable: true });
globalThis.CustomEvent ??= class extends Event {};
const load = async (name) => {
  const one = await import(name);
  return one.default?.default ?? one.default ?? one;
};
const { WebsocketBuilder, ConstantBackoff, ArrayQueue } = await import('websocket-ts');
const reconnecting = await load('reconnecting-websocket');
const { WebSocket: party } = await import('partysocket');
const robust = await load('robust-websocket');
const sockette = await load('sockette');
const gamestdio = await load('@gamestdio/websocket');

const CODES = [1000, 1001, 1006, 1008, 1012, 1013, 4001];
const came = new Map();
const heard = new Map();
const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
server.on('connection', (socket, { url }) => {
  const times = (came.get(url) ?? 0) + 1;
  came.set(url, times);
  socket.on('message', (data) => heard.set(url, [...(heard.get(url) ?? []), String(data)]));
  if (times > 1) return;
  const code = Number(url.split('/').at(-1));
  if (code === 1006) socket.terminate();
  else socket.close(code);
});
await new Promise((resolve) => server.once('listening', resolve));
const fast = { WebSocket, minReconnectionDelay: 200, maxReconnectionDelay: 400 };
const clients = {
  'reconnecting-websocket': (url) => new reconnecting(url, [], fast),
  partysocket: (url) => new party(url, [], fast),
  'robust-websocket': (url) => new robust(url),
  'websocket-ts': (url) =>
    new WebsocketBuilder(url).withBackoff(new ConstantBackoff(300)).withBuffer(new ArrayQueue()).build(),
  sockette: (url) => new sockette(url, { timeout: 300 }),
  '@gamestdio/websocket': (url) => new gamestdio(url, [], { backoff: 'fibonacci' }),
};
for (const [name, open] of Object.entries(clients)) {
  for (const code of CODES) open(`ws://127.0.0.1:${server.address().port}/${name}/${code}`);
}
await new Promise((resolve) => setTimeout(resolve, 6_000));
for (const name of Object.keys(clients)) {
  const away = CODES.filter((code) => came.get(`/${name}/${code}`) === 1);
  const never = CODES.filter((code) => !came.has(`/${name}/${code}`));
  console.log(name, 'stays away after', [...away, ...never.map((code) => `${code}?`)].join(' ') || 'none');
}
process.exit();
E
timeout 60 node run.mjs | tee seen
grep '^#> ' "$self" | cut -c4- | diff - seen
