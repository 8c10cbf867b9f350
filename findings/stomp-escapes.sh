#!/usr/bin/env bash
# Escapes in STOMP headers: npm webstomp-client 1.2.6, npm @stomp/stompjs 7.5.0, PyPI stomp.py 9.0.0.
# STOMP 1.1 and 1.2 write a colon in a header as \c. stomp.py reads it in both; stompjs only when 1.2 was agreed; and
# webstomp-client asks for 1.2 alone and never reads it, nor a body beyond its first NUL, whatever content-length says.
# A nickname "a:b" in a header arrives as "a\cb", at one client of three, or at two with an older broker. Put what
# people type into the body. Seen: client, version that the server agreed to, header, body as JSON.
#> webstomp-client 1.1 a\cb "x"
#> stompjs 1.1 a\cb "x\u0000y"
#> stomp.py 1.1 a:b "x\u0000y"
#> webstomp-client 1.2 a\cb "x"
#> stompjs 1.2 a:b "x\u0000y"
#> stomp.py 1.2 a:b "x\u0000y"
set -euo pipefail
dir=$(mktemp -d) && trap 'rm -rf "$dir"' EXIT && self=$(realpath "$0") && cd "$dir"
npm install --silent --no-audit --no-fund --prefix . webstomp-client@1.2.6 @stomp/stompjs@7.5.0 ws@8.23.0
python3 -m venv py && py/bin/pip -q --disable-pip-version-check install stomp.py==9.0.0

cat >run.py <<'E'
import json, sys, threading
import stomp
done = threading.Event()
class Listener(stomp.ConnectionListener):
    def on_message(self, frame):
        print('stomp.py', sys.argv[2], frame.headers['nick'], json.dumps(frame.body), flush=True)
        done.set()
connection = getattr(stomp, 'Connection' + sys.argv[2].replace('.', ''))([('127.0.0.1', int(sys.argv[1]))])
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
import { WebSocket, WebSocketServer } from 'ws';
import webstomp from 'webstomp-client';

let version;
function answer(text, send) {
  if (/^(CONNECT|STOMP)\r?\n/.test(text)) send(`CONNECTED\nversion:${version}\nheart-beat:0,0\n\n\0`);
  const id = /^SUBSCRIBE[^]*?\nid:(.*)/.exec(text)?.[1];
  if (id) send(`MESSAGE\nsubscription:${id}\nmessage-id:1\ndestination:/topic/a\nnick:a\\cb\ncontent-length:3\n\nx\0y\0`);
  const receipt = /\nreceipt:(.*)/.exec(text)?.[1];
  if (receipt) send(`RECEIPT\nreceipt-id:${receipt}\n\n\0`);
}
const sockets = new WebSocketServer({ port: 0, host: '127.0.0.1' });
sockets.on('connection', (socket) => socket.on('message', (data) => answer(String(data), (text) => socket.send(text))));
const plain = createServer((socket) => socket.on('data', (data) => answer(String(data).trim(), (text) => socket.write(text))));
await Promise.all([once(sockets, 'listening'), once(plain.listen(0, '127.0.0.1'), 'listening')]);
globalThis.WebSocket = WebSocket;
const url = `ws://127.0.0.1:${sockets.address().port}`;
for (version of ['1.1', '1.2']) {
  const show = (name, { headers, body }) => console.log(name, version, headers.nick, JSON.stringify(body));
  await new Promise((resolve) => {
    const client = webstomp.client(url, { debug: false, heartbeat: false });
    client.connect({}, () => client.subscribe('/topic/a', (message) => resolve(show('webstomp-client', message))));
  });
  await new Promise((resolve) => {
    const onConnect = () => client.subscribe('/topic/a', (message) => resolve(show('stompjs', message)));
    const client = new Client({ brokerURL: url, reconnectDelay: 0, onConnect });
    client.activate();
  });
  await once(spawn('py/bin/python', ['run.py', plain.address().port, version], { stdio: 'inherit' }), 'exit');
}
process.exit();
E
timeout 60 node run.mjs | tee seen
grep '^#> ' "$self" | cut -c4- | diff - seen
