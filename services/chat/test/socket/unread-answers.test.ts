import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import type { Socket } from 'node:net';
import { type Probe, probe } from '@gongu/testkit';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { chatOfThisFile, type Instance } from '../fixture/chat.ts';
import { said } from '../fixture/log-lines.ts';
import { metricOf } from '../fixture/metrics.ts';
import { tokenOf } from '../fixture/tokens.ts';

const given = chatOfThisFile();
const QUEUE_BYTES = 65_536;
/** A recovery of the room, in any framing, and what a turn of the event loop may write of small answers. */
const ANSWER_BYTES = 3_000_000;
/** 4 000 code points of four bytes each. */
const LONG = said('').concat('🍊'.repeat(3_990));
const MESSAGES = 60;
/** The kernel takes some ten megabytes for each socket: what is asked for is many times that. */
const ASKED = 190;
/** Of a request that says something, before it is quoted. */
const BODY_BYTES = 250_000;

let chat: Instance;
let roomId: string;
const connections = new Set<Socket>();
const ends: (() => void)[] = [];

beforeAll(async () => {
  chat = await given.start({ SEND_QUEUE_BYTES: String(QUEUE_BYTES), SEND_TIMEOUT_MS: '60000' });
  chat.chat.app.server.on('connection', (socket) => {
    connections.add(socket);
    socket.once('close', () => connections.delete(socket));
  });
  roomId = await chat.room({ maxParticipants: 1_000 });
  const sender = await chat.connect('sender', { timeoutMs: 60_000 });
  await sender.join(roomId);
  await Promise.all(Array.from({ length: MESSAGES }, () => sender.say(roomId, LONG)));
  sender.close();
});
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

/** One that asks, and reads nothing until `resume`. */
interface Stalled {
  ask(frames: readonly string[]): void;
  /** Reads again; the texts that come, in their order. */
  resume(): void;
  readonly texts: string[];
}

async function overWebSocket(path: string, protocols: string[], first: string[], until: RegExp): Promise<Stalled> {
  const socket: Probe = await probe(`ws://127.0.0.1:${chat.port}${path}`, { protocols, timeoutMs: 60_000 });
  ends.push(() => socket.terminate());
  const texts: string[] = [];
  for (const frame of first) socket.send(frame);
  await socket.next((frame) => until.test(typeof frame === 'string' ? frame : JSON.stringify(frame)));
  socket.socket.on('message', (data) => texts.push(data.toString()));
  socket.pause();
  return {
    texts,
    ask: (frames) => {
      for (const frame of frames) socket.send(frame);
    },
    resume: () => socket.resume(),
  };
}

/** SockJS over its websocket transport: each text of the client in an array of its own, or all in one. */
async function overSockJsSocket(first: string, until: RegExp, userId: string): Promise<Stalled> {
  const path = `/ws/chat/000/${userId}/websocket`;
  const stalled = await overWebSocket(path, [], [JSON.stringify([first])], until);
  return { ...stalled, ask: (frames) => stalled.ask(frames.map((frame) => JSON.stringify([frame]))) };
}

/** SockJS over HTTP: one answer that streams, and requests that say something. */
async function overSockJsStream(
  kind: 'xhr_streaming' | 'eventsource' | 'xhr',
  first: string,
  userId: string,
): Promise<Stalled> {
  const url = `${chat.url}/ws/chat/000/${kind}-${userId}`;
  const texts: string[] = [];
  let rest = '';
  let paused = false;
  const receivers: IncomingMessage[] = [];

  function take(chunk: string): void {
    const lines = (rest + chunk).split(/\r?\n/);
    rest = lines.pop()!;
    for (const line of lines) {
      const frame = line.startsWith('data: ') ? decodeURI(line.slice(6)) : line;
      if (frame.startsWith('a')) texts.push(...(JSON.parse(frame.slice(1)) as string[]));
    }
  }
  function receive(): Promise<void> {
    return new Promise((resolve) => {
      const method = kind === 'eventsource' ? 'GET' : 'POST';
      const asked: ClientRequest = request(`${url}/${kind}`, { method, agent: false }, (response) => {
        receivers.push(response);
        response.setEncoding('utf8').on('data', take);
        response.on('error', () => {});
        // A poller asks again when an answer is complete, and a streaming client when its stream was full.
        response.on('end', () => void receive());
        if (paused) response.pause();
        resolve();
      });
      asked.on('error', () => {});
      asked.end();
      ends.push(() => asked.destroy());
    });
  }
  /** One request after the other, each of as many frames as a body may have. */
  async function send(frames: readonly string[]): Promise<void> {
    let part: string[] = [];
    let bytes = 0;
    for (const frame of [...frames, null]) {
      if (part.length > 0 && (frame === null || bytes + frame.length > BODY_BYTES)) {
        await posted(JSON.stringify(part));
        part = [];
        bytes = 0;
      }
      if (frame !== null) {
        part.push(frame);
        bytes += frame.length + 20;
      }
    }
  }
  function posted(body: string): Promise<void> {
    return new Promise((resolve) => {
      const sent = request(`${url}/xhr_send`, { method: 'POST', agent: false }, (answer) => {
        answer.resume();
        resolve();
      });
      sent.on('error', () => resolve());
      sent.end(body);
      ends.push(() => sent.destroy());
    });
  }
  await receive();
  void send([first]);
  await expect.poll(() => texts.length).toBeGreaterThan(0);
  paused = true;
  for (const receiver of receivers) receiver.pause();
  return {
    texts,
    ask: (frames) => void send(frames),
    resume() {
      paused = false;
      for (const receiver of receivers) receiver.resume();
    },
  };
}

