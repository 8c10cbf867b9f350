import { readFileSync } from 'node:fs';
import { ensureNginx, inRepository, type NginxProcess, startNginx } from '@gongu/testkit';
import { eventually, until } from '@gongu/testkit/eventually';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { type EchoInstance, type Seen, startEcho } from './echo-instance.ts';

let one: EchoInstance;
let two: EchoInstance;
let nginx: NginxProcess;
const sockets: WebSocket[] = [];

const url = (path: string) => `http://127.0.0.1:${nginx.port}${path}`;
const get = async (path: string, headers: Record<string, string> = {}): Promise<Seen> =>
  (await fetch(url(path), { headers })).json() as Promise<Seen>;

/** Of an answer that is nginx's own. */
const unkept = ({ headers }: Response) => [headers.get('cache-control'), headers.get('x-content-type-options')];

/** A WebSocket, and the frames that came. */
async function open(path: string, protocols: string[] = [], headers: Record<string, string> = {}) {
  const socket = new WebSocket(url(path).replace('http', 'ws'), protocols, { headers });
  sockets.push(socket);
  const frames: string[] = [];
  socket.on('message', (data) => frames.push(String(data)));
  await until(() => frames.length > 0 || socket.readyState >= WebSocket.CLOSING);
  return { socket, frames, seen: JSON.parse(frames[0]!) as Seen };
}

const start = async (spread: 'round-robin' | 'sticky') => {
  nginx = await startNginx(spread, [one.port, two.port]);
};

describe.skipIf(!ensureNginx())("Debian's nginx with the shipped configuration", () => {
  beforeEach(async () => {
    one = await startEcho('one');
    two = await startEcho('two');
  });
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.terminate();
    await nginx.stop();
    await Promise.all([one.stop(), two.stop()]);
  });

  it('upgrades WebSockets and carries their frames and their subprotocol', async () => {
    await start('round-robin');
    const { socket, frames } = await open('/ws', ['gongu.v1', 'bearer.abc']);
    expect(socket.protocol).toBe('gongu.v1');
    socket.send('안녕하세요');
    socket.send('x'.repeat(131_072));
    await until(() => frames.length === 3);
    expect(frames.slice(1)).toEqual(['안녕하세요', 'x'.repeat(131_072)]);
  });

  it('spreads sockets and requests over both instances in turn', async () => {
    await start('round-robin');
    const opened = await Promise.all(Array.from({ length: 10 }, () => open('/ws')));
    const count = (seen: Seen[]) => seen.filter(({ instance }) => instance === 'one').length;
    expect(count(opened.map(({ seen }) => seen))).toBe(5);
    const asked: Seen[] = [];
    for (let i = 0; i < 10; i++) asked.push(await get('/api/chat/rooms'));
    expect(count(asked)).toBe(5);
  });

  it('passes on Host, the address and the scheme, and not what the client claims to be', async () => {
    await start('round-robin');
    const claims = { 'X-Forwarded-For': '203.0.113.9', 'X-Real-IP': '203.0.113.9', 'X-Forwarded-Proto': 'https' };
    const { seen } = await open('/ws?x=1', [], claims);
    const request = await get('/healthz', claims);
    for (const { headers, httpVersion } of [seen, request]) {
      expect(httpVersion).toBe('1.1');
      expect(headers).toMatchObject({
        host: '127.0.0.1',
        'x-real-ip': '127.0.0.1',
        'x-forwarded-for': '127.0.0.1',
        'x-forwarded-proto': 'http',
      });
    }
    expect(seen.headers.upgrade).toBe('websocket');
    expect(seen.url).toBe('/ws?x=1');
    expect(request.headers.upgrade).toBeUndefined();
    expect(request.headers.connection).not.toBe('close');
  });

  it('writes no token into a log, not even when no instance is there', async () => {
    await start('round-robin');
    const path = '/ws/chat/774/edb1b44a/websocket?token=eyJhbGciOi.secret.part&ticket=t-secret';
    const { socket } = await open(path, ['gongu.v1', 'bearer.eyJhbGciOi.secret.part']);
    const referer = 'https://shop.example/?token=eyJhbGciOi.secret.part';
    await get(path, { referer, authorization: 'Bearer eyJhbGciOi.secret.part' });
    socket.terminate();
    await Promise.all([one.stop(), two.stop()]);
    expect((await fetch(url(path))).status).toBe(502);
    await eventually(async () => expect((await nginx.accessLog()).trim().split('\n')).toHaveLength(3));
    const access = await nginx.accessLog();
    const lines = access
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.map(({ path, status }) => [path, status]).sort()).toEqual([
      ['/ws/chat/774/edb1b44a/websocket', '101'],
      ['/ws/chat/774/edb1b44a/websocket', '200'],
      ['/ws/chat/774/edb1b44a/websocket', '502'],
    ]);
    expect(lines.find(({ status }) => status === '200').requestId).toMatch(/^request-of-/);
    expect(access + (await nginx.errorLog())).not.toMatch(/secret/);
  });

  it('keeps what is for operators to itself, however it is spelled', async () => {
    await start('round-robin');
    for (const path of [
      '/metrics',
      '/docs',
      '/docs/',
      '/docs/static/x.js',
      '/%6detrics',
      '//metrics',
      '/./docs',
      '/METRICS',
    ]) {
      const answer = await fetch(url(path));
      expect([path, answer.status, ((await answer.json()) as { code: string }).code]).toEqual([path, 404, 'NOT_FOUND']);
      expect(unkept(answer)).toEqual(['no-store', 'nosniff']);
    }
    for (const path of ['/healthz', '/openapi.json', '/metricsx', '/api/chat/rooms/docs']) {
      expect((await fetch(url(path))).status, path).toBe(200);
    }
  });

  it('lets a flood of one address know that it is too much, and nobody who only comes often', async () => {
    await start('round-robin');
    const statuses = new Map<number, number>();
    let limited: Response | undefined;
    const ask = async (count: number) => {
      for (let i = 0; i < count; i++) {
        const answer = await fetch(url('/healthz'));
        statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
        if (answer.status === 429) limited ??= answer;
        else await answer.arrayBuffer();
      }
    };
    await Promise.all(Array.from({ length: 20 }, () => ask(10)));
    expect([...statuses.keys()]).toEqual([200]);
    while (!limited) await Promise.all(Array.from({ length: 50 }, () => ask(20)));
    expect(limited.headers.get('retry-after')).toBe('1');
    expect(unkept(limited)).toEqual(['no-store', 'nosniff']);
    expect(await limited.json()).toMatchObject({ status: 429, code: 'RATE_LIMITED' });
  });

  it('writes no id of a polling session into its log', async () => {
    await start('round-robin');
    for (const transport of ['xhr', 'xhr_send', 'xhr_streaming', 'eventsource']) {
      await get(`/ws/chat/774/edb1b44a/${transport}`);
      await get(`/ws/chat-sockjs/774/edb1b44a/${transport}`);
    }
    await eventually(async () => expect((await nginx.accessLog()).trim().split('\n')).toHaveLength(8));
    expect(await nginx.accessLog()).toContain('"/ws/chat/774/[redacted]/xhr_send"');
    expect(await nginx.accessLog()).not.toContain('edb1b44a');
  });

  it('lets every event of a stream through when it comes', async () => {
    await start('round-robin');
    const answer = await fetch(url('/stream'));
    const reader = answer.body!.getReader();
    const [stream] = [...one.streams, ...two.streams];
    for (const event of ['data: 1\n\n', 'data: 2\n\n', 'data: 3\n\n']) {
      stream!.write(event);
      expect(new TextDecoder().decode((await reader.read()).value)).toBe(event);
    }
    await reader.cancel();
  });

  it('goes on with the other instance when one is gone', async () => {
    await start('round-robin');
    await two.stop();
    for (let i = 0; i < 20; i++) expect((await get('/healthz')).instance).toBe('one');
    const opened = await Promise.all(Array.from({ length: 10 }, () => open('/ws')));
    expect(opened.every(({ seen }) => seen.instance === 'one')).toBe(true);
  });

  it('keeps a SockJS session on one instance where it is told to, and spreads sessions over both', async () => {
    await start('sticky');
    const instances = new Set<string>();
    for (let session = 0; session < 20; session++) {
      const path = `/ws/chat/00${session}/session-${session}`;
      const seen = [
        await get(`${path}/xhr_streaming`),
        await get(`${path}/xhr_send`),
        await get(`/ws/chat-sockjs/999/session-${session}/xhr`),
        (await open(`${path}/websocket`)).seen,
      ];
      expect(new Set(seen.map(({ instance }) => instance)).size).toBe(1);
      instances.add(seen[0]!.instance);
    }
    expect(instances).toEqual(new Set(['one', 'two']));
    const others = await Promise.all(Array.from({ length: 6 }, () => get('/api/chat/rooms')));
    expect(new Set(others.map(({ instance }) => instance)).size).toBe(1);
  });
});

