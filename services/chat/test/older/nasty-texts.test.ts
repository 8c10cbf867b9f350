import { randomUUID } from 'node:crypto';
import { probe } from '@gongu/testkit';
import { Client } from '@stomp/stompjs';
import { EventSource } from 'eventsource';
import SockJS from 'sockjs-client';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { chatOfThisFile, type Instance } from '../fixture/chat.ts';
import { said } from '../fixture/log-lines.ts';
import { tokenOf } from '../fixture/tokens.ts';

const given = chatOfThisFile();
const TRANSPORTS = ['websocket', 'xhr-streaming', 'eventsource', 'xhr-polling'] as const;

/** Texts that one framing or another takes for its own, or that one client or another decodes once more. */
const NASTY = [
  ...['50% 할인', '%', '%%', '%25', '%E0%A4%A', '%2F%23%3F', '100%\n', 'a+b c'],
  ...[
    '\u2028',
    '\u2029',
    'a\u2028b\u2029c',
    '\u0085',
    '\ufeff처음',
    '끝\ufeff',
    '\u200b\u200c\u200d\u200e\u200f\u2060',
  ],
  ...[
    '\ufff0\ufffd\ufffe\uffff',
    '\u061c\u202a\u202e\u2066',
    Array.from({ length: 31 }, (_, i) => String.fromCharCode(i + 1)).join(''),
  ],
  ...[
    '\u007f\u0080\u009f',
    '\r\n\r\n',
    '\r',
    '\n\n',
    '\n',
    ' \t ',
    'data: x\n\nevent: closed\ndata: y\n\n',
    ':\n\n',
    'id: 99\n',
    'retry: 1',
  ],
  ...[
    'a["x"]',
    'o',
    'h',
    'c[3000,"Go away!"]',
    '["a","b"]',
    '{"type":"error"}',
    '"',
    "'",
    '\\',
    '\\\\',
    '\\"',
    '\\u0000',
    '\\x00',
    '\\n',
  ],
  ...['^@', 'MESSAGE\nseq:1\n\nx', '\n\nRECEIPT\n\n', 'a:b', '\\c\\n\\r', '</script><b>&amp;', '<!--', ']]>'],
  ...[
    '각',
    '한글',
    '👨‍👩‍👧‍👦',
    '🇰🇷',
    '𝕏',
    '🍊'.repeat(3_900),
    '가'.repeat(3_900),
    '\u0001'.repeat(3_900),
    '%'.repeat(3_900),
  ],
].map((text) => said(text));
/** Not stored, and refused without harm. */
const IMPOSSIBLE = [said('\u0000'), said('\ud800'), said('\udc00a'), said('a\ud83c')];

let chat: Instance;
const ends: (() => unknown)[] = [];
beforeAll(async () => {
  chat = await given.start({ SEND_TIMEOUT_MS: '60000' });
});
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

/** Says all of them in a new room, one after the other. */
async function roomOf(texts: readonly string[]) {
  const roomId = await chat.room();
  const speaker = await chat.connect('speaker');
  await speaker.join(roomId);
  ends.push(() => speaker.close());
  const say = async () => {
    for (const text of texts) await speaker.say(roomId, text);
  };
  return { roomId, say };
}

function sockJs(transport: string, userId: string): Promise<globalThis.WebSocket> {
  const socket = new SockJS(`${chat.url}/ws/chat?token=${tokenOf(userId)}`, null, { transports: transport });
  ends.push(() => socket.close());
  return new Promise((resolve, reject) => {
    socket.onopen = () => resolve(socket);
    socket.onclose = ({ code, reason }) => reject(new Error(`closed ${code} ${reason}`));
  });
}

describe.each(TRANSPORTS)('sockjs-client over %s', (transport) => {
  it('says and hears every text of gongu.v1 as it is, live and when it comes back', async () => {
    const { roomId, say } = await roomOf(NASTY);
    const socket = await sockJs(transport, 'ann');
    const frames: { type: string; content?: string; messages?: { content: string }[]; clientMessageId?: string }[] = [];
    socket.onmessage = ({ data }) => void frames.push(JSON.parse(data));
    socket.send(JSON.stringify({ type: 'join', roomId }));
    await expect.poll(() => frames.some((frame) => frame.type === 'joined')).toBe(true);
    await say();
    for (const content of NASTY) {
      socket.send(JSON.stringify({ type: 'send', roomId, clientMessageId: randomUUID(), content }));
    }
    const heard = () => frames.filter((frame) => frame.type === 'message').map((frame) => frame.content);
    await expect.poll(() => heard().filter((text) => text!.startsWith(said(''))).length).toBe(NASTY.length * 2);
    expect(heard().filter((text) => text!.startsWith(said('')))).toEqual([...NASTY, ...NASTY]);

    for (const content of IMPOSSIBLE) {
      socket.send(JSON.stringify({ type: 'send', roomId, clientMessageId: randomUUID(), content }));
    }
    await expect.poll(() => frames.filter((frame) => frame.type === 'error').length).toBe(IMPOSSIBLE.length);

    const back = await sockJs(transport, 'ann');
    const joined = new Promise<string[]>((resolve) => {
      back.onmessage = ({ data }) => {
        const frame = JSON.parse(data);
        if (frame.type === 'joined') resolve(frame.messages.map((message: { content: string }) => message.content));
      };
    });
    back.send(JSON.stringify({ type: 'join', roomId, after: 0 }));
    expect((await joined).filter((text) => text.startsWith(said('')))).toEqual([...NASTY, ...NASTY]);
  });
});

