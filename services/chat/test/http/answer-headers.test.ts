import { badRawAnswers, unsafeAnswers } from '@gongu/testkit';
import { expect, it } from 'vitest';
import { chatOfThisFile } from '../fixture/chat.ts';
import { rawUpgrade } from '../fixture/raw-http.ts';
import { authorizationOf, SERVICE, tokenOf } from '../fixture/tokens.ts';

const given = chatOfThisFile();

it('every answer says what it is and that it is not to be kept: routes, streams, SockJS and refusals', async () => {
  const chat = await given.start();
  const roomId = await chat.room();
  await chat.call('POST', `/api/chat/rooms/${roomId}/participants`, { as: 'ann', body: {} });
  const json = { 'content-type': 'application/json' };
  const { wrong, statuses } = await unsafeAnswers({
    url: chat.url,
    also: [
      ...[
        '/healthz',
        '/readyz',
        '/metrics',
        '/docs',
        '/openapi.json',
        '/asyncapi.json',
        '/nowhere',
        '/%E0%A4%A',
        '/ws',
      ].map((path) => `GET ${path}`),
      ...['GET /ws/chat', 'GET /ws/chat/info', 'GET /ws/chat-sockjs/info', 'PUT /healthz', 'PROPFIND /healthz'],
      ...[
        'POST /ws/chat/1/headers-a/xhr',
        'POST /ws/chat/1/headers-b/xhr_streaming',
        'GET /ws/chat/1/headers-c/eventsource',
      ],
      ...[
        'POST /ws/chat/1/none/xhr_send',
        'GET /ws/chat/1/none/xhr',
        'GET /ws/chat/1/none/websocket',
        'GET /ws/chat/iframe.html',
      ],
      ...[
        `GET /api/chat/rooms/${roomId}`,
        `GET /api/chat/rooms/${roomId}/events`,
        'GET /api/chat/events',
        'OPTIONS /healthz',
        'PATCH /ws/chat/1/none/xhr_send',
        'GET /ws/chat/',
      ],
      // 201, 204 and what is refused before anybody reads it.
      { line: 'POST /api/chat/tickets' },
      { line: `PUT /api/chat/rooms/${roomId}/read`, headers: json, body: '{"seq":1}' },
      { line: `PUT /api/chat/rooms/${roomId}/read`, headers: { 'content-type': 'application/xml' }, body: '<x/>' },
      { line: `PUT /api/chat/rooms/${roomId}/read`, headers: json, body: '{"seq":' },
      { line: `PUT /api/chat/rooms/${roomId}/read`, headers: json, body: `"${'x'.repeat(400_000)}"` },
      { line: 'POST /healthz', headers: { 'content-type': 'application/xml' }, body: '<x/>' },
      {
        line: 'OPTIONS /api/chat/rooms',
        headers: { origin: 'https://shop.example', 'access-control-request-method': 'POST' },
      },
      { line: 'POST /api/chat/rooms', headers: { origin: 'https://evil.example' } },
    ],
    as: ['', authorizationOf('ann'), authorizationOf(SERVICE)],
  });
  expect(wrong).toEqual([]);
  expect(statuses).toEqual(expect.arrayContaining([200, 201, 204, 400, 401, 403, 404, 405, 413]));
});

it('what is no good HTTP is answered by a problem too, and ends its connection', async () => {
  const chat = await given.start();
  expect(await badRawAnswers(chat.url)).toEqual([]);
  expect((await fetch(`${chat.url}/healthz`)).status).toBe(200);
});

it('a WebSocket handshake that is broken is answered by a problem too, on every URL that takes one', async () => {
  const chat = await given.start();
  const broken: Record<string, string | null>[] = [
    { 'sec-websocket-key': null },
    { 'sec-websocket-key': 'short' },
    { 'sec-websocket-version': '7' },
    { 'sec-websocket-version': null },
    { 'sec-websocket-protocol': 'gongu.v1,,' },
    { 'sec-websocket-protocol': 'gongu.v1, gongu.v1' },
    { 'sec-websocket-protocol': 'gongu v1' },
    { host: null },
  ];
  const token = `token=${tokenOf('ann')}`;
  for (const path of ['/ws', '/ws/chat', '/ws/chat/websocket', '/ws/chat/1/broken/websocket', '/chat/lobby', '/room']) {
    for (const headers of broken) {
      const answer = await rawUpgrade(chat.port, `${path}?${token}`, { headers, until: /never/ });
      const what = `${path} ${JSON.stringify(headers)}`;
      expect(answer, what).toMatch(/^HTTP\/1.1 400 [\s\S]*"code":"VALIDATION_FAILED"/);
      for (const line of ['connection: close', 'cache-control: no-store', 'x-content-type-options: nosniff']) {
        expect(answer.toLowerCase(), what).toContain(`\r\n${line}\r\n`);
      }
      if (!('host' in headers)) expect(answer.toLowerCase(), what).toContain('sec-websocket-version: 13');
    }
  }
});
