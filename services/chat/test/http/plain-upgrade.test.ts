import { beforeAll, describe, expect, it } from 'vitest';
import { chatOfThisFile, type Instance, opening } from '../fixture/chat.ts';
import { rawExchange, rawUpgrade } from '../fixture/raw-http.ts';
import { authorizationOf, SERVICE } from '../fixture/tokens.ts';

const given = chatOfThisFile();
let chat: Instance;
beforeAll(async () => {
  chat = await given.start();
});
const statuses = (received: string) =>
  [...received.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => Number(status));

describe('a request that asks for another protocol than WebSocket', () => {
  it.each([['h2c'], ['TLS/1.0']])(
    '(%s) is answered as any other, with its body, and so is what follows',
    async (upgrade) => {
      const asks = `Host: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: ${upgrade}\r\nHTTP2-Settings: AAMAAABk\r\n`;
      const body = JSON.stringify(opening({ title: 'x' }));
      const received = await rawExchange(chat.port, [
        `GET /healthz HTTP/1.1\r\n${asks}\r\n`,
        `POST /api/chat/rooms HTTP/1.1\r\n${asks}Authorization: ${authorizationOf(SERVICE)}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
        `POST /api/chat/tokens/anonymous HTTP/1.1\r\n${asks}\r\n`,
        `GET /ws/chat/info HTTP/1.1\r\n${asks}\r\n`,
        `GET /ws HTTP/1.1\r\n${asks}\r\n`,
        `GET /nowhere HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
      ]);
      expect(statuses(received)).toEqual([200, 201, 200, 200, 400, 404]);
    },
  );

  it('is also one to WebSocket by another method than GET, or in HTTP/1.0', async () => {
    const asks = 'Host: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n';
    const received = await rawExchange(chat.port, [
      `POST /api/chat/tokens/anonymous HTTP/1.1\r\n${asks}Content-Length: 0\r\n\r\n`,
      `DELETE /healthz HTTP/1.1\r\n${asks}\r\n`,
      `GET /healthz HTTP/1.0\r\n${asks}\r\n`,
    ]);
    expect(statuses(received)).toEqual([200, 405, 200]);
  });

  it('may open a SockJS session, and send by it', async () => {
    const asks = 'Host: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\nContent-Type: text/plain\r\n';
    const message = '["{\\"type\\":\\"ping\\"}"]';
    const received = await rawExchange(chat.port, [
      `POST /ws/chat/001/upgrading/xhr HTTP/1.1\r\n${asks}Content-Length: 0\r\n\r\n`,
      `POST /ws/chat/001/upgrading/xhr_send HTTP/1.1\r\n${asks}Content-Length: ${message.length}\r\n\r\n${message}`,
      `GET /nowhere HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
    ]);
    expect(statuses(received)).toEqual([200, 204, 404]);
  });
});

describe('an upgrade to WebSocket', () => {
  it('works behind a request on the same connection, and where other protocols are offered too', async () => {
    const offered = { headers: { upgrade: 'h2c, websocket' }, until: /\r\n\r\n/ };
    expect(await rawUpgrade(chat.port, '/ws', offered)).toMatch(/^HTTP\/1.1 101 /);
    const head = 'GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n';
    const upgrade =
      'GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AQIDBAUGBwgJCgsMDQ4PEA==\r\n\r\n';
    expect(statuses(await rawExchange(chat.port, head + upgrade, { until: / 101 / }))).toEqual([200, 101]);
  });

  it.each([
    ['/healthz'],
    ['/api/chat/rooms'],
    ['/api/chat/events'],
    ['/ws/chat/info'],
    ['/ws/chat/001/upgrading/eventsource'],
  ])('is refused where there is no WebSocket, whatever the URL is good for (%s)', async (path) => {
    const headers = { authorization: authorizationOf('ann') };
    const answer = await rawUpgrade(chat.port, path, { headers, until: /never/ });
    expect(answer).toMatch(/^HTTP\/1.1 400 [\s\S]*\r\nconnection: close\r\n[\s\S]*no WebSocket/i);
  });

  it.each([
    ['/ws?token=garbage'],
    ['/nowhere'],
    ['/%E0%A4%A'],
    ['/chat/%ZZ'],
    ['/room?roomId=%ZZ'],
    ['/api/chat/rooms'],
  ])('that is refused says that its connection ends, and ends it (%s)', async (path) => {
    // Longer than the test may take: it is the other side that closes.
    const answer = await rawUpgrade(chat.port, path, { until: /never/ });
    expect(answer).toMatch(/^HTTP\/1.1 40\d [\s\S]*\r\nconnection: close\r\n/i);
    expect(answer).not.toMatch(/keep-alive/);
  });
});
