import { once } from 'node:events';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { chatOfThisFile, type Instance } from '../fixture/chat.ts';
import { said } from '../fixture/log-lines.ts';
import { tokenOf } from '../fixture/tokens.ts';

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

/** S1: sends as soon as it is open, and shows each message's text. */
async function sessionChat(roomId: string, token: string, content?: string): Promise<string[]> {
  const socket = new WebSocket(`${base}/ws/chat?sessionId=${roomId}&token=${token}`);
  open.push(socket);
  const received: string[] = [];
  socket.on('message', (data) => received.push(data.toString()));
  socket.on('open', () => content !== undefined && socket.send(JSON.stringify({ type: 'message', content })));
  await once(socket, 'open');
  return received;
}

/** S2: a hook that keeps every frame as a message, and sends only while the socket is open. */
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

const contents = (frames: readonly string[]) =>
  frames
    .map((frame) => JSON.parse(frame))
    .filter(({ type, kind }) => type === 'message' && kind === 'CHAT')
    .map(({ content }) => content);

describe('S1', () => {
  it('sends on open, and three clients of one session hear it', async () => {
    const roomId = await chat.room();
    const others = [await sessionChat(roomId, tokenOf('bob')), await sessionChat(roomId, tokenOf('cid'))];
    const content = said('테스트 메시지');
    const own = await sessionChat(roomId, tokenOf('ann'), content);
    await expect.poll(() => [own, ...others].map(contents)).toEqual([[content], [content], [content]]);
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

describe('S2', () => {
  it('shows what two of them say to each other, without a token, and nothing that is no message', async () => {
    const roomId = await chat.room();
    const ann = await useWebSocket(roomId);
    const bob = await useWebSocket(roomId);
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
