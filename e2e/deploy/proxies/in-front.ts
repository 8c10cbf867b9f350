import { readFileSync } from 'node:fs';
import { get } from 'node:http';
import { inRepository } from '@gongu/testkit';
import { eventually, until } from '@gongu/testkit/eventually';
import { isThere, type ProxyKind, type RunningProxy, startProxy } from '@gongu/testkit/proxies';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { type EchoInstance, type Seen, startEcho } from '../echo-instance.ts';

/** Answers that stay open: event streams of both services, and what SockJS streams. */
const STREAMS = /\/events$|\/xhr_streaming$|\/eventsource$/;

/** What every example of `deploy/proxies` has to do, tried with the program itself; `cutsAtReload`: this version can't help it. */
export function standsInFront(kind: ProxyKind, { cutsAtReload = false }: { cutsAtReload?: boolean } = {}): void {
  isPatient(kind);

  describe.skipIf(!isThere(kind))(`${kind.name} with deploy/proxies/${kind.file}`, () => {
    let one: EchoInstance;
    let two: EchoInstance;
    let trade: EchoInstance;
    let proxy: RunningProxy;
    const sockets: WebSocket[] = [];
    const later: EchoInstance[] = [];
    let aborted: AbortController;

    const streams = () => [one, two, trade].flatMap((instance) => instance.streams);
    const behind = (tradePort = trade.port) => ({ chat: [one.port, two.port], trade: tradePort }) as const;
    const url = (path: string) => `http://127.0.0.1:${proxy.port}${path}`;
    const seen = async (path: string, init: RequestInit = {}) => (await fetch(url(path), init)).json() as Promise<Seen>;

    beforeEach(async () => {
      aborted = new AbortController();
      one = await startEcho('one', STREAMS);
      two = await startEcho('two', STREAMS);
      trade = await startEcho('trade', STREAMS);
    });
    afterEach(async () => {
      for (const socket of sockets.splice(0)) socket.terminate();
      aborted.abort();
      await Promise.all([one, two, trade, ...later.splice(0)].map((instance) => instance.stop()));
      await proxy.stop();
    });

    /** A WebSocket on which the instance has said what it saw. */
    async function open(path: string, protocols: string[] = [], headers: Record<string, string> = {}) {
      const socket = new WebSocket(url(path).replace('http', 'ws'), protocols, { headers });
      sockets.push(socket);
      const frames: string[] = [];
      socket.on('message', (data) => frames.push(String(data)));
      socket.on('error', () => {});
      await until(() => frames.length > 0 || socket.readyState >= WebSocket.CLOSING);
      return { socket, frames, saw: JSON.parse(frames[0] ?? 'null') as Seen };
    }

    /** A stream that has begun, and how an event of it goes through. */
    async function stream(path: string, method = 'GET') {
      const before = streams();
      const answer = await fetch(url(path), { method, signal: aborted.signal });
      const written = streams().find((one) => !before.includes(one))!;
      const reader = answer.body!.getReader();
      return async (event: string) => {
        written.write(event);
        expect(new TextDecoder().decode((await reader.read()).value)).toBe(event);
      };
    }

    it('carries sockets and streams, each to its service and at once, with the address that it sees', async () => {
      proxy = await startProxy(kind, behind());
      const claims = { 'X-Forwarded-For': '203.0.113.9', 'X-Forwarded-Proto': 'https' };
      const seenHeaders = { host: expect.stringContaining('127.0.0.1'), 'x-forwarded-for': '127.0.0.1' };
      for (const path of ['/ws?a=1', '/ws/chat/0/s/websocket', '/chat/r1', '/room?roomId=r1']) {
        const { socket, frames, saw } = await open(path, ['gongu.v1', 'bearer.abc'], claims);
        expect({ path, ...saw }).toMatchObject({ path, url: path, instance: expect.stringMatching(/one|two/) });
        expect(saw.headers).toMatchObject({ ...seenHeaders, 'x-forwarded-proto': 'http' });
        expect(socket.protocol).toBe('gongu.v1');
        const large = '안'.repeat(43_690);
        socket.send(large);
        await until(() => frames.length === 2);
        expect(frames[1]).toBe(large);
      }
      // Ids of people hold anything.
      for (const path of ['/api/chat/rooms/r1/participants/auth0%7Ca%2Fb%20%EC%95%88?x=%2F', '/ws/chat/info?t=1']) {
        const saw = await seen(path, { headers: claims });
        expect(saw).toMatchObject({
          url: path,
          httpVersion: '1.1',
          headers: { ...seenHeaders, 'x-forwarded-proto': 'http' },
        });
        expect(saw.instance).toMatch(/one|two/);
      }
      expect(await seen('/api/products?limit=1')).toMatchObject({ instance: 'trade', url: '/api/products?limit=1' });
      for (const [path, method] of [
        ['/api/products/events', 'GET'],
        ['/api/chat/rooms/r1/events', 'GET'],
        ['/ws/chat/0/s/eventsource', 'GET'],
        ['/ws/chat/0/s/xhr_streaming', 'POST'],
      ] as const) {
        const event = await stream(path, method);
        for (const text of ['data: 1\n\n', 'data: 안녕\n\n', 'h\n']) await event(text);
      }
    });

    it('keeps what is for operators to itself, takes no large body but files and pictures, writes no token into a log', async () => {
      proxy = await startProxy(kind, behind());
      for (const path of ['/metrics', '/docs', '/docs/x.js', '/%6detrics', '//metrics', '/METRICS', '/healthz', '/']) {
        expect({ path, status: (await getAlone(proxy.port, path)).status }).toEqual({ path, status: 404 });
      }
      const statusOf = (path: string, bytes: number) =>
        fetch(url(path), { method: 'PUT', body: Buffer.alloc(bytes) }).then(
          ({ status }) => status,
          () => 'ended',
        );
      for (const [path, bytes] of [
        ['/api/products', 2_000_000],
        ['/api/chat/rooms', 2_000_000],
        ['/api/pictures/p1', 28_000_000],
        ['/api/chat/files/incoming/f1', 28_000_000],
      ] as const) {
        // 502: Caddy's word for it.
        expect([413, 502, 'ended'], path).toContain(await statusOf(path, bytes));
      }
      // PICTURE_MAX_BYTES and UPLOAD_MAX_BYTES, as they are unless somebody says otherwise.
      expect(await statusOf('/api/pictures/p1', 10_485_760)).toBe(200);
      expect(await statusOf('/api/chat/files/incoming/f1', 26_214_400)).toBe(200);

      const secret = 'token=eyJhbGciOi.secret.part&ticket=t-secret';
      const headers = { referer: `https://shop.example/?${secret}`, authorization: 'Bearer eyJhbGciOi.secret.part' };
      await open(`/ws?${secret}`, ['gongu.v1', 'bearer.eyJhbGciOi.secret.part'], headers).then(({ socket }) =>
        socket.close(),
      );
      await seen(`/ws/chat/774/s-secret/xhr_send?${secret}`, { headers });
      await Promise.all([one.stop(), two.stop()]);
      // On a connection of an earlier request HAProxy may end without an answer, for the client to ask again.
      const away = await getAlone(proxy.port, `/ws/chat/774/s-secret/xhr?${secret}`, headers);
      expect([502, 503, 504]).toContain(away.status);
      await eventually(async () => {
        const log = await proxy.log();
        for (const path of ['/ws/chat/774/[redacted]/xhr_send', '/ws/chat/774/[redacted]/xhr'])
          expect(log).toContain(path);
      });
      expect(await proxy.log()).not.toMatch(/secret/);
    });

    if (kind.lowLimits) {
      it('tells a flood of one address that it is too much', async () => {
        proxy = await startProxy(kind, behind(), kind.lowLimits);
        const answers = await Promise.all(Array.from({ length: 120 }, () => fetch(url('/api/products'))));
        const limited = answers.filter(({ status }) => status === 429);
        expect(answers.some(({ status }) => status === 200)).toBe(true);
        expect(limited.length).toBeGreaterThan(0);
        expect(limited[0]!.headers.get('retry-after')).toBe('1');
        expect(await limited[0]!.json()).toMatchObject({ code: 'RATE_LIMITED' });
      });
    }

    it('goes on with the other instance when one is gone', async () => {
      proxy = await startProxy(kind, behind());
      await two.stop();
      for (let i = 0; i < 4; i++) expect((await seen('/api/chat/rooms')).instance).toBe('one');
      expect((await open('/ws')).saw.instance).toBe('one');
    });

    if (kind.asksHealth) {
      it('goes on with an instance that stood still for some seconds', async () => {
        const late = Promise.all([one, two, trade].map((instance) => instance.standStill(3_500)));
        proxy = await startProxy(kind, behind());
        await late;
        for (const path of ['/api/products', '/api/chat/rooms', '/api/chat/rooms']) {
          expect((await fetch(url(path))).status, path).toBe(200);
        }
      });
    }

    /** The configuration is another one now, and in force. */
    async function reload() {
      const next = await startEcho('next', STREAMS);
      later.push(next);
      await proxy.reload(behind(next.port));
      // On the connection of the last request the old process or worker would go on answering.
      const answered = () => getAlone(proxy.port, '/api/products');
      await expect.poll(async () => (await answered()).body).toContain('"instance":"next"');
    }

    it.skipIf(cutsAtReload)('cuts no event stream when it reads its configuration again', async () => {
      proxy = await startProxy(kind, behind());
      const event = await stream('/api/products/events');
      await reload();
      await event('data: still here\n\n');
    });

    it.skipIf(cutsAtReload)('cuts no socket when it reads its configuration again', async () => {
      proxy = await startProxy(kind, behind());
      const { socket, frames } = await open('/ws');
      await reload();
      expect(socket.readyState).toBe(WebSocket.OPEN);
      socket.send('still here');
      await until(() => frames.length === 2);
      expect(frames[1]).toBe('still here');
    });
  });
}

/** Heartbeats of the services come every 25 s. */
function isPatient({ file, silence: { pattern, count } }: ProxyKind): void {
  it(`deploy/proxies/${file} waits for what is silent longer than the services are`, () => {
    const text = readFileSync(inRepository('deploy/proxies', file), 'utf8');
    const said = [...text.matchAll(pattern)].map(
      ([, amount, unit = '']) => Number(amount) * (SECONDS[unit] ?? Number.NaN),
    );
    expect(said).toHaveLength(count);
    for (const seconds of said) expect(seconds).toBeGreaterThanOrEqual(60);
  });
}
const SECONDS: Record<string, number> = { '': 1, s: 1, h: 3_600, d: 86_400 };

/** On a connection of its own, and the path goes out as it is. */
function getAlone(port: number, path: string, headers = {}): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, path, headers, agent: false }, (answer) => {
      let body = '';
      answer.setEncoding('utf8').on('data', (text) => (body += text));
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body }));
    }).on('error', reject);
  });
}
