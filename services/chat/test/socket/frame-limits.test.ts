import type { Message } from '@gongu/shared';
import { manualClock } from '@gongu/testkit';
import { beforeAll, describe, expect, it } from 'vitest';
import { chatOfThisFile, type Instance } from '../fixture/chat.ts';
import { type Client, openSocket } from '../fixture/client.ts';
import { said } from '../fixture/log-lines.ts';
import { tokenOf } from '../fixture/tokens.ts';

const given = chatOfThisFile();
let chat: Instance;
beforeAll(async () => {
  chat = await given.start({ RATE_FRAMES_PER_SECOND: '50', MAX_FRAME_BYTES: '8192', RATE_MESSAGES_PER_SECOND: '5' });
});

describe('frames that can not be read', () => {
  it('are answered by BAD_FRAME, and the third ends the socket with 4500', async () => {
    const ann = await chat.connect('ann');
    ann.send('no JSON');
    expect(await ann.next()).toEqual({ type: 'error', code: 'BAD_FRAME', message: expect.any(String), errors: [] });
    ann.send('[1, 2]');
    expect(await ann.next()).toMatchObject({ code: 'BAD_FRAME' });
    expect(await ann.ask({ type: 'ping' }, 'pong')).toMatchObject({ type: 'pong' });
    ann.send(Buffer.from([0xff, 0xfe, 0x00]));
    expect(await ann.next()).toMatchObject({ code: 'BAD_FRAME' });
    expect(await ann.closed()).toMatchObject({ code: 4500 });
  });

  it('take those that follow the third along: nothing is done after the close', async () => {
    const roomId = await chat.room();
    const [ann, bob] = [await chat.connect('ann'), await chat.connect('bob')];
    await ann.join(roomId);
    await bob.join(roomId);
    for (const frame of ['x', 'x', 'x']) ann.send(frame);
    ann.send({ type: 'send', roomId, clientMessageId: 'after', content: said('after the close') });
    expect(await ann.closed()).toMatchObject({ code: 4500 });
    await bob.none(200, (frame) => frame.type === 'message' && frame.kind === 'CHAT');
  });

  it('are not those of an unknown type or with wrong fields: any number of these is only answered', async () => {
    const ann = await chat.connect('ann');
    for (let i = 0; i < 10; i++) {
      ann.send({ type: 'dance', ref: `${i}` });
      expect(await ann.next()).toMatchObject({ type: 'error', ref: `${i}`, code: 'UNKNOWN_TYPE' });
      ann.send({ type: 'send', ref: `${i}` });
      expect(await ann.next()).toMatchObject({ type: 'error', ref: `${i}`, code: 'VALIDATION_FAILED' });
    }
    expect(await ann.ask({ type: 'ping' }, 'pong')).toMatchObject({ type: 'pong' });
  });

  it('may be binary: bytes of UTF-8 are the same frame', async () => {
    const ann = await chat.connect('ann');
    ann.send(Buffer.from('{"type":"ping","ref":"한국어"}'));
    expect(await ann.next()).toMatchObject({ type: 'pong', ref: '한국어' });
  });
});

describe('a frame in many pieces', () => {
  async function pieces(instance: Instance, bytes: number, pieceBytes: number): Promise<Client> {
    const ann = await instance.connect('ann');
    const frame = Buffer.from(`{"type":"ping","ref":"pieces"}${' '.repeat(bytes - 30)}`);
    for (let at = 0; at < bytes; at += pieceBytes) {
      ann.socket.send(frame.subarray(at, at + pieceBytes), { binary: false, fin: at + pieceBytes >= bytes });
    }
    return ann;
  }

  it('is taken, also one of 4 MiB in pieces of 64 bytes where MAX_FRAME_BYTES lets it in', async () => {
    expect(await (await pieces(chat, 8_192, 1)).next()).toMatchObject({ type: 'pong', ref: 'pieces' });
    const large = await given.start({ MAX_FRAME_BYTES: '4194304' });
    expect(await (await pieces(large, 4_194_304, 64)).next()).toMatchObject({ type: 'pong', ref: 'pieces' });
    await large.stop();
  });

  it('ends the socket with 1008 where it has more than 16,384 of less than 64 bytes', async () => {
    const usual = await given.start();
    const ann = await pieces(usual, 16_390, 1);
    expect(await ann.closed()).toMatchObject({ code: 1008 });
    await usual.stop();
  });
});

