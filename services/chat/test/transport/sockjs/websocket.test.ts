import { probe, UpgradeRefused } from '@gongu/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createDestinations } from '../../../src/protocol/stomp/destination.ts';
import { createStompProtocol } from '../../../src/protocol/stomp/protocol.ts';
import type { SockJsOptions } from '../../../src/transport/sockjs/options.ts';
import { close, echo, recorder, type SockJsApp, sockJsApp } from '../../fixture/sockjs-app.ts';

const stomp = createStompProtocol({ destinations: createDestinations() });
/** Raw STOMP and JSON are recognised by their first frames, as the chat service does it. */
const raw: SockJsOptions['raw'] = (frame) => {
  if (stomp.sniff(frame)) return { protocol: 'stomp', preamble: stomp.preamble! };
  return frame.toString().startsWith('{') ? { protocol: 'json', preamble: '' } : null;
};

let server: SockJsApp;
const kept = recorder();
const quick = recorder();
const mismatches: object[] = [];
const accepted: { transport: string; path: string; subprotocol: string | null }[] = [];
beforeAll(async () => {
  server = await sockJsApp({
    '/echo': {
      accept: echo,
      raw,
      onMismatch: ({ path, protocol }) => void mismatches.push({ path, protocol }),
      onAccepted: ({ transport, hello: { path, subprotocol } }) => void accepted.push({ transport, path, subprotocol }),
    },
    '/close': { accept: close },
    '/kept': { accept: kept.accept, frameBytes: 1_000 },
    '/quick': { accept: quick.accept, heartbeatMs: 100 },
    '/guarded': {
      accept: echo,
      identify: async (_, query) => {
        const userId = query.get('token');
        if (userId === 'bad') throw Object.assign(new Error('bad token'), { statusCode: 401 });
        return userId === null ? null : { userId, nickname: userId, tag: null, roles: [], anon: false, expiresAtMs: 0 };
      },
      choose: (offered) => offered.find((name) => name === 'v12.stomp') ?? null,
      originAllowed: (origin) => origin !== 'https://evil.example',
    },
  });
});
afterAll(() => server.close());

const url = (base: string, id: string = crypto.randomUUID()) => server.ws(`${base}/000/${id}/websocket`);
/** A socket that has taken the `o`. */
async function opened(base: string, id?: string) {
  const socket = await probe(url(base, id));
  expect(await socket.next()).toBe('o');
  return socket;
}

