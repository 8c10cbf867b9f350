// The peer: what one gets from the library `ws` with one `send` per message and client, and nothing else.
//   node ws.mjs PORT          A room is the path.
import { createServer } from 'node:http';
import { WebSocketServer } from 'ws';

const [port] = process.argv.slice(2);
const rooms = new Map();
const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false, clientTracking: false });
const server = createServer((_request, response) => response.end());
server.on('upgrade', (request, socket, head) =>
  sockets.handleUpgrade(request, socket, head, (ws) => {
    const members = rooms.get(request.url) ?? new Set();
    rooms.set(request.url, members.add(ws));
    ws.on('close', () => members.delete(ws));
    ws.on('error', () => {});
    ws.on('message', (data) => {
      const text = data.toString();
      for (const member of members) member.send(text);
    });
  }),
);
server.listen({ port: Number(port), host: '127.0.0.1', backlog: 4096 });
