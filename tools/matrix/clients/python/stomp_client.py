"""stomp.py over a WebSocket; its listener hears of the end, and the program connects anew."""
import json
import os
import threading
import time
from urllib.parse import urlparse

import stomp

from lines import after, next_id, room, saw, saw_message, talk, token, url

place = urlparse(url)
over = threading.Event()
connection = None


class Listener(stomp.ConnectionListener):
    def on_message(self, frame):
        saw_message(json.loads(frame.body))

    def on_error(self, frame):
        saw("error", headers=frame.headers)

    def on_disconnected(self):
        saw("over")
        over.set()


def connect():
    global connection
    connection = stomp.WSStompConnection(
        [(place.hostname, place.port)], ws_path="/ws", reconnect_attempts_max=1, heartbeats=(10000, 10000)
    )
    connection.set_listener("", Listener())
    connection.connect(wait=True, headers={"Authorization": f"Bearer {token}"})
    connection.subscribe(f"/topic/chat/{room}", id="room", headers={"after": str(after())})


def say(content):
    body = json.dumps({"content": content, "clientMessageId": next_id()})
    connection.send(f"/app/chat/{room}", body, content_type="application/json")


talk(say, lambda: os._exit(0))
while True:
    over.clear()
    try:
        connect()
        over.wait()
    except stomp.exception.StompException:
        pass
    time.sleep(0.3)
