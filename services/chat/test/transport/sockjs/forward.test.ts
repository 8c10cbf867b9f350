// Over 300 lines: a session of two instances, with all that may happen between them, by one pair.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tcpProxy } from '@gongu/testkit';
import SockJS from 'sockjs-client';
import { afterEach, describe, expect, test } from 'vitest';
import type { SockJsOptions } from '../../../src/transport/sockjs/options.ts';
import type { SessionOwners } from '../../../src/transport/sockjs/owners.ts';
import { exchange, stream } from '../../fixture/http-exchange.ts';
import { echo, recorder, type SockJsApp } from '../../fixture/sockjs-app.ts';
import { INSTANCE_TOKEN, instance, roundRobin } from '../../fixture/sockjs-instances.ts';

const LOST = 'c[3000,"The session was lost; connect again"]\n';
const PRELUDE = `${'h'.repeat(2_048)}\n`;

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** Two instances behind one table of owners. */
async function pair(options: SockJsOptions = { accept: echo }, owners?: (own: SessionOwners) => SessionOwners) {
  const claims = new Map<string, string>();
  const [a, b] = await Promise.all([instance(options, { claims, owners }), instance(options, { claims, owners })]);
  ends.push(a.close, b.close);
  const id = crypto.randomUUID();
  return { a, b, claims, id, path: `/echo/000/${id}` };
}
const post = (app: SockJsApp, path: string, body?: string, headers: Record<string, string> = {}) =>
  exchange('POST', app.url(path), { body, headers });

