#!/usr/bin/env bash
# Heart-beats of STOMP clients when the broker wants none: PyPI stompman 3.16.0, stomp.py 9.0.0, aiostomp 1.7.3.
# A broker that answers CONNECT with heart-beat:0,0 wants no heart-beats, as Spring's simple broker does unless it is given a
# scheduler; no header means the same. One guesses silence. stompman takes the second number for the pause between two of its own:
# none, so it writes one after the other as fast as it can, a core of the client and of the broker each. Nothing is logged, and messages
# come and go as ever. (That it needs heart-beats stands on its page.) The two others are silent. Let the broker ask for some.
# Seen: client, what the broker answered, heart-beats that came in the two seconds after it.
#> stompman 0,0 over a thousand
#> stomp.py 0,0 none
#> aiostomp 0,0 none
#> stompman 0,500 up to five
#> stomp.py 0,500 up to five
#> aiostomp 0,500 up to five
set -euo pipefail
dir=$(mktemp -d) && trap 'rm -rf "$dir"' EXIT && self=$(realpath "$0") && cd "$dir"
python3 -m venv py && py/bin/pip -q --disable-pip-version-check install stompman==3.16.0 stomp.py==9.0.0 aiostomp==1.7.3

cat >run.py <<'E'
import asyncio, logging
import aiostomp, stomp, stompman
logging.disable()

class Broker:
    async def start(self, heart_beat):
        self.heart_beat, self.counted = heart_beat, asyncio.get_running_loop().create_future()
        self.server = await asyncio.start_server(self.serve, '127.0.0.1', 0)
        return self.server.sockets[0].getsockname()[1]
    async def serve(self, reader, writer):
        version = '1.2' if b'1.2' in await reader.readuntil(b'\0') else '1.1'
        writer.write(f'CONNECTED\nversion:{version}\nheart-beat:{self.heart_beat}\n\n\0'.encode())
        beats, end = 0, asyncio.get_running_loop().time() + 2
        while (left := end - asyncio.get_running_loop().time()) > 0:
            try:
                beats += (await asyncio.wait_for(reader.read(65536), left)).count(b'\n')
            except TimeoutError:
                break
        writer.close()
        if not self.counted.done():
            self.counted.set_result('none' if beats == 0 else 'up to five' if beats <= 5 else 'over a thousand' if beats > 1000 else beats)

async def with_stompman(port):
    server = stompman.ConnectionParameters(host='127.0.0.1', port=port, login='a', passcode='b')
    async with stompman.Client(servers=[server], connect_retry_attempts=1):
        await asyncio.sleep(9)
async def with_stomp_py(port):
    connection = stomp.Connection11([('127.0.0.1', port)], heartbeats=(1000, 1000), reconnect_attempts_max=1)
    await asyncio.to_thread(connection.connect, wait=True)
    await asyncio.sleep(9)
async def with_aiostomp(port):
    client = aiostomp.AioStomp('127.0.0.1', port, reconnect_max_attempts=1)
    await client.connect()
    await asyncio.sleep(9)

async def main():
    for heart_beat in ('0,0', '0,500'):
        for name, client in (('stompman', with_stompman), ('stomp.py', with_stomp_py), ('aiostomp', with_aiostomp)):
            broker = Broker()
            running = asyncio.create_task(client(await broker.start(heart_beat)))
            print(name, heart_beat, await broker.counted, flush=True)
            running.cancel()
            broker.server.close()
    import os
    os._exit(0)
asyncio.run(main())
E
timeout 60 py/bin/python run.py | tee seen
grep '^#> ' "$self" | cut -c4- | diff - seen
