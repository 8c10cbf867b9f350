import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exchange, stream, streaming } from '../../fixture/http-exchange.ts';
import { echo, type SockJsApp, sockJsApp } from '../../fixture/sockjs-app.ts';

const NEVER = 'no-store, no-cache, no-transform, must-revalidate, max-age=0';
const SCRIPT = 'application/javascript; charset=UTF-8';

let server: SockJsApp;
beforeAll(async () => {
  server = await sockJsApp({ '/echo': { accept: echo, responseLimitBytes: 4_096, frameBytes: 500_000 } });
});
afterAll(() => server.close());

const session = (base: string) => server.url(`${base}/000/${crypto.randomUUID()}`);
const post = (url: string, body?: string | Uint8Array, headers: Record<string, string> = {}) =>
  exchange('POST', url, { body, headers });
const open = async (base: string) => {
  const url = session(base);
  expect((await post(`${url}/xhr`)).body).toBe('o\n');
  return url;
};

describe('xhr and xhr_send (XhrPolling)', () => {
  test('open, send, receive, with CORS and without caching', async () => {
    const url = session('/echo');
    const first = await post(`${url}/xhr`, undefined, { origin: 'test' });
    expect(first).toMatchObject({ status: 200, body: 'o\n' });
    expect(first.headers).toMatchObject({
      'content-type': SCRIPT,
      'cache-control': NEVER,
      'access-control-allow-origin': 'test',
      'access-control-allow-credentials': 'true',
    });
    const sent = await post(`${url}/xhr_send`, '["x"]', { origin: 'test' });
    expect(sent).toMatchObject({ status: 204, body: '' });
    expect(sent.headers).toMatchObject({
      'content-type': 'text/plain; charset=UTF-8',
      'cache-control': NEVER,
      'access-control-allow-origin': 'test',
    });
    expect((await post(`${url}/xhr`)).body).toBe('a["x"]\n');
  });

  test('a message to an unknown session is 404', async () => {
    expect((await post(`${session('/echo')}/xhr_send`, '["x"]')).status).toBe(404);
  });

  test.each([
    ['', 'Payload expected.'],
    ['["x', 'Broken JSON encoding.'],
    ['{"a":1}', 'Broken JSON encoding.'],
    ['[1]', 'Broken JSON encoding.'],
  ])('the body %j is answered by %j, and the session goes on', async (body, text) => {
    const url = await open('/echo');
    const answer = await post(`${url}/xhr_send`, body);
    expect(answer).toMatchObject({ status: 500, body: text });
    expect((await post(`${url}/xhr_send`, '["a"]')).status).toBe(204);
    expect((await post(`${url}/xhr`)).body).toBe('a["a"]\n');
  });

  test('a body that is not UTF-8 is broken: its characters would be others', async () => {
    const url = await open('/echo');
    for (const bytes of [[0xb0, 0xa8], [0xed, 0xa0, 0xbd], [0xff]]) {
      const body = Buffer.concat([Buffer.from('["'), Buffer.from(bytes), Buffer.from('"]')]);
      expect(await post(`${url}/xhr_send`, body)).toMatchObject({ status: 500, body: 'Broken JSON encoding.' });
    }
    expect((await post(`${url}/xhr_send`, '["감귤"]')).status).toBe(204);
    expect((await post(`${url}/xhr`)).body).toBe('a["감귤"]\n');
  });

  test('content types do not matter', async () => {
    const url = await open('/echo');
    const types = [
      'text/plain',
      'T',
      'application/json',
      'application/xml',
      '',
      'application/json; charset=utf-8',
      'text/xml',
    ];
    for (const type of types) {
      expect((await post(`${url}/xhr_send`, '["a"]', { 'content-type': type })).status).toBe(204);
    }
    expect((await post(`${url}/xhr_send`, '["a"]')).status).toBe(204);
    expect((await post(`${url}/xhr`)).body).toBe(`a[${Array(types.length + 1).fill('"a"')}]\n`);
  });

  test('a chunked body is read like any other', async () => {
    const url = await open('/echo');
    const headers = { 'transfer-encoding': 'chunked' };
    expect((await post(`${url}/xhr_send`, '["a"]', headers)).status).toBe(204);
    expect((await post(`${url}/xhr`)).body).toBe('a["a"]\n');
  });

  test('no message and one JSON string are bodies too', async () => {
    const url = await open('/echo');
    expect((await post(`${url}/xhr_send`, '[]')).status).toBe(204);
    expect((await post(`${url}/xhr_send`, '"a"')).status).toBe(204);
    expect((await post(`${url}/xhr`)).body).toBe('a["a"]\n');
  });
});

