// The peer of the append: `ws`, and one prepared INSERT per message by node-postgres, acknowledged when it is done.
//   node store-each.mjs PORT DATABASE_URL          A room is the path. Nothing is checked, numbered or deduplicated.
import { createServer } from 'node:http';
import pg from 'pg';
import { WebSocketServer } from 'ws';

const [port, databaseUrl] = process.argv.slice(2);
const pool = new pg.Pool({ connectionString: databaseUrl, max: 10 });
await pool.query('DROP SCHEMA IF EXISTS peer CASCADE');
await pool.query('CREATE SCHEMA peer');
await pool.query(`CREATE TABLE peer.messages (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, room text, text text, created_at timestamptz DEFAULT now())`);
const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false, clientTracking: false });
const server = createServer((_request, response) => response.end());
const rooms = new Map();
server.on('upgrade', (request, socket, head) =>
  sockets.handleUpgrade(request, socket, head, (ws) => {
    const room = request.url;
    rooms.set(room, (rooms.get(room) ?? new Set()).add(ws));
    ws.on('close', () => rooms.get(room).delete(ws));
    ws.on('error', () => {});
    ws.on('message', async (data) => {
      const { ref, text } = JSON.parse(data);
      await pool.query({
        name: 'store',
        text: 'INSERT INTO peer.messages (room, text) VALUES ($1, $2)',
        values: [room, text],
      });
      ws.send(JSON.stringify({ type: 'ack', ref }));
      for (const member of rooms.get(room)) member.send(JSON.stringify({ type: 'message', room, text }));
    });
  }),
);
server.listen({ port: Number(port), host: '127.0.0.1', backlog: 4096 });
