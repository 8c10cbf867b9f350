"""gongu.v1 by websockets, whose `connect` in a loop comes back by itself."""
import asyncio
import json
import os

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from lines import after, next_id, room, saw, saw_message, talk, token, url


async def main():
    loop = asyncio.get_running_loop()
    current = None

    def say(content):
        frame = {"type": "send", "roomId": room, "clientMessageId": next_id(), "content": content}
        asyncio.run_coroutine_threadsafe(current.send(json.dumps(frame)), loop)

    talk(say, lambda: os._exit(0))
    async for socket in connect(url.replace("http", "ws", 1) + "/ws", subprotocols=["gongu.v1"]):
        current = socket
        try:
            await socket.send(json.dumps({"type": "auth", "token": token}))
            async for text in socket:
                frame = json.loads(text)
                if frame["type"] == "ready":
                    await socket.send(json.dumps({"type": "join", "ref": "join", "roomId": room, "after": after()}))
                elif frame["type"] == "joined":
                    for message in frame["messages"]:
                        saw_message(message)
                elif frame["type"] == "message":
                    saw_message(frame)
        except ConnectionClosed as end:
            saw("over", why=str(end))


asyncio.run(main())