const authOf = (userId: string) => JSON.stringify({ type: 'auth', token: tokenOf(userId) });
const connectOf = (userId: string) =>
  `CONNECT\naccept-version:1.2\npasscode:${tokenOf(userId)}\n\n\0` +
  'SUBSCRIBE\nid:errors\ndestination:/user/queue/errors\nreceipt:listening\n\n\0';

type Speaks = 'gongu.v1' | 'stomp';
const WAYS: Record<string, (userId: string, speaks: Speaks) => Promise<Stalled>> = {
  'a WebSocket': (userId, speaks) =>
    speaks === 'stomp'
      ? overWebSocket('/ws', ['v12.stomp'], [connectOf(userId)], /listening/)
      : overWebSocket('/ws', ['gongu.v1'], [authOf(userId)], /ready/),
  'SockJS websocket': (userId, speaks) =>
    speaks === 'stomp'
      ? overSockJsSocket(connectOf(userId), /listening/, userId)
      : overSockJsSocket(authOf(userId), /ready/, userId),
  'SockJS xhr_streaming': (userId, speaks) =>
    overSockJsStream('xhr_streaming', speaks === 'stomp' ? connectOf(userId) : authOf(userId), userId),
  'SockJS eventsource': (userId, speaks) =>
    overSockJsStream('eventsource', speaks === 'stomp' ? connectOf(userId) : authOf(userId), userId),
  'SockJS xhr': (userId, speaks) =>
    overSockJsStream('xhr', speaks === 'stomp' ? connectOf(userId) : authOf(userId), userId),
};

const many = (count: number, frame: (n: number) => string) => Array.from({ length: count }, (_, n) => frame(n));
/** What makes answers: by codec. The small ones come by the ten thousand. */
const ASKS: Record<Speaks, Record<string, () => string[]>> = {
  'gongu.v1': {
    join: () => many(ASKED, (n) => JSON.stringify({ type: 'join', ref: `${n}`, roomId, after: 1 })),
    'join and history': () => [
      JSON.stringify({ type: 'join', ref: 'j', roomId }),
      ...many(ASKED, (n) => JSON.stringify({ type: 'history', ref: `${n}`, roomId, limit: 100 })),
    ],
    'frames of no known type': () => many(60_000, (n) => JSON.stringify({ type: 'nonsense', ref: `${n}` })),
    'joins of rooms that are not there': () =>
      many(60_000, (n) => JSON.stringify({ type: 'join', ref: `${n}`, roomId: `none-${n}`, after: -1 })),
    ping: () => many(200_000, () => '{"type":"ping"}'),
  },
  stomp: {
    SUBSCRIBE: () =>
      many(ASKED, (n) => `SUBSCRIBE\nid:s\ndestination:/topic/chat/${roomId}\nafter:1\nreceipt:${n}\n\n\0`),
    receipts: () => many(400, () => `ACK\nid:${'x'.repeat(10)}\nreceipt:${'r'.repeat(80)}\n\n\0`.repeat(1_000)),
    'SEND to nowhere': () => many(200, (n) => `SEND\ndestination:/nowhere\nreceipt:${n}\n\nx\0`.repeat(1_000)),
  },
};

/** Of a frame of SockJS over a WebSocket, its texts. */
function textsOf(frame: string): string[] {
  return frame.startsWith('a[') ? (JSON.parse(frame.slice(1)) as string[]) : [frame];
}

/** The most that has waited for one client until nothing more is queued for it. */
async function mostQueued(settled: () => Promise<void>): Promise<number> {
  let most = 0;
  const look = () => {
    let sum = 0;
    for (const socket of connections) sum += socket.writableLength;
    most = Math.max(most, sum);
  };
  const watch = setInterval(look, 2);
  await settled();
  clearInterval(watch);
  return Math.max(most, await metricOf(chat, 'gongu_chat_send_queue_largest_bytes'));
}

