// Over 300 lines: one program, to be read from its beginning to its end; what stands by itself is beside it.
// A shop's back end for payments: the half that trade leaves to the shop. It takes payments on a page, tells trade of
// them, and captures or releases them when trade's webhooks say so.
//
//   SHOP_JWT_SECRET=… WEBHOOK_ALLOW_PRIVATE=true …            trade, which must be able to reach this program
//   SHOP_JWT_SECRET=… SHOP_ORIGINS=https://shop.example node examples/payments.mjs
//
// | variable          | default                 | what                                                              |
// |-------------------|-------------------------|-------------------------------------------------------------------|
// | `SHOP_JWT_SECRET` |                         | the secret that trade has, too: signs this program's keys         |
// | `SHOP_ORIGINS`    |                         | origins of shops that may begin payments, with commas; `*`: all   |
// | `TRADE_URL`       | `http://127.0.0.1:8081` | trade                                                             |
// | `CHAT_URL`        |                         | chat, with the same secret: who asks for it is deleted in both    |
// | `HOST`, `PORT`    | `127.0.0.1`, `8082`     | where it listens                                                  |
// | `PUBLIC_URL`      | `http://HOST:PORT`      | how trade reaches it                                              |
// | `STATE_DIR`       | `.payments`             | its two files; what is in them outlives it                        |
//
// `POST /payments {productId, path, lang?}` with a buyer's token → 201 `{url}`: the page to pay on, from here. It leads back to
// `path`, with `?payment=late` where the place was gone by then.
// `POST /me/delete` with a user's token → 202 `{id}`, or 409 where trade refuses: he is deleted in both services.
// `GET /me/delete/:id` → `{status: RUNNING | WAITING | DONE | REFUSED, trade, chat}`. Without CHAT_URL both are 404.
// What this program has written down of payments is the shop's to keep.
// `POST /webhooks`: what trade says. `GET /healthz`.
//
// The provider here is a stand-in, of which any card is good. What a real one has to have is what makes each payment be captured or
// released once, whenever this program is killed: a call that is repeated with the same reference does nothing again.
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { decodeJwt, SignJWT } from 'jose';
import { Webhook } from 'standardwebhooks';
import { openDeletions } from './payments/deletions.mjs';
import { openLog } from './payments/log.mjs';
import { payPage } from './payments/page.mjs';
import { openProvider } from './payments/provider.mjs';

const { SHOP_JWT_SECRET, SHOP_ORIGINS, HOST = '127.0.0.1', PORT = '8082', STATE_DIR = '.payments' } = process.env;
if (!SHOP_JWT_SECRET || !SHOP_ORIGINS) {
  console.error('SHOP_JWT_SECRET and SHOP_ORIGINS must be set; what they are stands in examples/payments.mjs');
  process.exit(2);
}
const tradeUrl = (process.env.TRADE_URL ?? 'http://127.0.0.1:8081').replace(/\/$/, '');
const chatUrl = process.env.CHAT_URL?.replace(/\/$/, '');
const publicUrl = (process.env.PUBLIC_URL ?? `http://${HOST}:${PORT}`).replace(/\/$/, '');
const origins = SHOP_ORIGINS.split(',').map((one) => one.trim());
const BODY_BYTES = 1_048_576;
/** What trade says for good of a report; all else is asked again. */
const REFUSALS = ['NOT_FOUND', 'PAYMENT_NOT_DUE', 'AMOUNT_REFUSED', 'ILLEGAL_TRANSITION'];

const provider = openProvider(`${STATE_DIR}/provider.jsonl`);
/** Payments by their reference: `{reference, productId, userId, amount, currency, back, lang, wanted?, told?}`. */
const payments = new Map();
/** Ids of webhooks that were taken. */
const taken = new Set();
/** `{id, secret}`, once trade has made it. */
let webhook = null;
const urlOf = { trade: tradeUrl, chat: chatUrl };
const deletions = openDeletions({ ask: chatUrl ? askPeople : null, remember, say });
const log = openLog(`${STATE_DIR}/payments.jsonl`, replay);

/** Each line is one thing that must not be forgotten, and is on the disk before anything follows from it. */
function replay(line) {
  if (line.webhook) webhook = line.webhook;
  if (line.deletion) deletions.replay(line.deletion);
  if (line.begun) payments.set(line.begun.reference, line.begun);
  if (line.taken) taken.add(line.taken);
  const payment = payments.get(line.reference);
  // `wanted`: what trade wants done with what is held. `told`: the last that trade has heard of it, or refused for good.
  if (payment && line.wanted) payment.wanted = line.wanted;
  if (payment && line.told) payment.told = line.told;
}
function remember(line) {
  log.append(line);
  replay(line);
}

/** A line of JSON for whoever gathers logs. */
function say(level, msg) {
  console.log(JSON.stringify({ level, time: new Date().toISOString(), msg }));
}

/** A key for five minutes, for one of the services and no more than it is needed for. */
async function keyFor(audience, scope) {
  const key = new SignJWT({ scope }).setProtectedHeader({ alg: 'HS256' }).setSubject('payments').setAudience(audience);
  const secret = new TextEncoder().encode(SHOP_JWT_SECRET.split(',')[0]);
  return `Bearer ${await key.setExpirationTime('5m').sign(secret)}`;
}

