#!/usr/bin/env bash
# A password with a colon or a backslash at a STOMP broker: PyPI aiostomp 1.7.3, stompman 3.16.0, stomp.py 9.0.0, npm stompit 1.0.0.
# Headers are escaped, but not those of CONNECT (STOMP 1.1 and 1.2, for the sake of 1.0), and a broker takes the passcode as it stands.
# One guesses that all clients send it so. aiostomp escapes it: p:w\d goes out as p\cw\\d, and login is refused with the right
# password, at this client alone. With another password it works. Use letters and digits in passwords for brokers.
# Seen: client, login and passcode as they came.
#> aiostomp a\cb p\cw\\d
#> stompman a:b p:w\d
#> stomp.py a:b p:w\d
#> stompit a:b p:w\d
set -euo pipefail
dir=$(mktemp -d) && trap 'rm -rf "$dir"' EXIT && self=$(realpath "$0") && cd "$dir"
npm install --silent --no-audit --no-fund --prefix . stompit@1.0.0
python3 -m venv py && py/bin/pip -q --disable-pip-version-check install aiostomp==1.7.3 stompman==3.16.0 stomp.py==9.0.0

cat >run.cjs <<'E'
require('stompit').connect({ host: '127.0.0.1', port: Number(process.argv[2]), connectHeaders: { login: 'a:b', passcode: 'p:w\\d' } }, () => {});
setTimeout(() => process.exit(), 5_000);
E
cat >run.py <<'E'
import asyncio, logging, os, re
import aiostomp, stomp, stompman
logging.disable()
LOGIN, PASSCODE = 'a:b', 'p:w\\d'

async def with_aiostomp(port):
    await aiostomp.AioStomp('127.0.0.1', port, reconnect_max_attempts=1).connect(LOGIN, PASSCODE)
async def with_stompman(port):
    server = stompman.ConnectionParameters(host='127.0.0.1', port=port, login=LOGIN, passcode=PASSCODE)
    async with stompman.Client(servers=[server], connect_retry_attempts=1):
        pass
async def with_stomp_py(port):
    connection = stomp.Connection12([('127.0.0.1', port)], reconnect_attempts_max=1)
    await asyncio.to_thread(connection.connect, LOGIN, PASSCODE)
async def with_stompit(port):
    await asyncio.create_subprocess_exec('node', 'run.cjs', str(port))

async def main():
    for name, client in (('aiostomp', with_aiostomp), ('stompman', with_stompman), ('stomp.py', with_stomp_py), ('stompit', with_stompit)):
        came = asyncio.get_running_loop().create_future()
        async def serve(reader, writer):
            frame = (await reader.readuntil(b'\0')).decode()
            if not came.done():
                came.set_result(frame)
        server = await asyncio.start_server(serve, '127.0.0.1', 0)
        running = asyncio.create_task(client(server.sockets[0].getsockname()[1]))
        frame = await came
        print(name, *(re.search(rf'^{header}:(.*)$', frame, re.MULTILINE)[1] for header in ('login', 'passcode')), flush=True)
        running.cancel()
        server.close()
    os._exit(0)
asyncio.run(main())
E
timeout 60 py/bin/python run.py | tee seen
grep '^#> ' "$self" | cut -c4- | diff - seen