/** Fulfilled when what is queued has not changed for half a second: the server has done all that it is going to. */
async function standstill(): Promise<void> {
  let last = -1;
  let since = performance.now();
  while (performance.now() - since < 500) {
    const queued = await metricOf(chat, 'gongu_chat_send_queue_bytes');
    if (queued !== last || queued === 0) since = Math.max(since, performance.now() - (queued === 0 ? 400 : 0));
    last = queued;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** What a client sees of the answer to each of its questions, in the order in which they come. */
const ORDERED: Record<Speaks, { ask: (n: number) => string; answered: RegExp }> = {
  'gongu.v1': {
    ask: (n) => JSON.stringify({ type: n % 2 === 0 ? 'join' : 'history', ref: `n${n}`, roomId, after: 1 }),
    answered: /^\{"type":"(?:joined|page)","ref":"n(\d+)"/,
  },
  stomp: {
    ask: (n) => `SUBSCRIBE\nid:s\ndestination:/topic/chat/${roomId}\nafter:1\nreceipt:n${n}\n\n\0`,
    answered: /^RECEIPT\nreceipt-id:n(\d+)\n/,
  },
};

let users = 0;
const SPEAKS = Object.keys(ASKS) as Speaks[];

describe('one who reads again', () => {
  const ways = Object.keys(WAYS).flatMap((way) => SPEAKS.map((speaks) => [way, speaks] as const));

  it.each(ways)('gets every answer, in the order of what he asked, over %s with %s', async (way, speaks) => {
    const { ask, answered } = ORDERED[speaks];
    const stalled = await WAYS[way]!(`returns-${++users}`, speaks);
    // Of the first the kernel takes about half.
    stalled.ask(many(20, ask));
    await standstill();
    stalled.ask(many(5, (n) => ask(20 + n)));
    stalled.resume();
    const seen: string[] = [];
    const look = () => {
      for (const frame of stalled.texts.splice(0)) {
        for (const text of textsOf(frame)) seen.push(...(answered.exec(text)?.slice(1) ?? []));
      }
      return seen.length;
    };
    await expect.poll(look, { timeout: 100_000 }).toBe(25);
    expect(seen).toEqual(many(25, String));
  });
});

describe('one who polls and does not read', () => {
  it('gets one answer with each poll, and nothing more waits behind it', async () => {
    const url = `${chat.url}/ws/chat/000/polls-and-does-not-read`;
    const asked = (path: string, body?: string) =>
      new Promise<IncomingMessage>((resolve, reject) => {
        const sent = request(`${url}/${path}`, { method: 'POST', agent: false }, resolve).on('error', reject);
        ends.push(() => sent.destroy());
        sent.end(body);
      });
    const textOf = async (answer: IncomingMessage) => {
      let text = '';
      for await (const chunk of answer.setEncoding('utf8')) text += chunk;
      return text;
    };
    expect(await textOf(await asked('xhr'))).toBe('o\n');
    const joins = many(ASKED, (n) => JSON.stringify({ type: 'join', ref: `${n}`, roomId, after: 1 }));
    void asked('xhr_send', JSON.stringify([authOf('polls')]));
    expect(await textOf(await asked('xhr'))).toContain('ready');
    void asked('xhr_send', JSON.stringify(joins));
    const polls: Promise<IncomingMessage>[] = [];
    const most = await mostQueued(async () => {
      for (let i = 0; i < 6; i++) {
        polls.push(asked('xhr'));
        void polls.at(-1)!.catch(() => {});
        await standstill();
      }
    });
    // Of each poll the kernel takes some megabytes; the rest waits in one answer.
    expect(most).toBeLessThan(QUEUE_BYTES + 2 * ANSWER_BYTES);
    // One answer each: a recovery, or a portion of what one has no room for.
    for (const poll of polls) {
      const text = await textOf(await poll);
      expect(text.match(/\\"joined\\"|\\"message\\"/g)).not.toBeNull();
      expect(text.match(/\\"joined\\"/g)?.length ?? 0).toBeLessThanOrEqual(1);
    }
  });
});

describe('one who asks and does not read', () => {
  const cases = Object.keys(WAYS).flatMap((way) =>
    SPEAKS.flatMap((speaks) =>
      Object.keys(ASKS[speaks])
        // What is asked is the codec's; what holds it back is the transport's: not every pair of the two is of its own.
        .filter((what) => way === 'a WebSocket' || ['join', 'SUBSCRIBE', 'SEND to nowhere'].includes(what))
        .map((what) => [way, speaks, what] as const),
    ),
  );

  it.each(cases)('costs SEND_QUEUE_BYTES and one answer, over %s with %s: %s', async (way, speaks, what) => {
    const stalled = await WAYS[way]!(`stalled-${++users}`, speaks);
    const most = await mostQueued(async () => {
      stalled.ask(ASKS[speaks][what]!());
      await standstill();
    });
    expect(most).toBeLessThan(QUEUE_BYTES + ANSWER_BYTES);
  });
});