/** A call to trade with a key of this back end, or a buyer's token. Throws where there is no answer. */
async function trade(method, path, { body, token } = {}) {
  return call(method, tradeUrl + path, { body, bearer: token ?? (await keyFor('trade', 'payments webhooks')) });
}

/** The same to `trade` or `chat`, where it is about a person. */
async function askPeople(service, method, path) {
  return call(method, `${urlOf[service]}/api/${service}/${path}`, { bearer: await keyFor(service, 'users') });
}

async function call(method, url, { body, bearer }) {
  const answer = await fetch(url, {
    method,
    headers: { authorization: bearer, ...(body ? { 'content-type': 'application/json' } : {}) },
    ...(body ? { body: JSON.stringify(body) } : {}),
    signal: AbortSignal.timeout(20_000),
  });
  const text = await answer.text();
  return { status: answer.status, body: text === '' ? null : JSON.parse(text) };
}

/** Brings a payment to where it should be, and tells trade; how often and from wherever it is called. */
async function advance(payment) {
  const { reference, productId, userId, wanted } = payment;
  if (wanted && provider.find(reference)?.status === 'AUTHORIZED') {
    if (wanted.status === 'CAPTURED') provider.capture(reference, wanted.amount);
    else provider.release(reference);
  }
  const { status, amount } = provider.find(reference) ?? {};
  // Nobody has paid it yet, or trade knows.
  if (status === undefined || status === payment.told) return;
  const path = `/api/products/${productId}/participations/${encodeURIComponent(userId)}/payment`;
  const answer = await trade('PUT', path, { body: { status, reference, amount } });
  const { code } = answer.body ?? {};
  if (answer.status !== 200 && !REFUSALS.includes(code)) throw new Error(`trade: ${code}`);
  say('info', `${reference} ${status} ${answer.status === 200 ? 'told' : code}`);
  // The place is gone, or costs more by now: what is held is nobody's. In one line: once it is told, it is not told again.
  const isLost = status === 'AUTHORIZED' && answer.status !== 200;
  remember({ reference, told: status, ...(isLost ? { wanted: { status: 'RELEASED' } } : {}) });
  if (provider.find(reference).status !== payment.told || payment.wanted !== wanted) await advance(payment);
}

/** Payments that are being brought on, each by one at a time: what comes meanwhile is seen to after it. */
const advancing = new Map();
function bringOn(reference) {
  const next = (advancing.get(reference) ?? Promise.resolve()).then(async () => {
    for (let waitMs = 100; ; waitMs = Math.min(waitMs * 2, 10_000)) {
      try {
        return await advance(payments.get(reference));
      } catch (error) {
        say('warn', `${reference} ${error.message}: once more in ${waitMs} ms`);
        await sleep(waitMs);
      }
    }
  });
  const mine = next.finally(() => advancing.get(reference) === mine && advancing.delete(reference));
  advancing.set(reference, mine);
  return mine;
}

/** Has trade call this program. One that was made as this program was killed has a secret that nobody knows: it goes. */
async function haveWebhook() {
  const { status } = webhook ? await trade('GET', `/api/trade/webhooks/${webhook.id}`) : { status: 404 };
  const url = `${publicUrl}/webhooks`;
  const fields = { url, events: ['payment.capture', 'payment.release'], description: 'examples/payments.mjs' };
  if (status === 200) {
    const path = `/api/trade/webhooks/${webhook.id}`;
    await trade('PATCH', path, { body: { url, disabled: false } });
    // What came to nothing while this program was away: trade tries for three days by itself.
    const { status: again } = await trade('POST', `${path}/redeliver`);
    if (again !== 200) throw new Error(`trade delivers nothing again: ${again}`);
  } else {
    const { body: made, status: outcome } = await trade('POST', '/api/trade/webhooks', { body: fields });
    if (outcome !== 201) throw new Error(`trade makes no webhook: ${made?.detail}`);
    remember({ webhook: { id: made.id, secret: made.secret } });
  }
  const { body: list } = await trade('GET', '/api/trade/webhooks?limit=100');
  for (const other of list?.items ?? []) {
    if (other.url === url && other.id !== webhook.id) await trade('DELETE', `/api/trade/webhooks/${other.id}`);
  }
}

/** Where a path of the shop's leads, as a browser reads it; null: to no page of that origin. */
function pageOf(path, origin) {
  if (typeof path !== 'string' || !path.startsWith('/') || !URL.canParse(path, origin)) return null;
  const page = new URL(path, origin);
  return page.origin === new URL(origin).origin ? page.href : null;
}

