// How often chat reads PostgreSQL for its rooms, and what such a read costs beside one of Redis: the figures of
// docs/decisions/0001-caches.md. Statements are counted by a proxy between chat and PostgreSQL.
//   node scripts/build.mjs
//   DATABASE_URL=postgresql://… REDIS_URL=redis://… node bench/room-reads.mjs     (an empty database, an idle Redis)
import { spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { WebSocket } from 'ws';
import { countingProxy } from './counting-proxy.mjs';

const { DATABASE_URL, REDIS_URL } = process.env;
if (!DATABASE_URL || !REDIS_URL) throw new Error('set DATABASE_URL and REDIS_URL');
const CLIENTS = 200;
const ROOMS = 50;
const IDLE_MS = 15_000;
const JWT_SECRET = 'a-secret-of-users-for-this-measurement';
const SERVICE_JWT_SECRET = 'a-secret-of-services-for-this-measurement';
const BUNDLE = fileURLToPath(new URL('../services/chat/dist/main.mjs', import.meta.url));

const proxy = await countingProxy(DATABASE_URL);
const port = await freePort();
const api = `http://127.0.0.1:${port}/api/chat/rooms`;
const service = () => token({ sub: 'trade', aud: 'chat' }, SERVICE_JWT_SECRET);
const users = Array.from({ length: CLIENTS }, (_, i) => token({ sub: `user-${i}` }, JWT_SECRET));
let chat;
process.once('exit', () => chat?.kill('SIGKILL'));
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));
await start();
const run = Date.now().toString(36);
const big = `${run}-big`;
const many = Array.from({ length: ROOMS }, (_, i) => `${run}-${i}`);
for (const room of [big, ...many]) await open(room);
const roomOf = (i) => many[i % ROOMS];
const rows = [];

await measure('200 new members join one room at once', () => joinAll(() => big, 0));
await talk(big, 300);
await measure('200 members come back to a room in memory', () => joinAll(() => big, 200));
await restart();
await measure('200 members of one room come back to an instance that was killed', () => joinAll(() => big, 200));
await joinAll(roomOf, 0);
await restart();
await measure(`200 members of ${ROOMS} rooms come back to an instance that was killed`, () => joinAll(roomOf, 0));
await measure('200 messages sent', () => talk(big, 200));
await measure('200 × GET /api/chat/rooms/:roomId', async () => {
  for (const user of users) await fetch(`${api}/${big}`, { headers: { authorization: `Bearer ${user}` } });
});
const sockets = await Promise.all(users.map((user, i) => join(user, roomOf(i), 0)));
await measure(`${IDLE_MS / 1000} s of quiet, ${ROOMS} rooms open`, () => sleep(IDLE_MS));
for (const socket of sockets) socket.terminate();
console.table(rows);
console.table(await compareReads());

process.exit();

async function measure(what, work) {
  await sleep(1_500); // what the phase before has left
  proxy.reset();
  const started = performance.now();
  const end = await work();
  const ms = Math.round(performance.now() - started);
  const { rooms, membership, messages, heads, writes, others } = proxy.counts();
  console.error(what);
  rows.push({ what, rooms, membership, messages, heads, writes, others, ms });
  if (Array.isArray(end)) for (const socket of end) socket.terminate?.();
}

/** Reading one room as an instance does when it opens it, and the same bytes from Redis. Medians of 200, milliseconds. */
async function compareReads() {
  const { default: pg } = await import('pg');
  const client = new pg.Client({ connectionString: DATABASE_URL, options: '-c search_path=chat' });
  await client.connect();
  const sql = proxy.textOf('rooms');
  const params = [big, 1_000, 300];
  const { rows: found } = await client.query(sql, params);
  const bytes = Buffer.byteLength(JSON.stringify(found[0]));
  const postgres = await median(async () => (await client.query({ name: 'room', text: sql, values: params })).rows);
  await client.end();

  const at = new URL(REDIS_URL);
  const socket = connect(Number(at.port || 6379), at.hostname);
  await once(socket, 'connect');
  if (at.password) await command(socket, ['AUTH', decodeURIComponent(at.password)]);
  await command(socket, ['SET', `bench:${big}`, JSON.stringify(found[0]), 'EX', '60']);
  const redis = await median(async () => {
    const reply = await command(socket, ['GET', `bench:${big}`], bytes);
    return JSON.parse(reply.slice(reply.indexOf('\n') + 1));
  });
  socket.destroy();
  return { 'one room, as read': { bytes, 'PostgreSQL ms': postgres, 'Redis GET + JSON.parse ms': redis } };
}

