// Talks in a product's room over the socket: joins, says a line, prints what it hears. Lines you type are sent too.
//
//   node examples/talk.mjs <token> <room> [text]
//
// CHAT_URL is the chat service, default http://127.0.0.1:8080. A room has its product's id. Ctrl-C ends it.
import { randomUUID } from 'node:crypto';
import { createInterface } from 'node:readline';
import { WebSocket } from 'ws';

const [token, roomId, text] = process.argv.slice(2);
if (!token || !roomId) {
  console.error('usage: node examples/talk.mjs <token> <room> [text]');
  process.exit(2);
}

const url = (process.env.CHAT_URL ?? 'http://127.0.0.1:8080').replace(/^http/, 'ws').replace(/\/$/, '');
const socket = new WebSocket(`${url}/ws`, 'gongu.v1');
const write = (frame) => socket.send(JSON.stringify(frame));
// A retry with the same clientMessageId would be acknowledged again and stored once.
const say = (content) => write({ type: 'send', ref: randomUUID(), roomId, clientMessageId: randomUUID(), content });

socket.on('open', () => write({ type: 'auth', token }));

socket.on('message', (data) => {
  const frame = JSON.parse(data.toString());
  switch (frame.type) {
    case 'ready':
      console.log(`* signed in as ${frame.user.nickname}`);
      return write({ type: 'join', ref: 'join', roomId });
    case 'joined':
      console.log(`* in "${frame.room.title}" (${frame.room.status}) with ${frame.room.participantCount} participants`);
      for (const message of frame.messages) print(message);
      if (text) say(text);
      createInterface({ input: process.stdin }).on('line', (line) => line.trim() && say(line));
      return;
    case 'message':
      return print(frame);
    case 'ack':
      return console.log(`* stored as number ${frame.seq}`);
    case 'presence':
      return console.log(`* ${frame.userId} is ${frame.online ? 'here' : 'away'}, ${frame.onlineCount} online`);
    case 'typing':
      return console.log(`* ${frame.user.nickname} ${frame.typing ? 'is typing' : 'stopped typing'}`);
    case 'reconnect':
      console.log('* the server stops or restarts: a real client comes back and joins with "after"');
      return socket.close(1000);
    case 'error':
      return console.error(`! ${frame.code}: ${frame.message}`);
  }
});

socket.on('close', (code, reason) => {
  console.log(`* closed: ${code} ${reason}`);
  process.exit(code === 1000 ? 0 : 1);
});
socket.on('error', (error) => console.error(`! ${error.message || error.code}`));
process.on('SIGINT', () => socket.close(1000));

function print({ seq, kind, sender, content }) {
  console.log(kind === 'SYSTEM' ? `${seq} * ${content}` : `${seq} ${sender?.nickname ?? 'shop'}: ${content}`);
}
