#!/usr/bin/env bash
# npm sockjs-client 1.6.1 and 1.0.3: how long it waits for a server.
# One guesses some seconds. It measures how long /info took, here 1 ms, and from that gives each transport about half a
# second: a server that answers /info at once and lets people in a second later (it asks a database who they are) is given
# up by all transports, one after another, 4 requests for each client, and the end is 2000 "All transports failed". The same
# server further away would do, as a slow /info makes it patient. 1.6.1 has the option `timeout`, a least time; 1.0.3 has none.
# Seen: version, how long the server takes and the option, what was tried, what came of it.
#> 1.6.1 {"slow":300} websocket open: websocket
#> 1.6.1 {"slow":1000} websocket xhr_streaming eventsource xhr 2000 All transports failed
#> 1.6.1 {"slow":1000,"timeout":5000} websocket open: websocket
#> 1.0.3 {"slow":300} websocket open: websocket
#> 1.0.3 {"slow":1000} websocket xhr_streaming eventsource xhr 2000 All transports failed
#> 1.0.3 {"slow":1000,"timeout":5000} websocket xhr_streaming eventsource xhr 2000 All transports failed
set -euo pipefail
dir=$(mktemp -d) && trap 'rm -rf "$dir"' EXIT && self=$(realpath "$0") && cd "$dir"
npm install --silent --no-audit --no-fund --prefix . sockjs-client@1.6.1 old@npm:sockjs-client@1.0.3 ws@8.23.0

cat >run.cjs <<'E'
const { createServer } = require('node:http');
const { WebSocketServer } = require('ws');
const clients = { '1.6.1': require('sockjs-client'), '1.0.3': require('old') };

let tried = [];
let slowMs = 0;
let runs = 0; // earlier ones may still ask
const later = (work) => setTimeout(work, slowMs);
const server = createServer((request, response) => {
  const transport = new URL(request.url, 'http://a').pathname.split('/').at(-1);
  if (transport === 'info') {
    const info = { websocket: true, origins: ['*:*'], cookie_needed: false, entropy: 1 };
    return void response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(info));
  }
  if (request.url.startsWith(`/${runs}/`)) tried.push(transport);
  later(() => {
    response.writeHead(200, { 'content-type': transport === 'eventsource' ? 'text/event-stream' : 'application/javascript' });
    if (transport === 'xhr') return response.end('o\n');
    response.write(transport === 'eventsource' ? '\r\ndata: o\r\n\r\n' : `${'h'.repeat(2048)}\no\n`);
  });
});
const sockets = new WebSocketServer({ noServer: true });
server.on('upgrade', (request, socket, head) => {
  tried.push('websocket');
  socket.on('error', () => {});
  later(() => !socket.destroyed && sockets.handleUpgrade(request, socket, head, (one) => one.send('o')));
});
server.listen(0, '127.0.0.1', async () => {
  for (const [version, SockJS] of Object.entries(clients)) {
    for (const options of [{ slow: 300 }, { slow: 1_000 }, { slow: 1_000, timeout: 5_000 }]) {
      slowMs = options.slow;
      tried = [];
      runs += 1;
      await new Promise((resolve) => {
        const client = new SockJS(`http://127.0.0.1:${server.address().port}/${runs}`, null, options);
        const say = (what) => resolve(console.log(version, JSON.stringify(options), tried.join(' '), what));
        client.onopen = () => say(`open: ${client.transport}`);
        client.onclose = ({ code, reason }) => say(`${code} ${reason}`);
      });
    }
  }
  process.exit();
});
E
timeout 100 node run.cjs | tee seen
grep '^#> ' "$self" | cut -c4- | diff - seen