/** One RESP command; the reply as text, once it has as many bytes. */
function command(socket, words, atLeast = 0) {
  socket.write(
    words.reduce((text, word) => `${text}$${Buffer.byteLength(word)}\r\n${word}\r\n`, `*${words.length}\r\n`),
  );
  return new Promise((resolve) => {
    const parts = [];
    let size = 0;
    socket.on('data', function take(part) {
      parts.push(part);
      size += part.length;
      if (size <= atLeast) return;
      socket.off('data', take);
      resolve(Buffer.concat(parts).toString('utf8'));
    });
  });
}

async function median(work) {
  const times = [];
  for (let i = 0; i < 200; i++) {
    const started = performance.now();
    await work();
    times.push(performance.now() - started);
  }
  return Number(times.sort((a, b) => a - b)[100].toFixed(2));
}

function joinAll(roomAt, after) {
  return Promise.all(users.map((user, i) => join(user, roomAt(i), after)));
}

async function join(user, roomId, after) {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`, ['gongu.v1', `bearer.${user}`]);
  await once(socket, 'open');
  await answer(socket, { type: 'join', roomId, after }, 'joined');
  return socket;
}

function answer(socket, frame, type) {
  socket.send(JSON.stringify(frame));
  return new Promise((resolve, reject) => {
    const closed = (code) => reject(new Error(`closed with ${code}`));
    socket.once('close', closed);
    socket.on('message', function hear(data) {
      const heard = JSON.parse(data);
      if (heard.type === 'error') reject(new Error(JSON.stringify(heard)));
      if (heard.type !== type) return;
      socket.off('message', hear).off('close', closed);
      resolve(heard);
    });
  });
}

async function talk(roomId, count) {
  const socket = await join(users[0], roomId, 0);
  for (let i = 0; i < count; i++) {
    await answer(
      socket,
      { type: 'send', roomId, clientMessageId: `${Date.now()}-${i}`, content: '가'.repeat(50) },
      'ack',
    );
  }
  return [socket];
}

async function open(productId) {
  const body = { productId, title: productId, hostId: 'seller', maxParticipants: 1_000 };
  const { status } = await fetch(api, {
    method: 'POST',
    headers: { authorization: `Bearer ${service()}`, 'content-type': 'application/json' },
    body: JSON.stringify({ ...body, expiresAt: new Date(Date.now() + 3_600_000).toISOString() }),
  });
  if (status !== 201) throw new Error(`opening a room: ${status}`);
}

async function restart() {
  chat.kill('SIGKILL');
  await once(chat, 'exit');
  await start();
}

async function start() {
  const env = {
    PATH: process.env.PATH,
    DATABASE_URL: proxy.url,
    REDIS_URL,
    JWT_SECRET,
    SERVICE_JWT_SECRET,
    ALLOWED_ORIGINS: '*',
    HOST: '127.0.0.1',
    CHAT_PORT: String(port),
    RATE_MESSAGES_PER_SECOND: '0',
    RATE_FRAMES_PER_SECOND: '0',
  };
  chat = spawn(process.execPath, [BUNDLE], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const lines = createInterface({ input: chat.stdout });
  await new Promise((resolve) => lines.on('line', (line) => line.includes('service.started') && resolve()));
  await sleep(1_000); // it finds Redis
}

function token(claims, secret) {
  const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const body = `${part({ alg: 'HS256', typ: 'JWT' })}.${part({ ...claims, exp: Math.floor(Date.now() / 1000) + 290 })}`;
  return `${body}.${createHmac('sha256', secret).update(body).digest('base64url')}`;
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port: free } = server.address();
  server.close();
  await once(server, 'close');
  return free;
}
