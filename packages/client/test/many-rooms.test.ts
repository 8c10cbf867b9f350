import { startChatService, tcpProxy } from '@gongu/testkit';
import SockJS from 'sockjs-client';
import { expect, onTestFinished, test } from 'vitest';
import WebSocket from 'ws';
import type { WebSocketConstructor } from '../src/transport/websocket-transport.ts';
import { httpGateway } from './fixture/http-gateway.ts';
import { shopper } from './fixture/shopper.ts';

test('forty rooms that a new user opens at once are all joined at the rate that the service allows, and none shows an error', async () => {
  // The rate that a service has where nobody says anything.
  const chat = await startChatService({ RATE_CHANGES_PER_SECOND: '5', RATE_FRAMES_PER_SECOND: '100' });
  onTestFinished(() => chat.close());
  const roomIds = await Promise.all(Array.from({ length: 40 }, () => chat.room()));
  const token = () => chat.token('ann');
  const { client } = shopper({ url: chat.url, token, roomId: roomIds[0]! });
  const refused: string[] = [];
  const rooms = roomIds.map((roomId) => client.room(roomId));
  for (const room of rooms) {
    const leave = room.subscribe(() => {
      const { status, error } = room.getSnapshot();
      if (status === 'refused' || status === 'gone') refused.push(`${status} ${error?.code}`);
    });
    onTestFinished(leave);
  }
  const live = () => rooms.filter((room) => room.getSnapshot().status === 'live').length;
  await expect.poll(live).toBe(40);
  expect(refused).toEqual([]);
  expect(rooms.map((room) => room.getSnapshot().error)).toEqual(rooms.map(() => null));
  const { items } = await chat.call<{ items: object[] }>('GET', '/api/chat/rooms?limit=100', undefined, token());
  expect(items).toHaveLength(40);
});

/** What came of a lost network is no refusal. */
const UNANSWERED = new Set(['CONNECTION_LOST', 'TIMED_OUT']);

/** SockJS's client in the place of a WebSocket. */
const overSockJs = (transport: 'websocket' | 'xhr-streaming') =>
  class {
    constructor(url: string) {
      // biome-ignore lint/correctness/noConstructorReturn: SockJS's own object is the socket.
      return new SockJS(`${url.replace(/^ws/, 'http')}/chat`, null, { transports: transport });
    }
  } as unknown as WebSocketConstructor;

const SOCKETS: Readonly<Record<string, WebSocketConstructor>> = {
  WebSocket: WebSocket as unknown as WebSocketConstructor,
  'SockJS, websocket': overSockJs('websocket'),
  'SockJS, xhr-streaming': overSockJs('xhr-streaming'),
};

test.each([...Object.keys(SOCKETS), 'event streams'])(
  'a member of forty rooms is in all of them again after each loss of the network, and is refused nothing: %s',
  async (transport) => {
    const chat = await startChatService({ RATE_CHANGES_PER_SECOND: '5', RATE_FRAMES_PER_SECOND: '100' });
    onTestFinished(() => chat.close());
    const roomIds = await Promise.all(Array.from({ length: 40 }, () => chat.room()));
    for (const roomId of roomIds) {
      await chat.call('PUT', `/api/chat/rooms/${roomId}/participants/ann`, { committed: true, nickname: 'ann' });
    }
    const gateway = await httpGateway(chat.url);
    const network = await tcpProxy({ target: chat.url });
    onTestFinished(() => network.close());
    const WebSocket = SOCKETS[transport];
    const { client } = shopper({
      url: WebSocket ? network.through(chat.url) : gateway.url,
      token: () => chat.token('ann'),
      roomId: roomIds[0]!,
      client: WebSocket ? { WebSocket } : {},
    });
    const errors: string[] = [];
    const rooms = roomIds.map((roomId) => client.room(roomId));
    for (const room of rooms) {
      const leave = room.subscribe(() => {
        const { error } = room.getSnapshot();
        if (error && !UNANSWERED.has(error.code)) errors.push(error.code);
      });
      onTestFinished(leave);
    }
    const live = () => rooms.filter((room) => room.getSnapshot().status === 'live').length;
    for (let losses = 0; ; losses++) {
      await expect.poll(live).toBe(40);
      if (losses === 2) break;
      if (WebSocket) {
        await network.refuse();
        network.cut();
        await expect.poll(live).toBeLessThan(40);
        await network.pass();
      } else {
        // A few rooms have a stream. One that is cut comes back where it left off, and its room shows nothing of it.
        const { opened } = gateway;
        gateway.cut();
        await expect.poll(() => gateway.opened).toBeGreaterThan(opened + 1);
      }
    }
    expect(errors).toEqual([]);
  },
);
