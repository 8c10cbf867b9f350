import { once } from 'node:events';
import type { Room } from '@gongu/shared';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { chatOfThisFile, type Instance } from '../fixture/chat.ts';
import { said } from '../fixture/log-lines.ts';
import { SERVICE, tokenOf } from '../fixture/tokens.ts';

// What the front ends do that were written before there was a gongu.v1: no word more than they know.

const given = chatOfThisFile();
let chat: Instance;
let base: string;
const open: WebSocket[] = [];
beforeAll(async () => {
  chat = await given.start();
  base = chat.url.replace('http', 'ws');
});
afterEach(() => {
  for (const socket of open.splice(0)) socket.terminate();
});

/** `/ws/chat`: sends as soon as it is open, and shows each message's text. */
async function sessionChat(roomId: string, token: string, content?: string): Promise<string[]> {
  const socket = new WebSocket(`${base}/ws/chat?sessionId=${roomId}&token=${token}`);
  open.push(socket);
  const received: string[] = [];
  socket.on('message', (data) => received.push(data.toString()));
  socket.on('open', () => content !== undefined && socket.send(JSON.stringify({ type: 'message', content })));
  await once(socket, 'open');
  return received;
}

/** `/chat/{roomId}`: a hook that keeps every frame as a message, and sends only while the socket is open. */
async function useWebSocket(roomId: string) {
  const socket = new WebSocket(`${base}/chat/${roomId}`);
  open.push(socket);
  let messages: { content: string; type: string; sender: string | null; timestamp: number }[] = [];
  socket.onmessage = (event) => {
    messages = [...messages, JSON.parse(String(event.data))];
  };
  await once(socket, 'open');
  return {
    messages: () => messages,
    sendMessage(content: string) {
      if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify({ content, timestamp: Date.now() }));
    },
  };
}

interface Signal {
  type: string;
  sender: string;
  receiver: string;
  data: unknown;
  /** Of an identity. */
  token?: string;
}

/** `/room`: keeps what it hears. */
async function signalling(roomId: string) {
  const socket = new WebSocket(`${base}/room?roomId=${roomId}`);
  open.push(socket);
  const heard: Signal[] = [];
  socket.onmessage = ({ data }) => void heard.push(JSON.parse(String(data)));
  await once(socket, 'message');
  return {
    /** Who the server says that it is: what comes first. */
    id: () => JSON.parse(Buffer.from(heard[0]!.token!.split('.')[1]!, 'base64url').toString()).sub as string,
    of: (type: string) => heard.filter((signal) => signal.type === type),
    send: (signal: Omit<Signal, 'sender'>) => socket.send(JSON.stringify(signal)),
    close: () => socket.close(),
  };
}

/** Waits until so many are in the room: nothing tells these clients that they are. */
const inside = (roomId: string, count: number) =>
  expect
    .poll(async () => (await chat.call<Room>('GET', `/api/chat/rooms/${roomId}`, { as: SERVICE })).body.onlineCount)
    .toBe(count);

const contents = (frames: readonly string[]) =>
  frames
    .map((frame) => JSON.parse(frame))
    .filter(({ type, kind }) => type === 'message' && kind === 'CHAT')
    .map(({ content }) => content);