describe.each(['a WebSocket', ...TRANSPORTS])('@stomp/stompjs over %s', (transport) => {
  it('says and hears every text, in bodies and in headers', async () => {
    const { roomId, say } = await roomOf(NASTY);
    const heard: string[] = [];
    const receipts: string[] = [];
    const client = new Client({
      webSocketFactory: () =>
        (transport === 'a WebSocket'
          ? new WebSocket(chat.socketUrl, ['v12.stomp'])
          : new SockJS(`${chat.url}/ws/chat`, null, { transports: transport })) as never,
      connectHeaders: { Authorization: `Bearer ${tokenOf('bob')}` },
      forceBinaryWSFrames: transport === 'a WebSocket',
    });
    ends.push(() => client.deactivate());
    await new Promise<void>((resolve, reject) => {
      client.onConnect = () => resolve();
      client.onStompError = (frame) => reject(new Error(frame.body));
      client.activate();
    });
    // Not a backslash before c, n or r: stompjs (7.5) takes that for an escape once more.
    const receipt = 'a:b\\ c\r\nd\u2028%25"영수증🍊';
    client.watchForReceipt(receipt, ({ headers }) => void receipts.push(headers['receipt-id']!));
    client.subscribe(`/topic/chat/${roomId}`, ({ body }) => void heard.push(JSON.parse(body).content), { receipt });
    await expect.poll(() => receipts).toEqual([receipt]);
    await say();
    for (const content of NASTY) {
      client.publish({ destination: `/app/chat/${roomId}`, body: JSON.stringify({ content }) });
    }
    const own = () => heard.filter((text) => text.startsWith(said('')));
    await expect.poll(() => own().length).toBe(NASTY.length * 2);
    expect(own()).toEqual([...NASTY, ...NASTY]);
  });
});

describe('an EventSource', () => {
  it('hears every text, live and when it comes back', async () => {
    const { roomId, say } = await roomOf(NASTY);
    await chat.connect('cy').then(async (client) => {
      await client.join(roomId);
      client.close();
    });
    const listen = (query: string) => {
      const texts: string[] = [];
      const source = new EventSource(`${chat.url}/api/chat/rooms/${roomId}/events?token=${tokenOf('cy')}${query}`);
      ends.push(() => source.close());
      source.addEventListener('message', ({ data }) => void texts.push(JSON.parse(data).content));
      const opened = new Promise<void>((resolve) => source.addEventListener('joined', () => resolve()));
      return { opened, own: () => texts.filter((text) => text.startsWith(said(''))) };
    };
    const live = listen('');
    await live.opened;
    await say();
    await expect.poll(() => live.own().length).toBe(NASTY.length);
    expect(live.own()).toEqual(NASTY);
    const back = listen('&after=1');
    await expect.poll(() => back.own().length).toBe(NASTY.length);
    expect(back.own()).toEqual(NASTY);
  });
});

describe.each([
  ['/ws/chat?sessionId=', (roomId: string) => `/ws/chat?sessionId=${roomId}&`, 'content'],
  ['/chat/{roomId}', (roomId: string) => `/chat/${roomId}?`, 'content'],
  ['/room', (roomId: string) => `/room?roomId=${roomId}&`, 'data'],
] as const)('%s', (_, path, field) => {
  it('says and hears every text', async () => {
    const { roomId, say } = await roomOf(NASTY);
    const socket = await probe(`ws://127.0.0.1:${chat.port}${path(roomId)}token=${tokenOf('dee')}`);
    ends.push(() => socket.close());
    const own = () => socket.queue.map((frame) => frame[field]).filter((text) => text?.startsWith?.(said('')));
    // It has joined once it hears what it says.
    await say();
    for (const text of NASTY) socket.send({ type: field === 'data' ? 'chat' : 'message', [field]: text });
    await expect.poll(() => own().length).toBeGreaterThanOrEqual(NASTY.length);
    await expect.poll(() => own().slice(-NASTY.length)).toEqual(NASTY);
  });
});