describe('a frame that is too big', () => {
  it('ends the socket with 1009, at one byte over the limit and at 10 MB', async () => {
    const fits = await chat.connect('ann');
    fits.send(`{"type":"ping","ref":"fits"}${' '.repeat(8_192 - 28)}`);
    expect(await fits.next()).toMatchObject({ type: 'pong', ref: 'fits' });
    for (const bytes of [8_193, 10_000_000]) {
      const client = await chat.connect('ann');
      client.send('x'.repeat(bytes));
      expect(await client.closed(), `${bytes} bytes`).toMatchObject({ code: 1009 });
    }
  });

  it('is the same in fragments, and before anybody is known', async () => {
    const client = await chat.connect('ann');
    for (let i = 0; i < 9; i++) client.socket.send('x'.repeat(1_000), { fin: i === 8 });
    expect(await client.closed()).toMatchObject({ code: 1009 });
    const endless = await chat.connect('ann');
    for (let i = 0; i < 18; i++) endless.socket.send('x'.repeat(1_000), { fin: false });
    expect(await endless.closed()).toMatchObject({ code: 1009 });
    const stranger = await chat.open();
    stranger.send('x'.repeat(9_000));
    expect(await stranger.closed()).toMatchObject({ code: 1009 });
  });
});

describe('a frame in SockJS framing', () => {
  const url = () => `${chat.socketUrl}/chat/0/abc/websocket`;
  /** A frame of that many bytes, of which every second one is quoted in the framing. */
  const frame = (bytes: number) => `{"type":"ping","ref":"fits"}${'\n'.repeat(bytes - 28)}`;

  it('may be as large as any other, whatever the quoting makes of it', async () => {
    const ann = await openSocket(`${url()}?token=${tokenOf('ann')}`, { protocols: [] });
    expect(await ann.next()).toBe('o');
    ann.send(JSON.stringify([frame(8_192)]));
    const told = (texts: unknown) => JSON.stringify(texts).includes('pong');
    expect(await ann.next(told)).toBeTruthy();
    ann.send(JSON.stringify([frame(8_193)]));
    expect(await ann.closed()).toMatchObject({ code: 1009 });
  });

  it('has the same limit where the client leaves the framing out', async () => {
    const ann = await openSocket(`${url()}?token=${tokenOf('ann')}`, { protocols: [] });
    ann.send(frame(8_192));
    await ann.next((told) => JSON.stringify(told).includes('pong'));
    ann.send(frame(8_193));
    expect(await ann.closed()).toMatchObject({ code: 1009 });
  });
});

describe('a STOMP frame', () => {
  /** A member of the room. */
  const enter = async (on: Instance, roomId: string, path = '') => {
    const ann = await openSocket(`${on.socketUrl}${path}?token=${tokenOf('ann')}`, { protocols: [] });
    ann.send(frame('CONNECT', { 'accept-version': '1.2' }));
    await ann.next(has('CONNECTED'));
    ann.send(frame('SUBSCRIBE', { id: '0', destination: `/topic/chat/${roomId}`, receipt: 'in' }));
    await ann.next(has('receipt-id:in'));
    return ann;
  };
  const answer = (client: Client) => client.next((told) => has('RECEIPT')(told) || has('ERROR')(told));
  const frame = (command: string, headers: Record<string, string>, body = '') =>
    `${command}\n${Object.entries(headers)
      .map(([name, value]) => `${name}:${value}\n`)
      .join('')}\n${body}\0`;
  const has = (text: string) => (told: unknown) => JSON.stringify(told).includes(text);
  /** A message of that many bytes in all; most of its body is white space of JSON. */
  const sending = (roomId: string, content: string, bytes: number) => {
    const make = (spaces: number) =>
      frame(
        'SEND',
        { destination: `/app/chat/${roomId}`, receipt: 'sent' },
        `${JSON.stringify({ content })}${' '.repeat(spaces)}`,
      );
    return make(bytes - Buffer.byteLength(make(0)));
  };

  it('may be as large as MAX_FRAME_BYTES says, also when that is more than by default', async () => {
    const other = await given.start({ MAX_FRAME_BYTES: '400000', MAX_CONTENT_CHARS: '100000' });
    const roomId = await other.room();
    for (const path of ['', '/chat', '/chat/websocket']) {
      const content = said(`${path} ${'가'.repeat(90_000)}`);
      const ann = await enter(other, roomId, path);
      ann.send(sending(roomId, content, 400_000));
      expect(await answer(ann), path).toContain('RECEIPT');
      ann.close(1000);
      const url = `/api/chat/rooms/${roomId}/messages?limit=1`;
      const { body } = await other.call<{ messages: Message[] }>('GET', url, { as: 'seller' });
      expect(body.messages.map((message) => message.content === content)).toEqual([true]);
    }
  });

  it('may not be larger when it comes in pieces, each of which is small enough', async () => {
    const roomId = await chat.room();
    const [fits, more] = [await enter(chat, roomId), await enter(chat, roomId)];
    const inPieces = (client: Client, text: string) => {
      for (let at = 0; at < text.length; at += 2_000) client.send(text.slice(at, at + 2_000));
    };
    inPieces(fits, sending(roomId, said('안녕'), 8_192));
    expect(await answer(fits)).toContain('RECEIPT');
    inPieces(more, sending(roomId, said('안녕'), 8_300));
    const error = await answer(more);
    expect(error).toContain('ERROR');
    expect(error).toContain('8192 bytes');
    expect(await more.closed()).toMatchObject({ code: 1009 });
  });

  it('counts once towards the frames of a second, whatever it asks for', async () => {
    // Four, as one connection may have 50 subscriptions to one.
    const rooms = await Promise.all(Array.from({ length: 4 }, () => chat.room()));
    const ann = await enter(chat, rooms[0]!);
    const subscribe = (from: number, count: number) =>
      Array.from({ length: count }, (_, i) => {
        const destination = `/topic/chat/${rooms[i % rooms.length]}`;
        return frame('SUBSCRIBE', { id: `${from + i}`, destination, receipt: `r-${from + i}` });
      }).join('');
    ann.send(subscribe(100, 80));
    await ann.next(has('receipt-id:r-179'));
    // What needs no database is read at once, so a busy machine gives them no second second.
    const leave = (id: number) => frame('UNSUBSCRIBE', { id: `${id}`, receipt: `gone-${id}` });
    ann.send(Array.from({ length: 200 }, (_, i) => leave(300 + i)).join(''));
    expect(await ann.closed()).toMatchObject({ code: 4029 });
  });

  it('has no more bytes of headers than of everything', async () => {
    const small = await given.start({ MAX_FRAME_BYTES: '1024' });
    const ann = await openSocket(`${small.socketUrl}?token=${tokenOf('ann')}`, { protocols: [] });
    ann.send('CONNECT\naccept-version:1.2\n');
    ann.send(`a:${'x'.repeat(1_000)}`);
    expect(await ann.next()).toContain('The headers of a frame may have 1024 bytes');
    expect(await ann.closed()).toMatchObject({ code: 1009 });
  });
});