describe('deploy/nginx/nginx.conf', () => {
  const conf = readFileSync(inRepository('deploy/nginx/nginx.conf'), 'utf8');

  it.each(['nginx.conf', 'web.conf'])('%s lets a silent connection live for 7 days, wherever it goes', (file) => {
    // But for the tags that a page waits for, which no client connects to.
    const text = readFileSync(inRepository('deploy/nginx', file), 'utf8').replace(/location ~ \^\/card\/[^}]*\}/, '');
    const said = [...text.matchAll(/^ *(proxy_(?:read|send)_timeout) +(.*);/gm)].map(([, name, value]) => [
      name,
      value,
    ]);
    expect(said).toEqual([
      ['proxy_read_timeout', '7d'],
      ['proxy_send_timeout', '7d'],
    ]);
    // In the block that passes sockets on: beside the header that says so.
    const block = text.split(/[{}]/).find((part) => part.includes('proxy_set_header Upgrade'));
    expect(block).toMatch(/proxy_read_timeout 7d;\n.*proxy_send_timeout 7d;/);
  });

  it.each(['nginx.conf', 'web.conf'])('%s limits connections and requests of one address', (file) => {
    const text = readFileSync(inRepository('deploy/nginx', file), 'utf8');
    expect(text).toMatch(/\n {2}limit_conn connections \d+;/);
    expect(text).toMatch(/\n {2}limit_req zone=requests burst=\d+ nodelay;/);
  });

  it('speaks HTTP/1.1 to the instances and buffers no answer', () => {
    expect(conf).toMatch(/proxy_http_version 1\.1;/);
    expect(conf).toMatch(/proxy_buffering off;/);
  });
});
