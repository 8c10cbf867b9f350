import { type Probe, probe } from '@gongu/testkit';
import { beforeAll, describe, expect, it } from 'vitest';
import { chatOfThisFile, type Instance } from '../fixture/chat.ts';
import recorded from '../fixture/recorded-stomp.json' with { type: 'json' };
import { tokenOf } from '../fixture/tokens.ts';

const given = chatOfThisFile();
let chat: Instance;
beforeAll(async () => {
  chat = await given.start();
});

let sessions = 0;
/** A SockJS URL as a client makes it up, and its path as the log shows it: without the id of the session. */
function sockJsUrl(prefix = '/ws/chat') {
  const server = 100 + sessions++;
  const url = `${chat.url.replace('http', 'ws')}${prefix}/${server}/session-${server}/websocket`;
  return { path: `${prefix}/${server}/[redacted]/websocket`, url };
}
const mismatches = (path: string) => given.logs.of('framing.mismatch').filter((line) => line.path === path);

/** What a client's own parser makes of what came: everything up to a NUL is a frame, `o` too. */
function framesOf(texts: readonly string[]): { command: string; text: string }[] {
  return texts
    .join('')
    .split('\0')
    .map((text) => text.trimStart())
    .filter((text) => text !== '')
    .map((text) => ({ command: text.split('\n')[0]!, text }));
}
const commands = (texts: readonly string[]) => framesOf(texts).map(({ command }) => command);

const CLIENTS = {
  'Spring 6.1 WebSocketStompClient, text': { says: ['안녕', '둘째 줄'], receipts: [] },
  'Spring 6.1 WebSocketStompClient, JSON and receipts': { says: ['안녕', '둘째'], receipts: ['0', '1', '2', '3'] },
  'StompProtocolAndroid 1.6 over OkHttp': { says: ['안녕', 'plain', '옛날'], receipts: [] },
} as const;
type Name = keyof typeof CLIENTS;
/** How a client carries its STOMP frames on the URL. */
const WAYS = {
  'raw, the S0 incident': { protocols: [], framed: false, first: 'o' },
  'raw with a subprotocol': { protocols: ['v12.stomp', 'v11.stomp'], framed: false, first: null },
  'with SockJS framing': { protocols: [], framed: true, first: 'o' },
} as const;

/** Sends what was recorded, for a room that there is and a token that is good. */
function replay(socket: Probe, name: Name, roomId: string, framed: boolean): void {
  for (const message of recorded[name] as string[]) {
    const text = message.replaceAll('/r1', `/${roomId}`).replace('TOKEN', tokenOf('ann'));
    socket.send(framed ? JSON.stringify([text]) : text);
  }
}

describe.each(Object.entries(WAYS))('on …/{server}/{session}/websocket, %s,', (_, way) => {
  it.each(Object.entries(CLIENTS))('%s talks in its room', async (name, { says, receipts }) => {
    const roomId = await chat.room();
    const bob = await chat.connect('bob');
    await bob.join(roomId);
    const { url, path } = sockJsUrl();
    const socket = await probe(url, { protocols: way.protocols });
    if (way.first) expect(await socket.next()).toBe(way.first);
    replay(socket, name as Name, roomId, way.framed);
    const heard: string[] = [];
    for (const _ of says) heard.push((await bob.event('message', ({ kind }) => kind === 'CHAT')).content);
    expect(heard).toEqual(says);

    const texts = () =>
      way.framed
        ? socket.queue.flatMap((frame) => (/^a/.test(frame) ? (JSON.parse(frame.slice(1)) as string[]) : []))
        : socket.queue.map(String);
    await expect.poll(() => commands(texts())).toContain('CONNECTED');
    await expect
      .poll(() => framesOf(texts()).flatMap(({ text }) => /^RECEIPT\nreceipt-id:(\S+)/.exec(text)?.[1] ?? []))
      .toEqual(receipts);
    expect(commands(texts())).not.toContain('ERROR');
    const isMismatch = !way.framed && way.protocols.length === 0;
    expect(mismatches(path).map(({ protocol }) => protocol)).toEqual(isMismatch ? ['stomp'] : []);
    socket.terminate();
  });
});

describe('the S0 incident', () => {
  it('ends the frame that the stray o began, so that the parser of the client reads CONNECTED next', async () => {
    const { url, path } = sockJsUrl();
    const socket = await probe(url);
    expect(await socket.next()).toBe('o');
    socket.send(`CONNECT\naccept-version:1.1,1.2\nheart-beat:0,0\nAuthorization:Bearer ${tokenOf('ann')}\n\n\0`);
    const preamble = await socket.next();
    const connected = await socket.next();
    expect(preamble).toBe('\n\n\0');
    expect(commands(['o', preamble, connected])).toEqual(['o', 'CONNECTED']);
    expect(mismatches(path)).toMatchObject([{ level: 'warn', protocol: 'stomp', connectionId: expect.any(String) }]);
  });

  it('serves gongu.v1 without framing too', async () => {
    const roomId = await chat.room();
    const { url, path } = sockJsUrl('/ws/chat-sockjs');
    const socket = await probe(url);
    expect(await socket.next()).toBe('o');
    socket.send({ type: 'auth', token: tokenOf('ann') });
    expect(await socket.next()).toMatchObject({ type: 'ready' });
    socket.send({ type: 'join', ref: '1', roomId });
    expect(await socket.next()).toMatchObject({ type: 'joined', ref: '1' });
    expect(mismatches(path)).toMatchObject([{ protocol: 'json' }]);
  });

  it('tells a client that can not be served why, and logs it', async () => {
    const { url, path } = sockJsUrl();
    const socket = await probe(url);
    expect(await socket.next()).toBe('o');
    socket.send('HELLO?');
    expect(await socket.next()).toMatch(/^c\[4500,"not SockJS/);
    expect(await socket.closed()).toMatchObject({ code: 4500 });
    expect(mismatches(path)).toMatchObject([{ protocol: null }]);
  });
});