/** Time of day goes on, and no bucket gets anything back however long a busy machine takes, unless the test lets time pass. */
const clock = Object.assign(manualClock(Date.now()), { now: Date.now });
let still: Instance;
beforeAll(async () => {
  const rates = { RATE_FRAMES_PER_SECOND: '50', RATE_MESSAGES_PER_SECOND: '5' };
  still = await given.start({ ...rates, COMMIT_MS: '0' }, { clock });
});

describe('frames faster than allowed', () => {
  it('end the socket with 4029 after a burst of twice the rate', async () => {
    const ann = await still.connect('ann');
    for (let i = 0; i < 90; i++) ann.send({ type: 'ping', ref: `${i}` });
    await ann.next((frame) => frame.ref === '89');
    for (let i = 0; i < 60; i++) ann.send({ type: 'ping' });
    expect(await ann.closed()).toMatchObject({ code: 4029 });
  });

  it('count also before anybody is known', async () => {
    const stranger = await still.open();
    for (let i = 0; i < 150; i++) stranger.send({ type: 'dance' });
    expect(await stranger.closed()).toMatchObject({ code: 4029 });
  });
});

describe('messages faster than allowed', () => {
  it('are refused with RATE_LIMITED and the time to wait, after which one passes', async () => {
    const roomId = await still.room();
    const ann = await still.connect('ann');
    await ann.join(roomId);
    for (let i = 0; i < 12; i++) {
      ann.send({ type: 'send', ref: `${i}`, roomId, clientMessageId: `c-${i}`, content: said('빨리') });
    }
    for (let i = 0; i < 10; i++) expect(await ann.event('ack')).toMatchObject({ ref: `${i}` });
    const refused = await ann.event('error');
    expect(refused).toEqual({
      ...{ type: 'error', ref: '10', code: 'RATE_LIMITED', message: expect.any(String), roomId, errors: [] },
      retryAfterMs: expect.any(Number),
    });
    expect(refused.retryAfterMs).toBeGreaterThan(0);
    expect(refused.retryAfterMs).toBeLessThanOrEqual(200);
    await clock.advance(refused.retryAfterMs!);
    await ann.say(roomId);
  });

  it('are counted per user, over all his sockets and HTTP together', async () => {
    const roomId = await still.room();
    const [one, two, bob] = [await still.connect('cho'), await still.connect('cho'), await still.connect('dan')];
    for (const client of [one, two, bob]) await client.join(roomId);
    const post = (i: number) =>
      still.call('POST', `/api/chat/rooms/${roomId}/messages`, {
        as: 'cho',
        body: { clientMessageId: `h-${i}`, content: said('안녕') },
      });
    for (let i = 0; i < 4; i++) await one.say(roomId);
    for (let i = 0; i < 4; i++) await two.say(roomId);
    const answers = await Promise.all(Array.from({ length: 5 }, (_, i) => post(i)));
    const limited = answers.filter((answer) => answer.status === 429);
    expect(limited.length).toBe(3);
    expect(limited[0]!.body).toMatchObject({ code: 'RATE_LIMITED', retryAfterMs: expect.any(Number) });
    expect(limited[0]!.headers.get('retry-after')).toBe('1');
    one.send({ type: 'send', ref: 'x', roomId, clientMessageId: 'x', content: said('안녕') });
    expect(await one.next((frame) => frame.ref === 'x')).toMatchObject({ code: 'RATE_LIMITED' });
    await bob.say(roomId);
  });
});
