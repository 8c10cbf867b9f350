// The peer: what one gets from the library `ws` with one `send` per message and client, and nothing else.
//   node ws.mjs PORT [REDIS_URL]          A room is the path. With Redis, each message goes out by way of its channel.
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { WebSocketServer } from 'ws';

const [port, redisUrl] = process.argv.slice(2);
const rooms = new Map();
const redis = redisUrl ? await openRedis(redisUrl) : null;
const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false, clientTracking: false });
const server = createServer((_request, response) => response.end());
server.on('upgrade', (request, socket, head) =>
  sockets.handleUpgrade(request, socket, head, (ws) => {
    const room = request.url;
    join(room, ws);
    ws.on('close', () => rooms.get(room).delete(ws));
    ws.on('error', () => {});
    ws.on('message', (data) => {
      if (redis) redis.publish(room, data.toString());
      else tell(room, data.toString());
    });
  }),
);
server.listen({ port: Number(port), host: '127.0.0.1', backlog: 4096 });

function join(room, ws) {
  const members = rooms.get(room);
  if (members) return members.add(ws);
  redis?.follow(room);
  return rooms.set(room, new Set([ws]));
}

function tell(room, text) {
  for (const member of rooms.get(room) ?? []) member.send(text);
}

/** ioredis is chat's dependency, not this folder's. */
async function openRedis(url) {
  const { default: Redis } = createRequire(new URL('../../services/chat/package.json', import.meta.url))('ioredis');
  const heard = new Redis(url);
  const told = new Redis(url);
  heard.on('message', tell);
  return { follow: (room) => heard.subscribe(room), publish: (room, text) => told.publish(room, text) };
}
