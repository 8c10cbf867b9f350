import { once } from 'node:events';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { chatOfThisFile, type Instance } from '../fixture/chat.ts';
import { tokenOf } from '../fixture/tokens.ts';

const given = chatOfThisFile();
let chat: Instance;
beforeAll(async () => {
  chat = await given.start();
});
afterAll(() => chat.stop());

// React Native's WebSocket cuts a text at its first NUL: the server waited for the rest until its first-frame deadline.
it.each([
  ['/ws', ['v12.stomp'], (text: string) => text],
  ['/ws', [], (text: string) => text],
  ['/ws/chat/websocket', [], (text: string) => text],
  ['/ws/chat/774/without-nul/websocket', [], (text: string) => JSON.stringify([text])],
])(
  'a STOMP CONNECT without its NUL on %s %j is answered by an ERROR within seconds',
  async (path, protocols, frame) => {
    const socket = new WebSocket(`${chat.url.replace('http', 'ws')}${path}`, protocols);
    const said: string[] = [];
    socket.on('message', (data) => said.push(String(data)));
    await once(socket, 'open');
    socket.send(frame(`CONNECT\naccept-version:1.2\nAuthorization:Bearer ${tokenOf('ann')}\n\n`));
    const [code, reason] = (await once(socket, 'close')) as [number, Buffer];
    const told = said.join('').replaceAll('\\n', '\n');
    expect(told).toContain('ERROR\n');
    expect(told).toContain('message:BAD_FRAME');
    expect(told).toContain('forceBinaryWSFrames');
    // SockJS says the close in a frame of its own, and ends the socket with 1000.
    expect(code === 4500 ? String(reason) : told).toContain('appendMissingNULLonIncoming');
    expect(code === 4500 || told.includes('[4500')).toBe(true);
  },
);
