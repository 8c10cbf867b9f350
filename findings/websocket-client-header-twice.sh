#!/usr/bin/env bash
# PyPI websocket-client 1.9.2, a WebSocket client (stomp.py stands on it).
# A header that the caller gives goes out beside the library's own, so a request has two Origins or two Hosts: a server
# refuses the second Host (RFC 9112) and finds neither Origin in its list. A `Sec-WebSocket-Key` of the caller takes its
# place, but not one spelled in lower case, though names of headers have no case elsewhere. PyPI websockets
# 17.4 sends no Origin unless asked, one with `origin=`, and one with `additional_headers`. Use `origin=`, `host=`,
# `suppress_origin=True`. Seen:
#> websocket-client origin ['http://127.0.0.1:PORT', 'https://shop.example']
#> websocket-client host ['127.0.0.1:PORT', 'chat.example']
#> websocket-client sec-websocket-key 1
#> websocket-client sec-websocket-key 2
#> websocket-client origin ['https://shop.example']
#> websockets origin ['https://shop.example']
#> websockets origin []
set -euo pipefail
dir=$(mktemp -d) && trap 'rm -rf "$dir"' EXIT && self=$(realpath "$0") && cd "$dir"
python3 -m venv py && py/bin/pip -q --disable-pip-version-check install websocket-client==1.9.2 websockets==17.4

cat >run.py <<'E'
import socket
import threading
import websocket
from websockets.sync.client import connect


def asked(name, client, **options):
    """What a client sends of a header, to a server that refuses it."""
    values = []
    with socket.create_server(('127.0.0.1', 0)) as server:
        port = server.getsockname()[1]

        def answer():
            connection, _ = server.accept()
            with connection:
                head = b''
                while b'\r\n\r\n' not in head:
                    head += connection.recv(4096)
                for line in head.decode().split('\r\n')[1:]:
                    key, _, value = line.partition(':')
                    if key.lower() == name:
                        values.append(value.strip().replace(str(port), 'PORT'))
                connection.sendall(b'HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n')

        thread = threading.Thread(target=answer)
        thread.start()
        try:
            client(f'ws://127.0.0.1:{port}/', **options)
        except Exception:
            pass
        thread.join()
    return values


old = websocket.create_connection
key = 'AAAAAAAAAAAAAAAAAAAAAA=='
print('websocket-client origin', asked('origin', old, header={'Origin': 'https://shop.example'}))
print('websocket-client host', asked('host', old, header={'Host': 'chat.example'}))
for name in ['Sec-WebSocket-Key', 'sec-websocket-key']:
    print('websocket-client sec-websocket-key', len(asked('sec-websocket-key', old, header={name: key})))
print('websocket-client origin', asked('origin', old, origin='https://shop.example'))
print('websockets origin', asked('origin', connect, additional_headers={'Origin': 'https://shop.example'}))
print('websockets origin', asked('origin', connect))
E
py/bin/python run.py | tee seen
grep '^#> ' "$self" | cut -c4- | diff - seen
