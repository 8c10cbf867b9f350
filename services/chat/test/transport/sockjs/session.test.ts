import { type ManualClock, manualClock } from '@gongu/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exchange, stream, streaming } from '../../fixture/http-exchange.ts';
import { close, echo, recorder, type SockJsApp, sockJsApp } from '../../fixture/sockjs-app.ts';

const INTERRUPTED = 'c[1002,"Connection interrupted"]\n';
const STILL_OPEN = 'c[2010,"Another connection still open"]\n';

let server: SockJsApp;
let clock: ManualClock;
const kept = recorder();
const slow = recorder();
/** Ends the identification of each request to `/slow`; the first ends by itself. */
const identifying: (() => void)[] = [];
beforeAll(async () => {
  clock = manualClock();
  server = await sockJsApp({
    '/echo': { accept: echo },
    '/close': { accept: close },
    '/kept': { accept: kept.accept, clock, frameBytes: 100, bodyBytes: 1_000, sendQueueBytes: 100 },
    '/slow': {
      accept: slow.accept,
      clock,
      identify: () =>
        new Promise((resolve) => {
          const known = () =>
            resolve({ userId: 'ann', nickname: 'ann', tag: null, roles: [], anon: false, expiresAtMs: 0 });
          if (identifying.push(known) === 1) known();
        }),
    },
  });
});
afterAll(() => server.close());

const session = (base: string) => server.url(`${base}/000/${crypto.randomUUID()}`);
const post = (url: string, body?: string, headers: Record<string, string> = {}) =>
  exchange('POST', url, { body, headers });
const open = async (base: string) => {
  const url = session(base);
  expect((await post(`${url}/xhr`)).body).toBe('o\n');
  return url;
};
/** Until what the other side of a socket did has arrived here. */
const until = async (holds: () => boolean) => {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
};
/** A request that can be given up before it is answered. */
function fetchAborted(url: string) {
  const controller = new AbortController();
  const done = fetch(url, { method: 'POST', signal: controller.signal }).then(
    () => {},
    () => {},
  );
  return { abort: () => controller.abort(), done };
}

describe('closing (HandlingClose)', () => {
  test('every request gets the close frame until the session is gone', async () => {
    const url = await open('/close');
    for (let i = 0; i < 3; i++) expect((await post(`${url}/xhr`)).body).toBe('c[3000,"Go away!"]\n');
    expect((await post(`${url}/xhr_send`, '["x"]')).status).toBe(404);
  });

  test('a stream ends with it, and so does the next', async () => {
    const url = session('/close');
    for (const frames of [['o\n', 'c[3000,"Go away!"]\n'], ['c[3000,"Go away!"]\n']]) {
      const receiver = await streaming(url);
      for (const frame of [...frames, '']) expect(await receiver.read()).toBe(frame);
    }
  });

  test('what was queued before goes out first', async () => {
    const url = await open('/kept');
    const socket = kept.sockets.at(-1)!;
    socket.send('a');
    socket.send('b');
    socket.close(4001, '닫습니다 '.repeat(20));
    socket.send('never');
    expect((await post(`${url}/xhr`)).body).toBe('a["a","b"]\n');
    const [, code, reason] = /^c\[(\d+),"(.*)"\]\n$/.exec((await post(`${url}/xhr`)).body)!;
    expect(code).toBe('4001');
    expect(Buffer.byteLength(reason!)).toBeLessThanOrEqual(123);
    expect(kept.ends.at(-1)).toEqual({ code: 4001, reason });
  });

  test('terminate ends without a word', async () => {
    const url = session('/kept');
    const receiver = await streaming(url);
    expect(await receiver.read()).toBe('o\n');
    kept.sockets.at(-1)!.terminate();
    expect(await receiver.read()).toBe('');
    expect(kept.ends.at(-1)).toEqual({ code: 1006, reason: '' });
    expect((await post(`${url}/xhr_send`, '["a"]')).status).toBe(404);
  });
});

describe('receivers', () => {
  test('a second one is told so, and the first lives on', async () => {
    const url = session('/echo');
    const first = await streaming(url);
    expect(await first.read()).toBe('o\n');
    const second = await streaming(url);
    expect(await second.read()).toBe(STILL_OPEN);
    expect(await second.read()).toBe('');
    expect((await post(`${url}/xhr`)).body).toBe(STILL_OPEN);
    await post(`${url}/xhr_send`, '["x"]');
    expect(await first.read()).toBe('a["x"]\n');
    first.abort();
  });

  test('one that breaks off ends the session', async () => {
    const url = session('/kept');
    const ends = kept.ends.length;
    const first = await streaming(url);
    expect(await first.read()).toBe('o\n');
    first.abort();
    await until(() => kept.ends.length > ends);
    expect(kept.ends.at(-1)).toEqual({ code: 1006, reason: 'connection interrupted' });
    expect((await post(`${url}/xhr`)).body).toBe(INTERRUPTED);
  });

  test('two first requests at once open one session', async () => {
    const url = session('/kept');
    const before = kept.sockets.length;
    const [a, b] = await Promise.all([stream('POST', `${url}/xhr_streaming`), stream('POST', `${url}/xhr_streaming`)]);
    const first = await Promise.all([a, b].map(async (each) => [await each.read(), await each.read()][1]));
    expect(first.sort()).toEqual([STILL_OPEN, 'o\n'].sort());
    expect(kept.sockets).toHaveLength(before + 1);
    a.abort();
    b.abort();
  });
});

