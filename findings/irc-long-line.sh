#!/usr/bin/env bash
# A long Korean message to an IRC channel, as a bridge sends it: npm irc 0.5.2, slate-irc 0.9.7, irc-upd 0.11.0 and
# irc-framework 4.14.0.
# A line of IRC has 512 bytes, and servers drop the rest. Libraries split what is longer, so one guesses that nothing is lost.
# irc splits by characters, and slate-irc not at all: 300 letters arrive, of 300 syllables (900 bytes) the first 166, and who
# wrote sees no error. A test in English passes. irc-upd, made of irc, and irc-framework count bytes. Split the text
# yourself, by Buffer.byteLength, at some 400 bytes, as the server adds the sender's name and host.
# Seen: library, 300 times which letter, lines, how many characters arrived.
#> irc a lines 1 characters 300
#> irc 가 lines 1 characters 166
#> slate-irc a lines 1 characters 300
#> slate-irc 가 lines 1 characters 166
#> irc-upd a lines 1 characters 300
#> irc-upd 가 lines 2 characters 300
#> irc-framework a lines 1 characters 300
#> irc-framework 가 lines 3 characters 300
set -euo pipefail
dir=$(mktemp -d) && trap 'rm -rf "$dir"' EXIT && self=$(realpath "$0") && cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts --prefix . irc@0.5.2 irc-framework@4.14.0 irc-upd@0.11.0 slate-irc@0.9.7

cat >run.mjs <<'E'
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import irc from 'irc';
import IRC from 'irc-framework';
import upd from 'irc-upd';
import slate from 'slate-irc';

// What a server does with a line: 512 bytes with its end, the rest is dropped (RFC 1459, 2.3).
let arrived;
const server = createServer((socket) => {
  let rest = Buffer.alloc(0);
  const answer = (line) => socket.write(`:server ${line}\r\n`);
  socket.on('error', () => {});
  socket.on('data', (data) => {
    rest = Buffer.concat([rest, data]);
    for (let end = rest.indexOf('\n'); end >= 0; end = rest.indexOf('\n')) {
      const line = rest.subarray(0, Math.min(end, 510)).toString().replace(/\uFFFD|\r$/g, '');
      rest = rest.subarray(end + 1);
      if (/^CAP LS/.test(line)) answer('CAP * LS :');
      if (/^USER/.test(line)) answer('001 shop :hello');
      if (/^PRIVMSG/.test(line)) arrived(line.replace(/^PRIVMSG #a :?/, ''));
    }
  });
});
await once(server.listen(0, '127.0.0.1'), 'listening');
const { port } = server.address();
const host = '127.0.0.1';
const openers = {
  irc: async () => {
    const client = new irc.Client(host, 'shop', { port, autoConnect: false });
    client.connect();
    await once(client, 'registered');
    return (text) => client.say('#a', text);
  },
  'slate-irc': async () => {
    const client = slate(connect(port, host));
    client.nick('shop');
    client.user('shop', 'shop');
    await once(client, 'welcome');
    return (text) => client.send('#a', text);
  },
  'irc-upd': async () => {
    const client = new upd.Client(host, 'shop', { port, autoConnect: false });
    client.connect();
    await once(client, 'registered');
    return (text) => client.say('#a', text);
  },
  'irc-framework': async () => {
    const client = new IRC.Client({ host, port, nick: 'shop', auto_reconnect: false });
    client.connect();
    await new Promise((resolve) => client.on('registered', resolve));
    return (text) => client.say('#a', text);
  },
};
for (const [name, open] of Object.entries(openers)) {
  const say = await open();
  for (const text of ['a'.repeat(300), '가'.repeat(300)]) {
    const lines = [];
    const done = new Promise((resolve) => {
      arrived = (line) => (line === 'end' ? resolve() : lines.push(line));
    });
    say(text);
    say('end');
    await done;
    console.log(name, text[0], 'lines', lines.length, 'characters', lines.join('').length);
  }
}
process.exit();
E
timeout 60 node run.mjs | tee seen
grep '^#> ' "$self" | cut -c4- | diff - seen
