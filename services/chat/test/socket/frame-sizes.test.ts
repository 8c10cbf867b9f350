import { FRAME_LIMITS, type Message } from '@gongu/shared';
import { probe } from '@gongu/testkit';
import { beforeAll, describe, expect, it } from 'vitest';
import { chatOfThisFile, type Instance } from '../fixture/chat.ts';
import { openStream } from '../fixture/event-stream.ts';
import { said } from '../fixture/log-lines.ts';
import { openPatientStore } from '../fixture/store.ts';
import { authorizationOf, tokenOf } from '../fixture/tokens.ts';

const given = chatOfThisFile();
const MESSAGES = 200;
/** 2,000 characters that each take more than one byte on the wire. */
const TEXTS = ['"', '\u0001', '\\', '가', '🍊'].map((unit) => said('').concat(unit.repeat(1_990)));
const { pageBytes, recoveryBytes, leastMaxBytes } = FRAME_LIMITS;
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);

let chat: Instance;
let roomId: string;
/** The newest row before the long messages, and the newest of them. */
let base: number;
let last: number;
/** Members, so that nobody's coming is a row among what is read. */
const READERS = [...range(1, 20).map((n) => `reader-${n}`), 'ann', 'back', 'talker', 'leaver'];
let readers = 0;
beforeAll(async () => {
  chat = await given.start();
  roomId = await chat.room({ maxParticipants: 1_000 });
  const store = openPatientStore({ url: given.databaseUrl, poolSize: 3 });
  const sender = { userId: 'ann', nickname: 'ann', tag: null };
  const members = READERS.map((name) => ({ userId: name, nickname: name, tag: null, anon: false }));
  await store.members.join(members.map((user) => ({ roomId, user, online: false })));
  base = 1 + READERS.length;
  const drafts = range(1, MESSAGES).map((n) => ({
    ...{ roomId, sender, kind: 'CHAT' as const, clientMessageId: `m-${n}`, content: TEXTS[n % TEXTS.length]! },
    replyTo: null,
  }));
  for (let i = 0; i < drafts.length; i += 50) await store.messages.append(drafts.slice(i, i + 50));
  await store.close();
  last = base + MESSAGES;
});

type Way = 'gongu.v1' | 'no subprotocol' | 'SockJS';

interface Read {
  /** Bytes of each frame with messages, as the client counts them. */
  readonly bytes: { readonly type: string; readonly bytes: number; readonly count: number }[];
  readonly messages: Message[];
  readonly joined: Record<string, unknown> & { lastSeq: number };
}

/** Joins and reads until it has the room's newest message; what came, as it was sent. */
async function reads(join: object, way: Way): Promise<Read> {
  const userId = READERS[readers++]!;
  const sockJs = way === 'SockJS';
  const url = `ws://127.0.0.1:${chat.port}${sockJs ? `/ws/chat/000/${userId}/websocket` : '/ws'}`;
  const socket = await probe(url, { protocols: way === 'gongu.v1' ? [way] : [], timeoutMs: 30_000 });
  const bytes: Read['bytes'] = [];
  const messages: Message[] = [];
  let joined: Read['joined'] | null = null;
  const wrap = (frame: object) => socket.send(sockJs ? JSON.stringify([JSON.stringify(frame)]) : frame);
  await new Promise<void>((resolve, reject) => {
    socket.socket.on('message', (data) => {
      const text = data.toString();
      for (const frame of sockJs ? framesOf(text) : [JSON.parse(text)]) {
        if (frame.type === 'error') reject(new Error(text));
        if (frame.type === 'joined') joined = frame;
        if (frame.type !== 'joined' && frame.type !== 'message') continue;
        const found: Message[] = frame.type === 'joined' ? frame.messages : [frame];
        bytes.push({ type: frame.type, bytes: Buffer.byteLength(text), count: found.length });
        messages.push(...found);
        if ((messages.at(-1)?.seq ?? 0) >= last) resolve();
      }
    });
    wrap({ type: 'auth', token: tokenOf(userId) });
    wrap({ type: 'join', ref: 'j', roomId, ...join });
  });
  socket.terminate();
  return { bytes, messages, joined: joined! };
}

function framesOf(text: string): Record<string, never>[] {
  return text.startsWith('a') ? (JSON.parse(text.slice(1)) as string[]).map((each) => JSON.parse(each)) : [];
}

const seqs = (messages: readonly { seq: number }[]) => messages.map(({ seq }) => seq);