describe('/ws/chat?sessionId=', () => {
  it('sends on open, and three clients of one session hear it', async () => {
    const roomId = await chat.room();
    const others = [await sessionChat(roomId, tokenOf('bob')), await sessionChat(roomId, tokenOf('cid'))];
    const content = said('테스트 메시지');
    const own = await sessionChat(roomId, tokenOf('ann'), content);
    await expect.poll(() => [own, ...others].map(contents)).toEqual([[content], [content], [content]]);
  });

  it('sends by REST, and both hear it on their sockets, where the sender knows it by its id', async () => {
    const roomId = await chat.room();
    const own = await sessionChat(roomId, tokenOf('ann'));
    const other = await sessionChat(roomId, tokenOf('bob'));
    await inside(roomId, 2);
    const content = said('REST로 보낸 메시지');
    const path = `/api/chat/rooms/${roomId}/messages`;
    const sent = await chat.call<{ seq: number; messageId: string }>('POST', path, {
      ...{ as: 'ann', body: { clientMessageId: 'first', content } },
    });
    expect(sent.status).toBe(201);
    await expect.poll(() => [own, other].map(contents)).toEqual([[content], [content]]);
    const { seq, messageId } = sent.body;
    expect(JSON.parse(own.at(-1)!)).toMatchObject({ type: 'message', senderId: 'ann', seq, messageId });
  });

  it('refuses each of a hundred clients with a made-up session and token', async () => {
    const errors = await Promise.all(
      Array.from({ length: 100 }, async () => {
        const socket = new WebSocket(`${base}/ws/chat?sessionId=test&token=test`);
        const [error] = await once(socket, 'error');
        return (error as Error).message;
      }),
    );
    expect(new Set(errors)).toEqual(new Set(['Unexpected server response: 401']));
  });
});

describe('/chat/{roomId}', () => {
  it('shows what two of them say to each other, without a token, and nothing that is no message', async () => {
    const roomId = await chat.room();
    const ann = await useWebSocket(roomId);
    // A socket is open before it is in the room.
    await inside(roomId, 1);
    const bob = await useWebSocket(roomId);
    await inside(roomId, 2);
    await expect.poll(() => ann.messages().length).toBe(1); // Bob's joining
    const [first, second] = [said('안녕하세요'), said('반갑습니다')];
    ann.sendMessage(first);
    await expect.poll(() => bob.messages().some(({ content }) => content === first)).toBe(true);
    bob.sendMessage(second);
    const chats = (one: typeof ann) =>
      one
        .messages()
        .filter(({ type }) => type === 'CHAT')
        .map(({ content }) => content);
    await expect.poll(() => [chats(ann), chats(bob)]).toEqual(Array(2).fill([first, second]));
    for (const { type, content, timestamp } of [...ann.messages(), ...bob.messages()]) {
      expect(['CHAT', 'SYSTEM']).toContain(type);
      expect(content).not.toBe('');
      expect(new Date(timestamp).getFullYear()).toBe(new Date().getFullYear());
    }
  });
});

describe('/room?roomId=', () => {
  it('hears who comes, signals to one and to all, and hears who goes, without a token', async () => {
    const roomId = await chat.room();
    const ann = await signalling(roomId);
    await inside(roomId, 1);
    const bob = await signalling(roomId);
    await inside(roomId, 2);
    const cid = await signalling(roomId);
    const [annId, bobId, cidId] = [ann, bob, cid].map((one) => one.id()) as [string, string, string];
    const came = (sender: string) => ({ type: 'new', sender, receiver: 'all' });
    await expect.poll(() => ann.of('new')).toEqual([came(bobId), came(cidId)]);
    await expect.poll(() => bob.of('new').at(-1)).toEqual(came(cidId));

    const offer = { sdp: said('v=0') };
    ann.send({ type: 'offer', receiver: bobId, data: offer });
    await expect.poll(() => bob.of('offer')).toEqual([{ type: 'offer', sender: annId, receiver: bobId, data: offer }]);
    bob.send({ type: 'answer', receiver: annId, data: said('v=1') });
    await expect.poll(() => ann.of('answer')).toMatchObject([{ sender: bobId, data: said('v=1') }]);

    ann.send({ type: 'talk', receiver: 'all', data: said('모두에게') });
    const talk = { type: 'talk', sender: annId, receiver: 'all', data: said('모두에게') };
    await expect.poll(() => [ann, bob, cid].map((one) => one.of('talk'))).toMatchObject([[talk], [talk], [talk]]);
    // What is for one came before what is for all: Cid would have it by now.
    expect([...cid.of('offer'), ...cid.of('answer')]).toEqual([]);

    cid.close();
    const gone = { type: 'close', sender: cidId, receiver: 'all' };
    await expect.poll(() => [ann, bob].map((one) => one.of('close'))).toEqual([[gone], [gone]]);
    for (const one of [ann, bob, cid]) expect(one.of('error')).toEqual([]);
  });
});
