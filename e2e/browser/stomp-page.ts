import './global.ts';
import { Client } from '@stomp/stompjs';
import SockJS from 'sockjs-client';

/** What a test asks of the page. */
export interface StompPage {
  /** Connects with this transport alone, subscribes and resolves with the transport that came about. */
  connect(options: { url: string; token: string; transport: string; roomId: string }): Promise<string>;
  say(content: string): void;
  /** Messages that came, in their order. */
  messages(): { seq: number; content: string }[];
  /** Close codes of the connections that ended. */
  closes(): number[];
  leave(): Promise<void>;
}

declare const document: { readonly body: { append(text: string): void } };

const messages: { seq: number; content: string }[] = [];
const closes: number[] = [];
let client: Client;
let room = '';
/** For the error of a test that fails. */
const show = (what: string) => document.body.append(`${what} `);

const page: StompPage = {
  connect: ({ url, token, transport, roomId }) =>
    new Promise((resolve, reject) => {
      room = roomId;
      let socket: { readonly transport?: string } = {};
      client = new Client({
        webSocketFactory() {
          if (transport === 'plain')
            return new WebSocket(`${url.replace('http', 'ws')}/ws`, ['v12.stomp', 'v11.stomp']);
          const made = new SockJS(`${url}/ws/chat?token=${token}`, null, { transports: transport });
          socket = made as never;
          return made;
        },
        connectHeaders: { Authorization: `Bearer ${token}` },
        reconnectDelay: 200,
        onWebSocketClose({ code }) {
          closes.push(code);
          show(`closed by ${code}`);
        },
        onStompError: ({ headers }) => reject(new Error(headers.message)),
        onConnect() {
          client.watchForReceipt('joined', () => resolve(socket.transport ?? 'plain'));
          show('connected');
          const take = ({ body }: { body: string }) => {
            messages.push(JSON.parse(body));
            show(`message ${messages.at(-1)!.seq}`);
          };
          const after = String(messages.at(-1)?.seq ?? 0);
          client.subscribe(`/topic/chat/${roomId}`, take, { after, receipt: 'joined' });
        },
      });
      client.activate();
    }),
  say: (content) => client.publish({ destination: `/app/chat/${room}`, body: JSON.stringify({ content }) }),
  messages: () => messages,
  closes: () => closes,
  leave: () => client.deactivate(),
};
Object.assign(globalThis, { chat: page });
