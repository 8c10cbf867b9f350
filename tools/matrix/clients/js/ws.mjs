// gongu.v1 by `ws`.
import { gongu, library, saw, talk, url } from './lines.mjs';

const { WebSocket } = await library('ws');
let socket;
const protocol = gongu((text) => socket.send(text));

function open() {
  socket = new WebSocket(`${url.replace(/^http/, 'ws')}/ws`, 'gongu.v1');
  socket.on('open', protocol.opened);
  socket.on('message', (data) => protocol.received(String(data)));
  socket.on('error', () => {}); // 'close' follows
  socket.on('close', (code) => {
    saw('over', { code });
    setTimeout(open, 200);
  });
}

open();
talk(protocol.say, () => process.exit(0));