async function begin(request, origin) {
  const { productId, path, lang } = JSON.parse(await textOf(request));
  const back = pageOf(path, origin);
  if (typeof productId !== 'string' || back === null)
    return { status: 400, body: { detail: 'productId and path are wanted' } };
  // Trade knows whose token it is, and what he has to pay.
  const mine = `/api/products/${encodeURIComponent(productId)}/participations/me`;
  const { status, body } = await trade('GET', mine, { token: request.headers.authorization ?? '' });
  if (status !== 200) return { status, body };
  if (!['PENDING', 'FAILED'].includes(body.payment?.status)) return { status: 409, body: { code: 'PAYMENT_NOT_DUE' } };
  const { userId, payable } = body;
  const reference = `pay-${randomUUID()}`;
  remember({ begun: { reference, productId, userId, ...payable, back, lang: lang === 'ko' ? 'ko' : 'en' } });
  return { status: 201, body: { url: `/pay/${reference}` } };
}

/** Whose token it is; trade says whether it is good. */
async function whose({ headers: { authorization: token = '' } }) {
  const { status, body } = await trade('GET', '/api/participations/me?limit=1', { token });
  return status === 200 ? { userId: decodeJwt(token.replace(/^Bearer +/i, '')).sub } : { status, body };
}

/** Answers a page of the shop, and no other. */
async function forShop(request, handle) {
  const { origin = '' } = request.headers;
  const isShop = URL.canParse(origin) && (origins.includes('*') || origins.includes(origin));
  if (!isShop) return { status: 403, body: { detail: 'not this origin' } };
  return { ...(request.method === 'OPTIONS' ? { status: 204 } : await handle(origin)), cors: origin };
}

async function hear(request) {
  let event;
  const raw = await textOf(request);
  try {
    event = new Webhook(webhook?.secret ?? '').verify(raw, request.headers);
  } catch {
    return { status: 401 };
  }
  const id = request.headers['webhook-id'];
  const { reference, amount } = event.data;
  if (!taken.has(id) && payments.has(reference)) {
    const status = event.type === 'payment.capture' ? 'CAPTURED' : event.type === 'payment.release' ? 'RELEASED' : null;
    // One line: taken and known, or neither.
    remember({ taken: id, ...(status ? { reference, wanted: { status, amount } } : {}) });
    if (status) void bringOn(reference);
  }
  return { status: 204 };
}

async function pay(request, payment) {
  const isPaid = new URLSearchParams(await textOf(request)).get('do') === 'pay';
  if (provider.find(payment.reference) === undefined) {
    if (isPaid) provider.authorize(payment.reference, payment.amount);
    else provider.decline(payment.reference, payment.amount);
  }
  // The buyer goes back once trade knows, or soon: it is told until it does.
  await Promise.race([bringOn(payment.reference), sleep(5_000)]);
  const back = new URL(payment.back);
  if (payment.wanted?.status === 'RELEASED') back.searchParams.set('payment', 'late');
  return { status: 303, location: back.href };
}

async function answerTo(request) {
  const { pathname } = new URL(request.url, publicUrl);
  const { method } = request;
  if (pathname === '/healthz') return { status: webhook ? 200 : 503, body: {} };
  if (pathname === '/webhooks' && method === 'POST') return hear(request);
  if (pathname === '/payments') {
    return forShop(request, async (origin) => (method === 'POST' ? begin(request, origin) : { status: 405 }));
  }
  const deletion = /^\/me\/delete(?:\/([^/]+))?$/.exec(pathname);
  if (deletion) return forShop(request, () => deletions.answer(method, deletion[1], () => whose(request)));
  const payment = payments.get(/^\/pay\/([^/]+)$/.exec(pathname)?.[1]);
  if (!payment) return { status: 404, body: { detail: 'there is nothing here' } };
  if (method === 'POST') return pay(request, payment);
  return { status: 200, page: payPage(payment, provider.find(payment.reference)), back: new URL(payment.back).origin };
}

async function textOf(request) {
  const chunks = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += chunk.length;
    if (bytes > BODY_BYTES) throw new Error('too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

const server = createServer(async (request, response) => {
  const { status, body, page, back, location, cors } = await answerTo(request).catch((error) => {
    say('warn', `${request.method} ${request.url}: ${error.message}`);
    return { status: error instanceof SyntaxError ? 400 : 500, body: {} };
  });
  response.writeHead(status, {
    'content-type': page ? 'text/html; charset=utf-8' : 'application/json',
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    vary: 'origin',
    ...(page
      ? {
          'content-security-policy': `default-src 'none'; style-src 'unsafe-inline'; form-action 'self' ${back}; frame-ancestors 'none'`,
        }
      : {}),
    ...(cors
      ? { 'access-control-allow-origin': cors, 'access-control-allow-headers': 'authorization, content-type' }
      : {}),
    ...(location ? { location } : {}),
  });
  response.end(page ?? (body ? JSON.stringify(body) : undefined));
});

server.listen(Number(PORT), HOST, async () => {
  say('info', `pays on ${publicUrl}`);
  // What was under way as it ended goes on.
  for (const reference of payments.keys()) void bringOn(reference);
  deletions.resume();
  for (;;) {
    try {
      await haveWebhook();
      return say('info', 'hears of what is to be captured and released');
    } catch (error) {
      say('warn', `${error.message}: once more in a second`);
      await sleep(1_000);
    }
  }
});
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(0));
