"""What the clients in Python have in common: arguments, lines out, lines in."""
import json
import sys
import threading
import urllib.request

url, token, room = sys.argv[-3:]
last = 0
sent = 0


def after():
    return last


def next_id():
    global sent
    sent += 1
    return f"matrix-{sent}"


def saw(what, **fields):
    print(json.dumps({"saw": what, **fields}), flush=True)


def saw_message(message):
    global last
    last = max(last, message["seq"])
    sender = message["sender"]
    saw("message", seq=message["seq"], content=message["content"], sender=sender and sender["userId"])


def talk(say, end):
    """Each line of standard input is something to say; its end is the client's."""

    def read():
        for line in sys.stdin:
            say(line.rstrip("\n"))
        end()

    threading.Thread(target=read, daemon=True).start()


def post(path, body):
    headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
    request = urllib.request.Request(f"{url}/api/chat/rooms/{room}{path}", json.dumps(body).encode(), headers)
    urllib.request.urlopen(request).read()
