// @stomp/stompjs 5 to 7, which comes back by itself. The first argument is a SockJS transport, or `plain`.
import { after, library, more, nextId, roomId, saw, sawMessage, talk, token, url } from './lines.mjs';

const stomp = await library('@stomp/stompjs');
const { Client } = stomp.default ?? stomp;
const { WebSocket } = await library('ws');
const transport = more[0];
const SockJS = transport === 'plain' ? null : (await library('sockjs-client')).default;

const client = new Client();
client.configure({
  connectHeaders: { Authorization: `Bearer ${token}` },
  reconnectDelay: 300,
  webSocketFactory: () =>
    SockJS
      ? new SockJS(`${url}/ws/chat`, null, { transports: [transport] })
      : new WebSocket(`${url.replace(/^http/, 'ws')}/ws`, ['v12.stomp', 'v11.stomp', 'v10.stomp']),
  onConnect() {
    const receive = ({ body }) => sawMessage(JSON.parse(body));
    client.subscribe(`/topic/chat/${roomId}`, receive, { after: String(after()) });
  },
  onStompError: ({ headers }) => saw('error', { code: headers.message }),
  onWebSocketClose: ({ code }) => saw('over', { code }),
});
client.activate();

talk(
  (content) => {
    const body = JSON.stringify({ content, clientMessageId: nextId() });
    client.publish({ destination: `/app/chat/${roomId}`, body, headers: { 'content-type': 'application/json' } });
  },
  () => process.exit(0),
);
