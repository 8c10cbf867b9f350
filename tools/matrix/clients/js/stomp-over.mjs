// stompjs 2, @stomp/stompjs 3 and 4, and webstomp-client, whose `over` takes a socket; coming back is the caller's. The first argument is the
// package.
import { after, library, more, nextId, roomId, saw, sawMessage, talk, token, url } from './lines.mjs';

const { default: stomp } = await library(more[0]);
const { WebSocket } = await library('ws');
let client;

function open() {
  const socket = new WebSocket(`${url.replace(/^http/, 'ws')}/ws`, ['v12.stomp', 'v11.stomp', 'v10.stomp']);
  client = stomp.over(socket, { debug: false, binary: false });
  client.debug = () => {};
  let isOver = false;
  const over = () => {
    if (isOver) return;
    isOver = true;
    saw('over');
    setTimeout(open, 300);
  };
  const joined = () => {
    const receive = ({ body }) => sawMessage(JSON.parse(body));
    client.subscribe(`/topic/chat/${roomId}`, receive, { after: String(after()) });
  };
  client.connect({ Authorization: `Bearer ${token}` }, joined, over);
  socket.addEventListener('error', over); // before CONNECTED nobody else hears of it
}

open();
talk(
  (content) => {
    const body = JSON.stringify({ content, clientMessageId: nextId() });
    const headers = { 'content-type': 'application/json' };
    const destination = `/app/chat/${roomId}`;
    // webstomp-client has changed their order.
    if (more[0] === 'webstomp-client') client.send(destination, body, headers);
    else client.send(destination, headers, body);
  },
  () => process.exit(0),
);