describe('websocket (Websocket)', () => {
  test('o first, then arrays of messages both ways', async () => {
    const socket = await opened('/echo');
    socket.send('["a"]');
    expect(await socket.next()).toBe('a["a"]');
    socket.send('"안녕"');
    expect(await socket.next()).toBe('a["안녕"]');
    socket.send('["b","c"]');
    expect([await socket.next(), await socket.next()]).toEqual(['a["b"]', 'a["c"]']);
    socket.close();
    expect((await socket.closed()).code).toBe(1005);
  });

  test('a close frame, then the close', async () => {
    const socket = await opened('/close');
    expect(await socket.next()).toBe('c[3000,"Go away!"]');
    expect(await socket.closed()).toEqual({ code: 3000, reason: 'Go away!' });
  });

  test('empty messages and empty arrays are ignored', async () => {
    const socket = await opened('/echo');
    for (const text of ['', '[]', '["a"]']) socket.send(text);
    expect(await socket.next()).toBe('a["a"]');
    socket.terminate();
  });

  test('an id may be used twice at a time: the session is the socket', async () => {
    const id = crypto.randomUUID();
    const [one, other] = [await opened('/echo', id), await opened('/echo', id)];
    one.send('["1"]');
    other.send('["2"]');
    expect([await one.next(), await other.next()]).toEqual(['a["1"]', 'a["2"]']);
    one.terminate();
    other.terminate();
  });

  test.each(['["a', '"a', '[1]', '[["a"]]'])('%j ends the socket without a frame', async (text) => {
    const socket = await opened('/echo');
    socket.send(text);
    expect((await socket.closed()).code).toBe(4500);
    expect(socket.queue).toEqual([]);
  });

  test('a binary message with SockJS framing is read like a text', async () => {
    const socket = await opened('/echo');
    socket.send(Buffer.from('["a"]'));
    expect(await socket.next()).toBe('a["a"]');
    socket.terminate();
  });

  test('a binary message that is not UTF-8 ends the socket', async () => {
    const socket = await opened('/echo');
    socket.send(Buffer.concat([Buffer.from('["'), Buffer.from([0xb0, 0xa8]), Buffer.from('"]')]));
    expect((await socket.closed()).code).toBe(4500);
  });

  test('a message beyond the ceiling is told by c[1009,…]', async () => {
    const socket = await opened('/kept');
    socket.send(JSON.stringify(['x'.repeat(1_001)]));
    expect(await socket.next()).toBe('c[1009,"message too big"]');
    expect((await socket.closed()).code).toBe(1009);
  });

  test('beats come by themselves, and a client that answers no ping is gone', async () => {
    const socket = await opened('/quick');
    expect(await socket.next()).toBe('h');
    expect(await socket.next()).toBe('h');
    socket.pause();
    while (quick.ends.length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    expect(quick.ends).toEqual([{ code: 1006, reason: '' }]);
    socket.resume();
    expect((await socket.closed()).code).toBe(1006);
  });

  test('the application hears how the socket ended, and may end it itself', async () => {
    const socket = await opened('/kept');
    const ends = kept.ends.length;
    socket.close(4123, 'enough');
    await socket.closed();
    while (kept.ends.length === ends) await new Promise((resolve) => setImmediate(resolve));
    expect(kept.ends.at(-1)).toEqual({ code: 4123, reason: 'enough' });
    const other = await opened('/kept');
    kept.sockets.at(-1)!.terminate();
    expect((await other.closed()).code).toBe(1006);
  });
});

describe('raw WebSocket (RawWebsocket)', () => {
  test('has no framing at all', async () => {
    const socket = await probe(server.ws('/echo/websocket'));
    socket.send('Hello world!\uffff');
    expect(await socket.next()).toBe('Hello world!\uffff');
    socket.send('["a"]');
    expect(await socket.next()).toEqual(['a']);
    socket.terminate();
  });

  test('closes with the code and reason themselves', async () => {
    const socket = await probe(server.ws('/close/websocket'));
    expect(await socket.closed()).toEqual({ code: 3000, reason: 'Go away!' });
    expect(socket.queue).toEqual([]);
  });
});

describe('one URL, either framing', () => {
  const connect = 'CONNECT\naccept-version:1.2\n\n\0';

  test('raw STOMP after the o: the stray frame is ended first, then all is raw, and a line says so', async () => {
    const socket = await opened('/echo');
    mismatches.length = 0;
    socket.send(connect);
    expect(await socket.next()).toBe('\n\n\0');
    expect(await socket.next()).toBe(connect);
    expect(mismatches).toEqual([{ path: expect.stringMatching(/^\/echo\/000\/.*\/websocket$/), protocol: 'stomp' }]);
    socket.send('["not unwrapped"]');
    expect(await socket.next()).toEqual(['not unwrapped']);
    socket.terminate();
  });

  test('binary STOMP and a heart-beat are recognised as well', async () => {
    for (const first of [Buffer.from(connect), '\n']) {
      const socket = await opened('/echo');
      socket.send(first);
      expect(await socket.next()).toBe('\n\n\0');
      socket.terminate();
    }
  });

  test('raw JSON after the o needs no preamble', async () => {
    const socket = await opened('/echo');
    socket.send('{"type":"ping"}');
    expect(await socket.next()).toEqual({ type: 'ping' });
    socket.terminate();
  });

  test('what can not be served gets c[4500,…] with the reason, and a line', async () => {
    const socket = await opened('/echo');
    mismatches.length = 0;
    socket.send('hello');
    expect(await socket.next()).toMatch(/^c\[4500,"not SockJS: .*"\]$/);
    expect((await socket.closed()).code).toBe(4500);
    expect(mismatches).toMatchObject([{ protocol: null }]);
  });

  test('after a SockJS frame nothing turns raw any more', async () => {
    const socket = await opened('/echo');
    socket.send('[]');
    socket.send(connect);
    expect(await socket.next()).toMatch(/^c\[4500,/);
    expect((await socket.closed()).code).toBe(4500);
  });

  test('a subprotocol means raw from the start: no o, no framing', async () => {
    accepted.length = 0;
    const socket = await probe(url('/echo'), { protocols: ['v12.stomp', 'v11.stomp'] });
    expect(socket.protocol).toBe('v12.stomp');
    socket.send(connect);
    expect(await socket.next()).toBe(connect);
    expect(accepted).toMatchObject([{ transport: 'raw', subprotocol: 'v12.stomp' }]);
    socket.terminate();
  });
});

describe('before the upgrade', () => {
  const refused = async (target: string, options = {}) => {
    const error = await probe(target, options).then(
      () => null,
      (reason) => reason,
    );
    expect(error).toBeInstanceOf(UpgradeRefused);
    return (error as UpgradeRefused).status;
  };

  test('a bad token is refused by the status it is refused with, and none is no reason to', async () => {
    expect(await refused(`${url('/guarded')}?token=bad`)).toBe(401);
    const socket = await probe(url('/guarded'));
    expect(await socket.next()).toBe('o');
    socket.terminate();
  });

  test('subprotocols of which none is known are 400', async () => {
    expect(await refused(url('/guarded'), { protocols: ['bearer.abc'] })).toBe(400);
    expect(await refused(url('/guarded'), { protocols: ['mqtt'] })).toBe(400);
    expect(await refused(server.ws('/guarded/websocket'), { protocols: ['mqtt'] })).toBe(400);
  });

  test('an origin that is not allowed is 403', async () => {
    expect(await refused(url('/guarded'), { headers: { origin: 'https://evil.example' } })).toBe(403);
  });

  test('a session with a dot is 404, the base URL itself 400', async () => {
    expect(await refused(server.ws('/echo/a.b/c/websocket'))).toBe(404);
    expect(await refused(server.ws('/echo'))).toBe(400);
  });
});
