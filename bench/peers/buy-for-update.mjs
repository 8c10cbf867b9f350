// The peer of purchases: the product's row is locked by SELECT … FOR UPDATE, and all is written in one transaction, by
// node-postgres with prepared statements.
//   node buy-for-update.mjs PORT DATABASE_URL SECRET
// As trade it checks the token (HS256), keeps who buys what, counts, closes a product that is full, and writes an audit row, a live
// change and an entry for chat. It has no idempotency keys, tiers, payments, waiting lists, deadlines, limits or streams.
import { createHmac, randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import pg from 'pg';

const [port, databaseUrl, secret] = process.argv.slice(2);
const pool = new pg.Pool({ connectionString: databaseUrl, max: 10 });
await pool.query(`SELECT pg_advisory_lock(1);
CREATE SCHEMA IF NOT EXISTS peer;
CREATE TABLE IF NOT EXISTS peer.products (id text PRIMARY KEY, seller text, title text, price bigint, most integer,
  count integer NOT NULL DEFAULT 0, status text NOT NULL DEFAULT 'RECRUITING', version integer NOT NULL DEFAULT 1);
CREATE TABLE IF NOT EXISTS peer.participations (product_id text, user_id text, nickname text, quantity integer,
  joined_at timestamptz DEFAULT now(), PRIMARY KEY (product_id, user_id));
CREATE TABLE IF NOT EXISTS peer.audit (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, product_id text, event text,
  actor text, data jsonb, at timestamptz DEFAULT now());
CREATE TABLE IF NOT EXISTS peer.changes (seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, product_id text, data jsonb);
CREATE TABLE IF NOT EXISTS peer.outbox (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, room_id text, payload jsonb);
SELECT pg_advisory_unlock(1)`);

const LOCK = { name: 'lock', text: 'SELECT * FROM peer.products WHERE id = $1 FOR UPDATE' };
const MINE = { name: 'mine', text: 'SELECT 1 FROM peer.participations WHERE product_id = $1 AND user_id = $2' };
const TAKE = {
  name: 'take',
  text: 'INSERT INTO peer.participations (product_id, user_id, nickname, quantity) VALUES ($1, $2, $3, $4) RETURNING *',
};
const COUNT = {
  name: 'count',
  text: 'UPDATE peer.products SET count = $2, status = $3, version = version + 1 WHERE id = $1 RETURNING version',
};
const AUDIT = {
  name: 'audit',
  text: 'INSERT INTO peer.audit (product_id, event, actor, data) VALUES ($1, $2, $3, $4)',
};
const CHANGE = { name: 'change', text: 'INSERT INTO peer.changes (product_id, data) VALUES ($1, $2)' };
const TELL = { name: 'tell', text: 'INSERT INTO peer.outbox (room_id, payload) VALUES ($1, $2)' };

function userOf({ headers }) {
  const [head, claims, signature] = (headers.authorization ?? '').replace('Bearer ', '').split('.');
  const right = createHmac('sha256', secret).update(`${head}.${claims}`).digest('base64url');
  return signature === right ? JSON.parse(Buffer.from(claims, 'base64url').toString()) : null;
}

async function buy(id, { sub, nickname = sub }, { quantity = 1 }) {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    const run = (statement, ...values) => client.query({ ...statement, values });
    const { rows } = await run(LOCK, id);
    const product = rows[0];
    const refused = !product ? 404 : product.status !== 'RECRUITING' || product.count >= product.most ? 409 : 0;
    if (refused || (await run(MINE, id, sub)).rows.length > 0) {
      await client.query('ROLLBACK');
      return [refused || 409, { code: 'REFUSED' }];
    }
    const { rows: places } = await run(TAKE, id, sub, nickname, quantity);
    const count = product.count + 1;
    const status = count >= product.most ? 'CLOSED' : 'RECRUITING';
    const { version } = (await run(COUNT, id, count, status)).rows[0];
    await run(AUDIT, id, 'buyer.committed', sub, JSON.stringify({ quantity }));
    await run(CHANGE, id, JSON.stringify({ count, status, version, most: product.most }));
    await run(TELL, id, JSON.stringify({ kind: 'buyer.committed', userId: sub, nickname }));
    await client.query('COMMIT');
    return [201, places[0]];
  } catch (error) {
    await client.query('ROLLBACK').catch(() => {});
    throw error;
  } finally {
    client.release();
  }
}

async function offer({ sub }, { title, price, maxParticipants }) {
  const id = randomUUID();
  const values = [id, sub, title, price.amount, maxParticipants];
  await pool.query('INSERT INTO peer.products (id, seller, title, price, most) VALUES ($1, $2, $3, $4, $5)', values);
  return [201, { id }];
}

const server = createServer(async (request, response) => {
  let text = '';
  for await (const part of request) text += part;
  const user = userOf(request);
  const body = text === '' ? {} : JSON.parse(text);
  const [, id] = /^\/api\/products\/([^/]+)\/participations$/.exec(request.url) ?? [];
  const [status, answer] = !user ? [401, {}] : id ? await buy(id, user, body) : await offer(user, body);
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
});
server.listen(Number(port), '127.0.0.1', 4096);