describe('encoding (JSONEncoding)', () => {
  test('characters that browsers spoil are escaped, all others are not', async () => {
    const url = await open('/echo');
    const spoiled = [
      [0x200c, 0x200f],
      [0x2028, 0x202f],
      [0x2060, 0x206f],
      [0xfff0, 0xffff],
    ].flatMap(([from, to]) => Array.from({ length: to! - from! + 1 }, (_, i) => String.fromCharCode(from! + i)));
    await post(`${url}/xhr_send`, `["${spoiled.join('')}안녕🍊"]`);
    const escaped = spoiled.map((each) => `\\u${each.charCodeAt(0).toString(16)}`).join('');
    expect((await post(`${url}/xhr`)).body).toBe(`a["${escaped}안녕🍊"]\n`);
  });

  test('every UTF-16 unit comes back, lone surrogates and control characters escaped', async () => {
    const url = await open('/echo');
    const units = Array.from({ length: 65_536 }, (_, unit) => unit);
    await post(`${url}/xhr_send`, `["${units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('')}"]`);
    const { body } = await post(`${url}/xhr`);
    expect(JSON.parse(body.slice(1))[0]).toBe(
      String.fromCharCode(...units.slice(0, 32_768)) + String.fromCharCode(...units.slice(32_768)),
    );
    expect(body).toContain('\\u0000');
    expect(body).toContain('\\ud800');
  });
});

describe('xhr_streaming (XhrStreaming)', () => {
  test('prelude, then a chunk for each frame', async () => {
    const url = session('/echo');
    const receiver = await streaming(url);
    expect(receiver.headers).toMatchObject({
      'content-type': SCRIPT,
      'cache-control': NEVER,
      'x-accel-buffering': 'no',
    });
    expect(await receiver.read()).toBe('o\n');
    await post(`${url}/xhr_send`, '["x","y"]');
    expect(await receiver.read()).toBe('a["x","y"]\n');
    receiver.abort();
  });

  test('ends after the limit, and the session goes on with the next request', async () => {
    const url = session('/echo');
    const receiver = await streaming(url);
    expect(await receiver.read()).toBe('o\n');
    const text = 'x'.repeat(128);
    for (let i = 0; i < 31; i++) {
      await post(`${url}/xhr_send`, `["${text}"]`);
      expect(await receiver.read()).toBe(`a["${text}"]\n`);
    }
    expect(await receiver.read()).toBe('');
    await post(`${url}/xhr_send`, '["next"]');
    const second = await streaming(url);
    expect(await second.read()).toBe('a["next"]\n');
    second.abort();
  });
});

describe('eventsource (EventSource)', () => {
  test('events, and no caching', async () => {
    const url = session('/echo');
    const receiver = await stream('GET', `${url}/eventsource`);
    expect(receiver.headers).toMatchObject({ 'content-type': 'text/event-stream', 'cache-control': NEVER });
    expect(await receiver.read()).toBe('\r\n');
    expect(await receiver.read()).toBe('data: o\r\n\r\n');
    await post(`${url}/xhr_send`, '["  \\u0000\\n\\r "]');
    expect(await receiver.read()).toBe('data: a["  \\u0000\\n\\r "]\r\n\r\n');
    await post(`${url}/xhr_send`, `["${'x'.repeat(4_096)}"]`);
    expect(await receiver.read()).toContain('xxx');
    expect(await receiver.read()).toBe('');
  });
});
