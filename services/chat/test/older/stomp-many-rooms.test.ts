import { randomUUID } from 'node:crypto';
import { tcpProxy } from '@gongu/testkit';
import { Client as StompClient } from '@stomp/stompjs';
import SockJS from 'sockjs-client';
import { beforeAll, expect, it, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { chatOfThisFile, type Instance } from '../fixture/chat.ts';
import { said } from '../fixture/log-lines.ts';
import { tokenOf } from '../fixture/tokens.ts';

const given = chatOfThisFile();
/** Where nothing is counted. */
let free: Instance;
/** With the rates that a service has where nobody says anything. */
let usual: Instance;
/** A burst is 50 frames there. */
let narrow: Instance;
beforeAll(async () => {
  free = await given.start();
  const rates = { RATE_CHANGES_PER_SECOND: '5', RATE_MESSAGES_PER_SECOND: '10' };
  usual = await given.start({ ...rates, RATE_FRAMES_PER_SECOND: '100' });
  narrow = await given.start({ ...rates, RATE_FRAMES_PER_SECOND: '25' });
});

/** What a front end that shows all there is of a room subscribes to. */
const ALL = ['', '/read', '/typing', '/participants', '/status'];
/** Of these none needs a join of its own. */
const PLAIN = ['', '/read', '/typing'];

/** stompjs as front ends use it: it subscribes anew whenever it is connected. */
function enter(base: string, userId: string, transport: string, destinations: readonly string[]) {
  const url = `${base}/ws/chat?token=${tokenOf(userId)}`;
  const told = {
    connections: 0,
    receipts: 0,
    refused: [] as string[],
    closes: [] as number[],
    heard: new Set<string>(),
  };
  const client = new StompClient({
    webSocketFactory: () =>
      (transport === 'plain'
        ? new WebSocket(url.replace('http', 'ws'), ['v12.stomp'])
        : new SockJS(url, null, { transports: transport })) as never,
    reconnectDelay: 100,
  });
  client.onStompError = ({ headers }) => void told.refused.push(String(headers.message));
  client.onWebSocketClose = ({ code }) => void told.closes.push(code);
  client.onConnect = () => {
    told.connections += 1;
    told.receipts = 0;
    told.heard.clear();
    client.subscribe('/user/queue/errors', ({ body }) => void told.refused.push(body));
    for (const destination of destinations) {
      const receipt = `${told.connections} ${destination}`;
      client.watchForReceipt(receipt, () => {
        told.receipts += 1;
      });
      client.subscribe(
        destination,
        ({ body }) => {
          const { kind, roomId } = JSON.parse(body) as { kind?: string; roomId: string };
          if (kind === 'CHAT') told.heard.add(roomId);
        },
        { receipt },
      );
    }
  };
  client.activate();
  onTestFinished(() => client.deactivate());
  return told;
}

it.each([
  { transport: 'plain', to: ALL },
  { transport: 'plain', to: PLAIN, isNarrow: true },
  { transport: 'websocket', to: ALL },
  { transport: 'xhr-polling', to: ALL },
])(
  'stompjs over $transport is in forty rooms at once, and again after it has lost its connection, and is refused nothing: $to',
  async ({ transport, to, isNarrow }) => {
    const chat = isNarrow ? narrow : usual;
    const network = await tcpProxy({ target: chat.url });
    onTestFinished(() => network.close());
    const userId = `forty-${randomUUID().slice(0, 8)}`;
    const roomIds: string[] = [];
    while (roomIds.length < 40) roomIds.push(await free.room());
    const post = async (roomId: string, path: string, as: string, body: object) =>
      expect((await free.call('POST', `/api/chat/rooms/${roomId}/${path}`, { as, body })).status).toBe(201);
    for (const roomId of roomIds) for (const as of [userId, 'bob']) await post(roomId, 'participants', as, {});
    const destinations = roomIds.flatMap((roomId) => to.map((part) => `/topic/chat/${roomId}${part}`));
    const told = enter(network.through(chat.url).replace(/\/$/, ''), userId, transport, destinations);
    for (const round of [1, 2]) {
      await expect
        .poll(() => [told.connections, told.receipts, ...told.refused, ...told.closes])
        .toEqual([round, destinations.length, ...(round === 1 ? [] : [expect.any(Number)])]);
      for (const roomId of roomIds) {
        await post(roomId, 'messages', 'bob', { clientMessageId: randomUUID(), content: said(`모두에게 ${round}`) });
      }
      await expect.poll(() => told.heard.size).toBe(roomIds.length);
      if (round === 1) network.cut();
    }
    expect(told.refused).toEqual([]);
  },
);