describe('time', () => {
  test('a receiver that waits gets a beat after 25 seconds: xhr one frame, a stream one after the other', async () => {
    const url = await open('/kept');
    // One of two is turned away, and then it is sure that the other one waits.
    const polling = [post(`${url}/xhr`), post(`${url}/xhr`)];
    expect((await Promise.race(polling)).body).toBe(STILL_OPEN);
    await clock.advance(24_999);
    await clock.advance(1);
    expect((await Promise.all(polling)).map(({ body }) => body).toSorted()).toEqual([STILL_OPEN, 'h\n']);
    const receiver = await streaming(url);
    await clock.advance(25_000);
    await clock.advance(25_000);
    expect((await receiver.read()) + (await receiver.read())).toBe('h\nh\n');
    receiver.abort();
  });

  test('a session without a receiver for 5 seconds is gone', async () => {
    const url = await open('/kept');
    const ends = kept.ends.length;
    await clock.advance(4_999);
    expect((await post(`${url}/xhr_send`, '["a"]')).status).toBe(204);
    await clock.advance(1);
    expect(kept.ends.slice(ends)).toEqual([{ code: 1006, reason: 'no receiver' }]);
    expect((await post(`${url}/xhr_send`, '["a"]')).status).toBe(404);
    expect((await post(`${url}/xhr`)).body).toBe('o\n');
  });
});

describe('bounds', () => {
  test('a message beyond the ceiling ends the session with 1009, a body beyond it is 413', async () => {
    const url = await open('/kept');
    expect((await post(`${url}/xhr_send`, `["${'x'.repeat(1_000)}"]`)).status).toBe(413);
    expect((await post(`${url}/xhr_send`, `["${'x'.repeat(101)}"]`)).status).toBe(204);
    expect((await post(`${url}/xhr`)).body).toBe('c[1009,"message too big"]\n');
  });

  test('a client that takes nothing is closed with 4008 at eight times the queue', async () => {
    const url = await open('/kept');
    const socket = kept.sockets.at(-1)!;
    for (let i = 0; i < 20; i++) socket.send('x'.repeat(50));
    expect(socket.queuedBytes()).toBeLessThanOrEqual(800);
    expect((await post(`${url}/xhr`)).body).toBe('c[4008,"too slow"]\n');
  });

  test('a paused session takes no messages until it goes on', async () => {
    const url = await open('/kept');
    const socket = kept.sockets.at(-1)!;
    const before = kept.frames.length;
    socket.pause(true);
    const sending = post(`${url}/xhr_send`, '["later"]');
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(kept.frames).toHaveLength(before);
    socket.pause(false);
    expect((await sending).status).toBe(204);
    expect(kept.frames.slice(before)).toEqual(['later']);
  });

  test('its queue ran empty: the application hears of it', async () => {
    const url = await open('/kept');
    const before = kept.drains;
    kept.sockets.at(-1)!.send('a');
    expect((await post(`${url}/xhr`)).body).toBe('a["a"]\n');
    expect(kept.drains).toBeGreaterThan(before);
  });
});

test('two of them in one process share nothing', async () => {
  const id = crypto.randomUUID();
  expect((await post(server.url(`/echo/0/${id}/xhr`))).body).toBe('o\n');
  expect((await post(server.url(`/close/0/${id}/xhr`))).body).toBe('o\n');
  expect((await post(server.url(`/kept/0/${id}/xhr_send`), '["a"]')).status).toBe(404);
});

test('the server stops although clients wait, and tells them', async () => {
  const own = await sockJsApp({ '/echo': { accept: echo } });
  const url = own.url(`/echo/0/${crypto.randomUUID()}`);
  const receiver = await streaming(url);
  expect(await receiver.read()).toBe('o\n');
  await own.close();
  expect(await receiver.read()).toBe('c[1012,"stopping"]\n');
  expect(await receiver.read()).toBe('');
});

test('a client that gave up while it was being identified leaves no session that waits for it for ever', async () => {
  const url = session('/slow');
  expect((await post(`${url}/xhr?token=first`)).body).toBe('o\n');
  const ends = slow.ends.length;
  const second = fetchAborted(`${url}/xhr_streaming?token=second`);
  await until(() => identifying.length === 2);
  second.abort();
  await second.done;
  // The answer's end has reached the server by the next request on another connection.
  await post(`${session('/echo')}/xhr`);
  identifying[1]!();
  await clock.advance(0);
  await clock.advance(10_000);
  expect(slow.ends.slice(ends)).toEqual([{ code: 1006, reason: 'no receiver' }]);
});