describe('a session of another instance', () => {
  test('is polled, sent to and streamed from any of them', async () => {
    const { a, b, path } = await pair();
    expect((await post(a, `${path}/xhr`)).body).toBe('o\n');
    const sent = await post(b, `${path}/xhr_send`, '["안녕"]', { origin: 'test' });
    expect(sent).toMatchObject({ status: 204, body: '' });
    expect(sent.headers['access-control-allow-origin']).toBe('test');
    const polled = await post(b, `${path}/xhr`, undefined, { origin: 'test' });
    expect(polled.body).toBe('a["안녕"]\n');
    expect(polled.headers).toMatchObject({
      'content-type': 'application/javascript; charset=UTF-8',
      'access-control-allow-origin': 'test',
      'cache-control': expect.stringContaining('no-store'),
    });

    const receiver = await stream('POST', b.url(`${path}/xhr_streaming`));
    expect(receiver.headers['x-accel-buffering']).toBe('no');
    expect(await receiver.read()).toBe(PRELUDE);
    for (const [app, text] of [
      [a, 'x'],
      [b, 'y'],
    ] as const) {
      await post(app, `${path}/xhr_send`, `["${text}"]`);
      expect(await receiver.read()).toBe(`a["${text}"]\n`);
    }
    const second = await post(a, `${path}/xhr`);
    expect(second.body).toBe('c[2010,"Another connection still open"]\n');
    receiver.abort();
  });

  test('an event stream works as well', async () => {
    const { a, b, path } = await pair();
    expect((await post(a, `${path}/xhr`)).body).toBe('o\n');
    const receiver = await stream('GET', b.url(`${path}/eventsource`));
    expect(receiver.headers['content-type']).toBe('text/event-stream');
    expect(await receiver.read()).toBe('\r\n');
    await post(a, `${path}/xhr_send`, '["x"]');
    expect(await receiver.read()).toBe('data: a["x"]\r\n\r\n');
    receiver.abort();
  });

  test('errors of the owner come back as they are', async () => {
    const { a, b, path } = await pair();
    await post(a, `${path}/xhr`);
    expect(await post(b, `${path}/xhr_send`, '["x')).toMatchObject({ status: 500, body: 'Broken JSON encoding.' });
  });

  test('a client that breaks off at one instance ends the session at the other', async () => {
    const kept = recorder();
    const { a, b, path } = await pair({ accept: kept.accept });
    await post(a, `${path}/xhr`);
    const receiver = await stream('POST', b.url(`${path}/xhr_streaming`));
    expect(await receiver.read()).toBe(PRELUDE);
    receiver.abort();
    while (kept.ends.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(kept.ends).toEqual([{ code: 1006, reason: 'connection interrupted' }]);
  });

  test('two first requests at two instances open one session', async () => {
    const kept = recorder();
    const { a, b, path } = await pair({ accept: kept.accept });
    const bodies = await Promise.all(
      [a, b].map(async (app) => {
        const receiver = await stream('POST', app.url(`${path}/xhr_streaming`));
        ends.push(async () => receiver.abort());
        // Passed on, two chunks may have become one.
        let text = await receiver.read();
        while (text.length <= PRELUDE.length) text += await receiver.read();
        return text.slice(PRELUDE.length);
      }),
    );
    expect(bodies.sort()).toEqual(['c[2010,"Another connection still open"]\n', 'o\n']);
    expect(kept.sockets).toHaveLength(1);
  });
});

describe('an owner that is gone', () => {
  test('the client is told, the claim is forgotten, and a message is 404', async () => {
    const { a, b, claims, id, path } = await pair();
    await post(a, `${path}/xhr`);
    await a.close();
    claims.set(id, a.url(''));
    expect((await post(b, `${path}/xhr_send`, '["x"]')).status).toBe(404);
    expect(claims.has(id)).toBe(false);
    claims.set(id, a.url(''));
    const told = await post(b, `${path}/xhr`);
    expect(told).toMatchObject({ status: 200, body: LOST });
    expect(claims.has(id)).toBe(false);
    claims.set(id, a.url(''));
    const receiver = await stream('POST', b.url(`${path}/xhr_streaming`));
    expect([await receiver.read(), await receiver.read(), await receiver.read()]).toEqual([PRELUDE, LOST, '']);
  });

  test('an owner that was started anew knows nothing of the session', async () => {
    const { a, b, claims, id, path } = await pair();
    claims.set(id, a.url(''));
    expect((await post(b, `${path}/xhr`)).body).toBe(LOST);
    claims.set(id, a.url(''));
    expect((await post(a, `${path}/xhr`)).body).toBe(LOST);
    expect((await post(a, `${path}/xhr`)).body).toBe('o\n');
  });

  test('a stream that it served through another says so and ends, and the next request is told', async () => {
    const { a, b, claims, id, path } = await pair();
    await post(a, `${path}/xhr`);
    const receiver = await stream('POST', b.url(`${path}/xhr_streaming`));
    expect(await receiver.read()).toBe(PRELUDE);
    a.app.server.closeAllConnections();
    expect([await receiver.read(), await receiver.read()]).toEqual([LOST, '']);
    await a.close();
    claims.set(id, a.url(''));
    expect((await post(b, `${path}/xhr`)).body).toBe(LOST);
  });
});

describe('an owner that lives, and between it and another instance something is lost', () => {
  test.each([
    ['POST', 'xhr_streaming', PRELUDE, LOST],
    ['GET', 'eventsource', '\r\n', `\r\ndata: ${LOST.trimEnd()}\r\n\r\n`],
  ] as const)(
    'a client of %s …/%s is told, and does not go on without what was on its way',
    async (method, kind, prelude, told) => {
      // Each frame fills an answer: the owner has ended it when it hears that it did not arrive.
      const { a, b, claims, id, path } = await pair({ accept: echo, responseLimitBytes: 10 });
      expect((await post(a, `${path}/xhr`)).body).toBe('o\n');
      const between = await tcpProxy({ target: a.port });
      ends.push(between.close);
      claims.set(id, `http://127.0.0.1:${between.port}`);
      const receiver = await stream(method, b.url(`${path}/${kind}`));
      expect(await receiver.read()).toBe(prelude);
      between.mute();
      expect((await post(a, `${path}/xhr_send`, '["lost on its way"]')).status).toBe(204);
      between.cut();
      expect([await receiver.read(), await receiver.read()]).toEqual([told, '']);
    },
  );

  test('a frame that came in part is not taken for a whole one: the connection breaks', async () => {
    const { b, claims, id, path } = await pair();
    const half = createServer((_, response) => {
      response.writeHead(200, { 'content-type': 'application/javascript' });
      response.write('a["half', () => response.destroy());
    });
    await new Promise<void>((resolve) => half.listen(0, '127.0.0.1', resolve));
    ends.push(() => new Promise((resolve) => half.close(resolve)));
    claims.set(id, `http://127.0.0.1:${(half.address() as AddressInfo).port}`);
    await expect(post(b, `${path}/xhr_streaming`)).rejects.toThrow('aborted');
  });
});

describe('who may', () => {
  const byToken: SockJsOptions['identify'] = async (_, query) => {
    const userId = query.get('token');
    return userId === null ? null : { userId, nickname: userId, tag: null, roles: [], anon: false, expiresAtMs: 0 };
  };

  test('a session is its user’s, at every instance', async () => {
    const { a, b, path } = await pair({ accept: echo, identify: byToken });
    expect((await post(a, `${path}/xhr?token=ann`)).body).toBe('o\n');
    for (const app of [a, b]) {
      expect((await post(app, `${path}/xhr?token=bob`)).status).toBe(403);
      expect((await post(app, `${path}/xhr_send`, '["x"]')).status).toBe(403);
      expect((await post(app, `${path}/xhr_send?token=ann`, '["x"]')).status).toBe(204);
    }
    expect((await post(b, `${path}/xhr?token=ann`)).body).toBe('a["x","x"]\n');
  });

  test('what opened the session is not looked at again: a ticket is good once, a token expires', async () => {
    let redeemed = 0;
    const { a, b, path } = await pair({
      accept: echo,
      identify: async () => {
        redeemed += 1;
        if (redeemed > 1) throw Object.assign(new Error('used'), { statusCode: 401 });
        return { userId: 'ann', nickname: 'ann', tag: null, roles: [], anon: false, expiresAtMs: 0 };
      },
    });
    for (const app of [a, b, a]) expect((await post(app, `${path}/xhr_send?ticket=t`, '["x"]')).status).not.toBe(401);
    expect((await post(a, `${path}/xhr?ticket=t`)).body).toBe('o\n');
    expect((await post(b, `${path}/xhr_send?ticket=t`, '["x"]')).status).toBe(204);
    expect((await post(a, `${path}/xhr?ticket=t`)).body).toBe('a["x"]\n');
    expect((await post(b, `${path}/xhr?ticket=other`)).status).toBe(401);
  });

  test('a session that nothing opened is not for who knows its id: another program, another address', async () => {
    const addressOf: SockJsOptions['addressOf'] = ({ headers }) => headers['x-forwarded-for']?.toString() ?? null;
    const { a, b, path } = await pair({ accept: echo, addressOf });
    const ann = { 'user-agent': 'Mozilla/5.0', 'x-forwarded-for': '203.0.113.5' };
    expect((await post(a, `${path}/xhr`, undefined, ann)).body).toBe('o\n');
    for (const app of [a, b]) {
      for (const other of [{ ...ann, 'user-agent': 'curl/8' }, { ...ann, 'x-forwarded-for': '198.51.100.9' }, {}]) {
        expect((await post(app, `${path}/xhr`, undefined, other)).status, JSON.stringify(other)).toBe(403);
        expect((await post(app, `${path}/xhr_send`, '["mine"]', other)).status).toBe(403);
        // Only with the token of an instance is this believed.
        const claimed = { ...other, 'x-gongu-client': 'guess' };
        expect((await post(app, `${path}/xhr_send`, '["mine"]', claimed)).status).toBe(403);
      }
      expect((await post(app, `${path}/xhr_send`, '["x"]', { ...ann, origin: 'https://shop.example' })).status).toBe(
        204,
      );
    }
    expect((await post(b, `${path}/xhr`, undefined, ann)).body).toBe('a["x","x"]\n');
  });

  test('a client that names no program is known at every instance', async () => {
    const { a, b, path } = await pair();
    expect((await post(a, `${path}/xhr`)).body).toBe('o\n');
    expect((await post(b, `${path}/xhr_send`, '["x"]')).status).toBe(204);
    expect((await post(a, `${path}/xhr`)).body).toBe('a["x"]\n');
  });

  test('what answers for an owner sends nobody on: no token goes to another host', async () => {
    const { b, claims, id, path } = await pair();
    const asked: string[] = [];
    const elsewhere = createServer((request, response) => {
      asked.push(request.url!);
      if (request.url!.startsWith('/echo')) response.writeHead(307, { location: '/elsewhere' });
      response.end();
    });
    await new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.1', resolve));
    ends.push(() => new Promise((resolve) => elsewhere.close(resolve)));
    claims.set(id, `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}`);
    expect((await post(b, `${path}/xhr_send?token=ann`, '["x"]')).status).toBe(404);
    expect(asked).toEqual([`${path}/xhr_send?token=ann`]);
  });

  test('only an instance may say that it is one, and a hop is the last', async () => {
    const { a, b, claims, id, path } = await pair();
    expect((await post(b, `${path}/xhr`, undefined, { 'x-gongu-hop': 'guess' })).status).toBe(403);
    expect((await post(b, `${path}/xhr_send`, '["x"]', { 'x-gongu-hop': 'guess' })).status).toBe(403);
    claims.set(id, a.url(''));
    expect((await post(b, `${path}/xhr`, undefined, { 'x-gongu-hop': INSTANCE_TOKEN })).status).toBe(404);
    expect(claims.get(id)).toBe(a.url(''));
  });
});

test('while nobody knows the owners, an instance serves who comes to it', async () => {
  const failures: string[] = [];
  const away = async () => {
    throw new Error('owners away');
  };
  const { a, path } = await pair({ accept: echo, onFailure: (what) => void failures.push(what) }, (own) => ({
    self: own.self,
    claim: away,
    find: away,
    release: away,
  }));
  expect((await post(a, `${path}/xhr`)).body).toBe('o\n');
  expect((await post(a, `${path}/xhr_send`, '["x"]')).status).toBe(204);
  expect((await post(a, `${path}/xhr`)).body).toBe('a["x"]\n');
  expect(failures).toContain('session owners');
});

test.each(['xhr-streaming', 'eventsource', 'xhr-polling'])(
  'sockjs-client over %s, behind a balancer without stickiness, gets everything in order',
  async (transport) => {
    const { a, b } = await pair({ accept: echo, responseLimitBytes: 4_096 });
    const balancer = await roundRobin([a.port, b.port]);
    ends.push(balancer.close);
    const client = new SockJS(`${balancer.url}/echo`, null, { transports: [transport] });
    ends.push(async () => client.close());
    const received: string[] = [];
    const texts = Array.from({ length: 40 }, (_, i) => `${i} ${'감귤'.repeat(100)}`);
    await new Promise((resolve, reject) => {
      client.onopen = resolve;
      client.onclose = ({ code, reason }) => reject(new Error(`${code} ${reason}`));
    });
    const all = new Promise<void>((resolve, reject) => {
      client.onclose = ({ code, reason }) => reject(new Error(`${code} ${reason}`));
      client.onmessage = ({ data }) => {
        received.push(data);
        if (received.length === texts.length) resolve();
        else client.send(texts[received.length]!);
      };
    });
    client.send(texts[0]!);
    await all;
    expect(received).toEqual(texts);
    expect(Math.min(...balancer.counts)).toBeGreaterThan(0);
  },
);