describe.each(['gongu.v1', 'no subprotocol', 'SockJS'] as const)('a room of long texts, over %s', (way) => {
  it('is recovered by a frame of at most 512 KiB and the messages after it, each once and in order', async () => {
    const { bytes, messages, joined } = await reads({ after: base }, way);
    expect(bytes[0]).toMatchObject({ type: 'joined' });
    expect(bytes[0]!.bytes).toBeLessThanOrEqual(recoveryBytes);
    // As much as has room: one more message would be too much.
    expect(bytes[0]!.bytes).toBeGreaterThan(recoveryBytes - 30_000);
    expect(joined).toMatchObject({ recovered: true, hasMore: false });
    expect(joined.lastSeq).toBe(base + bytes[0]!.count);
    expect(joined.room).toMatchObject({ lastSeq: last });
    expect(seqs(messages)).toEqual(range(base + 1, last));
  });

  it('begins with a frame of at most 256 KiB, up to the newest message', async () => {
    const { bytes, joined } = await reads({}, way);
    expect(bytes.map(({ type }) => type)).toEqual(['joined']);
    expect(bytes[0]!.bytes).toBeLessThanOrEqual(pageBytes);
    expect(joined).toMatchObject({ recovered: false, hasMore: true, lastSeq: last });
  });

  it.each([
    { behind: MESSAGES, maxBytes: leastMaxBytes },
    { behind: null, maxBytes: leastMaxBytes },
    { behind: 50, maxBytes: 100_000 },
    { behind: MESSAGES, maxBytes: 1_000_000_000 },
  ])('and maxBytes: %o has no more in a frame', async ({ behind, maxBytes }) => {
    const after = behind === null ? null : last - behind;
    const { bytes, messages } = await reads({ after, maxBytes }, way);
    for (const { bytes: sent, count } of bytes) {
      if (count > 1) expect(sent).toBeLessThanOrEqual(Math.min(maxBytes, recoveryBytes));
    }
    expect(seqs(messages)).toEqual(range(after === null ? messages[0]!.seq : after + 1, last));
  });
});

describe('maxBytes', () => {
  it.each([16_383, 0, -1, 20_000.5, '20000', true])('of %s is refused', async (maxBytes) => {
    const ann = await chat.connect('ann');
    for (const type of ['join', 'history']) {
      ann.send({ type, ref: type, roomId, maxBytes });
      expect(await ann.event('error')).toMatchObject({
        ...{ ref: type, code: 'VALIDATION_FAILED' },
        errors: [{ path: 'maxBytes', message: expect.stringMatching(/^must be (a whole number|at least 16384)$/) }],
      });
    }
    ann.close();
  });

  it('of a history is the most of its page, which says that there is more', async () => {
    const ann = await chat.connect('ann');
    const got: number[] = [];
    for (let after = base; got.length < 20; after = got.at(-1)!) {
      const page = await ann.ask({ type: 'history', roomId, after, limit: 100, maxBytes: leastMaxBytes }, 'page');
      expect(page.hasMore).toBe(true);
      if (page.messages.length > 1) expect(Buffer.byteLength(JSON.stringify(page))).toBeLessThanOrEqual(leastMaxBytes);
      got.push(...seqs(page.messages));
    }
    expect(got).toEqual(range(base + 1, base + got.length));
    ann.close();
  });
});

describe('a page of history', () => {
  it('has at most 256 KiB as sent, over a socket and over HTTP, and all follows page by page', async () => {
    const ann = await chat.connect('ann');
    const over: Record<string, (before: number | null) => Promise<{ page: { messages: Message[] }; bytes: number }>> = {
      async socket(before) {
        const page = await ann.ask({ type: 'history', roomId, before, limit: 100 }, 'page');
        return { page, bytes: Buffer.byteLength(JSON.stringify(page)) };
      },
      async http(before) {
        const query = before === null ? '' : `&before=${before}`;
        const { body } = await chat.call<{ messages: Message[] }>(
          'GET',
          `/api/chat/rooms/${roomId}/messages?limit=100${query}`,
          { as: 'ann' },
        );
        return { page: body, bytes: Buffer.byteLength(JSON.stringify(body)) };
      },
    };
    for (const ask of Object.values(over)) {
      const got: number[] = [];
      for (let before: number | null = null; got[0] !== 1; before = got[0]!) {
        const { page, bytes } = await ask(before);
        expect(bytes).toBeLessThanOrEqual(pageBytes);
        got.unshift(...seqs(page.messages));
      }
      expect(got).toEqual(range(1, last));
    }
    ann.close();
  });
});

