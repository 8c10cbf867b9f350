// gongu.v1 in sockjs-client, over the transport that the first argument names.
import { gongu, library, more, saw, talk, url } from './lines.mjs';

const { default: SockJS } = await library('sockjs-client');
let socket;
const protocol = gongu((text) => socket.send(text));

function open() {
  socket = new SockJS(`${url}/ws/chat`, null, { transports: [more[0]] });
  socket.onopen = protocol.opened;
  socket.onmessage = ({ data }) => protocol.received(data);
  socket.onclose = ({ code }) => {
    saw('over', { code });
    setTimeout(open, 200);
  };
}

open();
talk(protocol.say, () => process.exit(0));
