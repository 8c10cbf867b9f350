import type { Room } from '@gongu/shared';
import { type IMessage, Client as StompClient } from '@stomp/stompjs';
import SockJS from 'sockjs-client';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { chatOfThisFile, type Instance } from '../fixture/chat.ts';
import { said } from '../fixture/log-lines.ts';
import { checkMessage } from '../fixture/stomp-reader.ts';
import { SERVICE, tokenOf } from '../fixture/tokens.ts';

const given = chatOfThisFile();
let chat: Instance;
const open = new Set<StompClient>();

beforeAll(async () => {
  chat = await given.start();
});
afterEach(async () => {
  await Promise.all([...open].map((client) => client.deactivate()));
  open.clear();
});

/** stompjs over a plain WebSocket, or over SockJS with one transport. */
async function connect(
  userId: string,
  transport: string,
  path = '/ws/chat',
  token = tokenOf(userId),
  at = chat,
): Promise<StompClient> {
  const url = `${at.url}${path}?token=${token}`;
  const client = new StompClient({
    webSocketFactory: () =>
      (transport === 'plain'
        ? new WebSocket(url.replace('http', 'ws'), ['v12.stomp', 'v11.stomp', 'v10.stomp'])
        : new SockJS(url, null, { transports: transport })) as never,
    reconnectDelay: 0,
  });
  open.add(client);
  await new Promise<void>((resolve, reject) => {
    client.onConnect = () => resolve();
    client.onStompError = (frame) => reject(new Error(frame.headers.message));
    client.onWebSocketClose = (event) => reject(new Error(`closed ${event.code} ${event.reason}`));
    client.activate();
  });
  return client;
}

/** Messages of a destination, in their order; resolves once the subscription's receipt is here. */
async function subscribe(client: StompClient, destination: string, headers: Record<string, string> = {}) {
  const messages: { body: never; headers: IMessage['headers'] }[] = [];
  await new Promise<void>((resolve) => {
    const receipt = `r-${Math.random()}`;
    client.watchForReceipt(receipt, () => resolve());
    client.subscribe(
      destination,
      (message) => {
        checkMessage(message.headers.destination, message.body);
        messages.push({ body: JSON.parse(message.body) as never, headers: message.headers });
      },
      { ...headers, receipt },
    );
  });
  return messages;
}

describe.each(['plain', 'websocket', 'xhr-streaming', 'eventsource', 'xhr-polling'])('stompjs over %s', (transport) => {
  it('subscribes to a room, sends with a receipt and hears it with its seq, as a gongu.v1 client does', async () => {
    const roomId = await chat.room();
    const bob = await chat.connect('bob');
    await bob.join(roomId);
    const ann = await connect('ann', transport);
    const heard = await subscribe(ann, `/topic/chat/${roomId}`);
    await bob.event('message', (event) => event.kind === 'SYSTEM');
    const content = said('안녕하세요');
    const receipt = new Promise<void>((resolve) => ann.watchForReceipt('sent', () => resolve()));
    ann.publish({
      destination: `/app/chat/${roomId}`,
      body: JSON.stringify({ content }),
      headers: { receipt: 'sent' },
    });
    await receipt;
    const message = await bob.event('message', (event) => event.kind === 'CHAT');
    expect(message).toMatchObject({ content, sender: { userId: 'ann' } });
    await expect.poll(() => heard.length).toBe(1);
    expect(heard[0]).toMatchObject({
      body: { roomId, seq: message.seq, messageId: message.messageId, content },
      headers: { destination: `/topic/chat/${roomId}`, seq: String(message.seq), 'message-id': expect.any(String) },
    });
    const answer = await bob.say(roomId, said('반가워요'));
    await expect.poll(() => heard.length).toBe(2);
    expect(heard[1]!.headers.seq).toBe(String(answer.seq));
  });
});

