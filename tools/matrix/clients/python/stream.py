"""httpx-sse; coming back with the last id is the caller's."""
import json
import os
import time

import httpx
from httpx_sse import connect_sse

from lines import after, next_id, post, room, saw, saw_message, talk, token, url

post("/participants", {})
talk(lambda content: post("/messages", {"clientMessageId": next_id(), "content": content}), lambda: os._exit(0))
with httpx.Client(timeout=httpx.Timeout(10, read=None)) as client:
    while True:
        headers = {"authorization": f"Bearer {token}", "last-event-id": str(after())}
        try:
            with connect_sse(client, "GET", f"{url}/api/chat/rooms/{room}/events", headers=headers) as source:
                for event in source.iter_sse():
                    if event.event == "message":
                        if event.data:
                            saw_message(json.loads(event.data))
                        else:
                            saw("empty")
        except httpx.HTTPError as end:
            saw("over", why=repr(end))
        time.sleep(0.3)
