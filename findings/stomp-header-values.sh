#!/usr/bin/env bash
# Blanks in STOMP headers: npm webstomp-client 1.2.6, stompjs 2.3.3, @stomp/stompjs 7.5.0, PyPI stomp.py 9.0.0.
# STOMP 1.1 and 1.2: "clients and servers MUST never trim or pad headers with spaces". All three clients of npm trim them, the
# current one too, so a header that is compared, signed or shown ("  a  ") is another one in the browser than in Python. A
# header that comes twice counts by its first place in all four, as the standard wants. Seen: client, a header that comes
# twice, one with blanks around it, an empty one.
#> webstomp-client ["first","a",""]
#> stompjs 2 ["first","a",""]
#> stompjs 7 ["first","a",""]
#> stomp.py ["first", "  a  ", ""]
set -euo pipefail
dir=$(mktemp -d) && trap 'rm -rf "$dir"' EXIT && self=$(realpath "$0") && cd "$dir"
npm install --silent --no-audit --no-fund --prefix . webstomp-client@1.2.6 @stomp/stompjs@7.5.0 stompjs@2.3.3 ws@8.23.0
python3 -m venv py && py/bin/pip -q --disable-pip-version-check install stomp.py==9.0.0

cat >run.py <<'E'
import json, sys, threading
import stomp
done = threading.Event()
class Listener(stomp.ConnectionListener):
    def on_message(self, frame):
        print('stomp.py', json.dumps([frame.headers.get(name) for name in ('twice', 'blanks', 'empty')]), flush=True)
        done.set()
connection = stomp.Connection12([('127.0.0.1', int(sys.argv[1]))])
connection.set_listener('', Listener())
connection.connect(wait=True)
connection.subscribe('/topic/a', id='1')
done.wait(5)
connection.disconnect()
E
cat >run.mjs <<'E'
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { Client } from '@stomp/stompjs';
import stompjs from 'stompjs';
import { WebSocket, WebSocketServer } from 'ws';
import webstomp from 'webstomp-client';

function answer(text, send) {
  if (/^(CONNECT|STOMP)\r?\n/.test(text)) send('CONNECTED\nversion:1.2\nheart-beat:0,0\n\n\0');
  const id = /^SUBSCRIBE[^]*?\nid:(.*)/.exec(text)?.[1];
  const headers = 'twice:first\ntwice:second\nblanks:  a  \nempty:\n';
  if (id) send(`MESSAGE\nsubscription:${id}\nmessage-id:1\ndestination:/topic/a\n${headers}\nhello\0`);
  const receipt = /\nreceipt:(.*)/.exec(text)?.[1];
  if (receipt) send(`RECEIPT\nreceipt-id:${receipt}\n\n\0`);
}
const sockets = new WebSocketServer({ port: 0, host: '127.0.0.1' });
sockets.on('connection', (socket) => socket.on('message', (data) => answer(String(data), (text) => socket.send(text))));
const plain = createServer((socket) => socket.on('data', (data) => answer(String(data).trim(), (text) => socket.write(text))));
await Promise.all([once(sockets, 'listening'), once(plain.listen(0, '127.0.0.1'), 'listening')]);
globalThis.WebSocket = WebSocket;
const url = `ws://127.0.0.1:${sockets.address().port}`;
const show = (name, { headers }) => console.log(name, JSON.stringify([headers.twice, headers.blanks, headers.empty]));
for (const [name, open] of [
  ['webstomp-client', () => webstomp.client(url, { debug: false, heartbeat: false })],
  ['stompjs 2', () => stompjs.over(new WebSocket(url))],
]) {
  const client = open();
  client.debug = () => {};
  await new Promise((resolve) => {
    client.connect({}, () => client.subscribe('/topic/a', (message) => resolve(show(name, message))));
  });
}
await new Promise((resolve) => {
  const onConnect = () => client.subscribe('/topic/a', (message) => resolve(show('stompjs 7', message)));
  const client = new Client({ brokerURL: url, reconnectDelay: 0, onConnect });
  client.activate();
});
await once(spawn('py/bin/python', ['run.py', plain.address().port], { stdio: 'inherit' }), 'exit');
process.exit();
E
timeout 60 node run.mjs | tee seen
grep '^#> ' "$self" | cut -c4- | diff - seen