describe('a STOMP client', () => {
  it('recovers by after what it missed, and nothing else', async () => {
    const roomId = await chat.room();
    const bob = await chat.connect('bob');
    await bob.join(roomId);
    const first = await bob.say(roomId);
    const second = await bob.say(roomId);
    const heard = await subscribe(await connect('ann', 'plain', '/ws'), `/topic/couple/${roomId}`, {
      after: String(first.seq),
    });
    await expect.poll(() => heard.length).toBe(2); // the second message, and Ann's own join
    expect(heard[0]).toMatchObject({ headers: { seq: String(second.seq), recovered: 'true' } });
  });

  it('hears of reads, typing, participants and the status by their own destinations', async () => {
    const roomId = await chat.room();
    const bob = await chat.connect('bob');
    await bob.join(roomId);
    const ann = await connect('ann', 'plain', '/ws');
    const [reads, typings, participants, status] = [
      await subscribe(ann, `/topic/chat/${roomId}/read`),
      await subscribe(ann, `/topic/chat/${roomId}/typing`),
      await subscribe(ann, `/topic/chat/${roomId}/participants`),
      await subscribe(ann, `/topic/chat/${roomId}/status`),
    ];
    bob.send({ type: 'typing', roomId, typing: true });
    bob.send({ type: 'read', roomId, seq: 2 });
    await expect.poll(() => typings[0]?.body).toMatchObject({ roomId, user: { userId: 'bob' }, typing: true });
    await expect.poll(() => reads[0]?.body).toEqual({ roomId, userId: 'bob', seq: 2 });
    await expect.poll(() => participants.at(-1)?.body).toEqual({ roomId, participantCount: 2, onlineCount: 2 });
    await chat.call('PATCH', `/api/chat/rooms/${roomId}`, { as: SERVICE, body: { status: 'CANCELLED' } });
    await expect.poll(() => status.at(-1)?.body).toMatchObject({ roomId, status: 'CANCELLED' });
  });

  it('hears how many sockets are connected, at once and when one comes or goes', async () => {
    const alone = await given.start();
    const ann = await connect('ann', 'plain', '/ws', tokenOf('ann'), alone);
    const counts = await subscribe(ann, '/sub/channel/entry');
    const heard = () => counts.map(({ body }) => body);
    await expect.poll(heard).toEqual([{ count: 1 }]);
    const bob = await alone.connect('bob');
    await expect.poll(heard).toEqual([{ count: 1 }, { count: 2 }]);
    // One who says nothing yet, and the same user again, are sockets too.
    const sockets = [await alone.open(), await alone.connect('bob')];
    await expect.poll(() => heard().at(-1)).toEqual({ count: 4 });
    for (const socket of [bob, ...sockets]) socket.close();
    await expect.poll(() => heard().at(-1)).toEqual({ count: 1 });
    await ann.deactivate();
    await alone.stop();
  });

  it('talks in the lobby where it names no room, and has it not among his rooms', async () => {
    const user = 'ann-of-the-lobby';
    const ann = await connect(user, 'plain', '/ws');
    const heard = await subscribe(ann, '/sub/channel/lobby');
    const content = said('로비');
    ann.publish({ destination: '/pub/chat', body: JSON.stringify({ content }) });
    await expect.poll(() => heard.map(({ body }) => (body as { content: string }).content)).toContain(content);
    const rooms = async () =>
      (await chat.call<{ items: Room[] }>('GET', '/api/chat/rooms', { as: user })).body.items.map((one) => one.roomId);
    expect(await rooms()).toEqual([]);
    const roomId = await chat.room();
    await subscribe(ann, `/topic/chat/${roomId}`);
    expect(await rooms()).toEqual([roomId]);
  });

  it('is told of a refusal on its error queue and stays connected', async () => {
    const roomId = await chat.room();
    const ann = await connect('ann', 'plain', '/ws');
    const errors = await subscribe(ann, '/user/queue/errors');
    ann.publish({ destination: `/app/chat/${roomId}`, body: JSON.stringify({ content: said('?') }) });
    await expect.poll(() => errors[0]?.body).toMatchObject({ code: 'NOT_A_MEMBER', status: 403 });
    expect(ann.connected).toBe(true);
  });
});

describe.each([
  ['plain', '/ws', /^\/ws$/, 'v12.stomp', 1005],
  ['websocket', '/ws/chat', /^\/ws\/chat\/.+\/websocket$/, null, 1000],
  // Polling has no goodbye: the client stops asking, and after five seconds its session ends.
  ['xhr-polling', '/ws/chat', /^\/ws\/chat\/.+\/xhr$/, null, 1006],
] as const)('the log of a STOMP client over %s', (transport, base, path, subprotocol, code) => {
  it('has a line for each step, and what is said for two at debug', async () => {
    const roomId = await chat.room();
    const user = `ann-of-${transport}`;
    const ann = await connect(user, transport, base);
    const heard = await subscribe(ann, `/topic/chat/${roomId}`);
    ann.publish({ destination: `/app/chat/${roomId}`, body: JSON.stringify({ content: said('말') }) });
    await expect.poll(() => heard.length).toBeGreaterThan(0);
    await ann.deactivate();
    const { connectionId } = given.logs.of('session.authenticated').find(({ userId }) => userId === user)!;
    const lines = () => given.logs.of().filter((line) => line.connectionId === connectionId && line.level === 'info');
    const events = () => lines().map(({ event }) => event);
    const line = (name: string) => lines().find(({ event }) => event === name);
    await expect.poll(events).toContain('session.closed');
    expect(events().sort()).toEqual(
      [
        ...['handshake.accepted', 'session.authenticated', 'stomp.connect'],
        ...['stomp.subscribe', 'stomp.disconnect', 'session.closed'],
      ].sort(),
    );
    expect(line('handshake.accepted')).toMatchObject({
      ...{ userId: user, path: expect.stringMatching(path), subprotocol, tokenPresent: true },
      ...{ address: '127.0.0.1', requestId: expect.any(String) },
    });
    expect(line('stomp.subscribe')).toMatchObject({ userId: user, roomId, destination: `/topic/chat/${roomId}` });
    expect(line('session.closed')).toMatchObject({ userId: user, code });
    const { seq } = heard.at(-1)!.headers;
    expect(given.logs.of('message.stored')).toContainEqual(
      expect.objectContaining({ level: 'debug', roomId, seq: Number(seq), userId: user }),
    );
    expect(given.logs.of('fan-out')).toContainEqual(expect.objectContaining({ level: 'debug', roomId, sockets: 1 }));
  });

  it('has one line for a handshake that was rejected, with its reason and without its token', async () => {
    const before = given.logs.lines.length;
    await expect(connect('eve', transport, base, 'garbage')).rejects.toThrow();
    const since = () =>
      given.logs
        .of()
        .slice(before)
        .filter(({ event }) => event !== undefined);
    await expect.poll(() => since().length).toBeGreaterThan(0);
    expect(since()).toEqual([
      expect.objectContaining({
        ...{ level: 'warn', event: 'handshake.rejected', code: 'UNAUTHENTICATED', reason: 'UNAUTHENTICATED' },
        ...{ path: expect.stringMatching(path), address: '127.0.0.1', tokenPresent: true },
        requestId: expect.any(String),
      }),
    ]);
    expect(given.logs.lines.some((line) => line.includes('garbage'))).toBe(false);
  });
});
