import { unsafeAnswers } from '@gongu/testkit';
import { expect, it } from 'vitest';
import { chatOfThisFile } from '../fixture/chat.ts';
import { authorizationOf, SERVICE } from '../fixture/tokens.ts';

const given = chatOfThisFile();

it('every answer says what it is and that it is not to be kept: routes, streams, SockJS and refusals', async () => {
  const chat = await given.start();
  const roomId = await chat.room();
  await chat.call('POST', `/api/chat/rooms/${roomId}/participants`, { as: 'ann', body: {} });
  const wrong = await unsafeAnswers({
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
      ],
    ],
    as: ['', authorizationOf('ann'), authorizationOf(SERVICE)],
  });
  expect(wrong).toEqual([]);
});