describe('one who is told the rest of a recovery', () => {
  it('gets what is said meanwhile after it, and is answered meanwhile', async () => {
    const [back, talker] = [await chat.connect('back'), await chat.connect('talker')];
    await talker.join(roomId);
    const joined = await back.join(roomId, base);
    const acks = await Promise.all(range(1, 5).map(() => talker.say(roomId)));
    const own = await back.say(roomId);
    const newest = Math.max(own.seq, ...acks.map(({ seq }) => seq));
    const got = seqs(joined.messages);
    while (got.at(-1) !== newest) got.push((await back.event('message')).seq);
    expect(got).toEqual(range(base + 1, newest));
    last = newest;
    for (const client of [back, talker]) client.close();
  });

  it('and left in it, and came again, starts over with the newest page', async () => {
    const [left, ann] = [await chat.connect('leaver'), await chat.connect('ann')];
    const { lastSeq } = await left.join(roomId);
    for (let i = 0; i < 100; i++) await ann.say(roomId, TEXTS[1]);
    await left.ask({ type: 'leave', roomId }, 'ok');
    await left.join(roomId);
    const again = await chat.connect('leaver');
    const joined = await again.join(roomId, lastSeq);
    expect(joined).toMatchObject({ recovered: false, hasMore: true, room: { lastSeq: joined.lastSeq } });
    expect(joined.messages.at(-1)!.seq).toBe(joined.lastSeq);
    for (const client of [left, ann, again]) client.close();
  });
});

describe('where each message is a frame', () => {
  const stompOf = (userId: string, ...subscribes: string[]) =>
    [`CONNECT\naccept-version:1.2\npasscode:${tokenOf(userId)}\n\n\0`, ...subscribes] as const;
  const subscribe = (id: string, after: number) =>
    `SUBSCRIBE\nid:${id}\ndestination:/topic/chat/${roomId}\nafter:${after}\nreceipt:${id}\n\n\0`;

  it('all that was missed comes to each subscription of STOMP that asks for it, once, in order, and before its receipt', async () => {
    const [ann, socket] = [
      await chat.connect('ann'),
      await probe(chat.socketUrl, { protocols: ['v12.stomp'], timeoutMs: 30_000 }),
    ];
    const got: Record<string, number[]> = { a: [], b: [], live: [] };
    const recovered: Record<string, number> = { a: 0, b: 0, live: 0 };
    const done: string[] = [];
    const head = (await ann.join(roomId)).lastSeq;
    const over = new Promise<void>((resolve) => {
      socket.socket.on('message', (data) => {
        const text = data.toString();
        const id = /\nsubscription:(\w+)\n/.exec(text)?.[1];
        const receipt = /^RECEIPT\nreceipt-id:(\w+)/.exec(text)?.[1];
        if (receipt) {
          done.push(receipt);
          // All that it missed has come.
          if (receipt !== 'live') expect(got[receipt]!.at(-1)).toBeGreaterThanOrEqual(head);
        }
        if (!id) return;
        const seq = Number(/\nseq:(\d+)\n/.exec(text)![1]);
        got[id]!.push(seq);
        if (/\nrecovered:true\n/.test(text)) recovered[id]!++;
        if (Object.values(got).every((seqs) => seqs.at(-1) === head + 1)) resolve();
      });
    });
    const live = `SUBSCRIBE\nid:live\ndestination:/topic/chat/${roomId}\nreceipt:live\n\n\0`;
    const [connect, ...rest] = stompOf('talker', live, subscribe('a', base), subscribe('b', head - 100));
    socket.send(connect);
    for (const frame of rest) socket.send(frame);
    await expect.poll(() => done).toEqual(['live', 'a', 'b']);
    await ann.say(roomId);
    await over;
    expect(got).toEqual({ live: [head + 1], a: range(base + 1, head + 1), b: range(head - 99, head + 1) });
    expect(recovered).toEqual({ live: 0, a: head - base, b: 100 });
    for (const each of [ann, socket]) each.terminate();
  });

  it.each(['/ws/chat?sessionId=', '/chat/'])('all that was missed comes on %s', async (path) => {
    const query = `${path.includes('?') ? '&' : '?'}after=${base}&token=${encodeURIComponent(tokenOf('talker'))}`;
    const socket = await probe(`ws://127.0.0.1:${chat.port}${path}${roomId}${query}`, { timeoutMs: 30_000 });
    const ann = await chat.connect('ann');
    const { lastSeq } = await ann.join(roomId);
    const got: number[] = [];
    while (got.at(-1) !== lastSeq) got.push((await socket.next((frame) => frame.seq !== undefined)).seq);
    expect(got).toEqual(range(base + 1, lastSeq));
    for (const each of [ann, socket]) each.terminate();
  });

  it('all that was missed comes on an event stream, whose joined says how far the room is', async () => {
    const stream = await openStream(`${chat.url}/api/chat/rooms/${roomId}/events?after=${base}`, {
      authorization: authorizationOf('talker'),
    });
    const { data } = await stream.next('joined');
    expect(data).toMatchObject({ recovered: true, messages: [], lastSeq: data.room.lastSeq });
    const got: number[] = [];
    while (got.at(-1) !== data.lastSeq) got.push((await stream.next('message')).data.seq);
    expect(got).toEqual(range(base + 1, data.lastSeq));
    stream.close();
  });
});
