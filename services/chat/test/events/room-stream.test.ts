// Over 300 lines: one set-up, which all of its tests share.
import { tcpProxy } from '@gongu/testkit';
import { EventSource } from 'eventsource';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { createLocalExchange } from '../../src/bus/local-bus.ts';
import { chatOfThisFile, type Instance } from '../fixture/chat.ts';
import { openStream } from '../fixture/event-stream.ts';
import { said } from '../fixture/log-lines.ts';
import { metricOf } from '../fixture/metrics.ts';
import { settableClock } from '../fixture/settable-clock.ts';
import { SERVICE, tokenOf } from '../fixture/tokens.ts';

const given = chatOfThisFile();
let chat: Instance;
beforeAll(async () => {
  chat = await given.start();
});

const pathOf = (roomId: string, query = '') => `/api/chat/rooms/${roomId}/events${query}`;
const as = (userId: string) => ({ authorization: `Bearer ${tokenOf(userId)}` });
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);
const wait = { interval: 10 };

/** A room of the seller's with these members. */
async function roomOf(...members: string[]): Promise<string> {
  const roomId = await chat.room();
  for (const as of members) await chat.call('POST', `/api/chat/rooms/${roomId}/participants`, { as, body: {} });
  return roomId;
}
let said1 = 0;
const say = async (roomId: string, as: string, content = said('안녕하세요')) => {
  const body = { clientMessageId: `c-${said1++}`, content };
  const { body: message } = await chat.call<{ seq: number }>('POST', `/api/chat/rooms/${roomId}/messages`, {
    as,
    body,
  });
  return message.seq;
};

describe('a stream that is opened', () => {
  it('says first where one stands, then gives the newest messages, each with its seq as id, then what follows', async () => {
    const roomId = await roomOf('ann');
    await say(roomId, 'ann');
    const stream = await openStream(chat.url + pathOf(roomId), as('ann'));
    expect(stream.response.headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
      'x-request-id': expect.any(String),
    });
    await expect.poll(() => stream.queue.length, wait).toBe(4);
    expect(stream.retries).toEqual([expect.toSatisfy((ms: number) => ms >= 1_000 && ms <= 3_000)]);
    const [first, ...messages] = stream.queue;
    expect(first).toMatchObject({
      ...{ type: 'joined', id: null },
      data: {
        ...{ roomId, lastSeq: 3, recovered: false, hasMore: false, messages: [] },
        ...{ you: { userId: 'ann', online: true }, room: { roomId, onlineCount: 1 } },
      },
    });
    const { epoch } = first!.data;
    expect(messages.map(({ type, id }) => [type, id])).toEqual([1, 2, 3].map((seq) => ['message', `${seq}.${epoch}`]));
    const seq = await say(roomId, 'ann', said('뒤에'));
    expect(await stream.next('message', ({ id }) => id === `${seq}.${epoch}`)).toMatchObject({
      data: { roomId, seq, kind: 'CHAT', content: said('뒤에'), sender: { userId: 'ann' } },
    });
  });

  it('carries typing, read marks, presence and heads, none with an id', async () => {
    const quick = await given.start({ HEARTBEAT_MS: '300' });
    const roomId = await roomOf('ann', 'bob');
    const stream = await openStream(quick.url + pathOf(roomId), as('ann'));
    await stream.next('joined');
    const bob = await quick.connect('bob');
    await bob.join(roomId);
    expect((await stream.next('presence')).data).toMatchObject({ roomId, userId: 'bob', online: true, onlineCount: 2 });
    bob.send({ type: 'typing', roomId, typing: true });
    const typing = await stream.next('typing');
    expect(typing).toMatchObject({ id: null, data: { user: { userId: 'bob' }, typing: true } });
    bob.send({ type: 'read', roomId, seq: 3 });
    expect((await stream.next('read')).data).toEqual({ roomId, userId: 'bob', seq: 3 });
    expect(await stream.next('head')).toEqual({ type: 'head', id: null, data: { roomId, seq: 3 } });
    await expect.poll(() => stream.comments, wait).toBeGreaterThan(2);
    await quick.stop();
  });

  it('sends first bytes at once, and signs of life, that end no block: one without data is an event to many readers', async () => {
    const quick = await given.start({ HEARTBEAT_MS: '300' });
    const me = `quiet-${said1++}`;
    for (const url of [`${quick.url}${pathOf(await roomOf(me))}`, `${quick.url}/api/chat/events`]) {
      const stream = await openStream(url, as(me));
      // The strict reader looks at the blocks.
      await expect.poll(() => stream.comments, wait).toBeGreaterThan(3);
      expect(stream.beginning).toMatch(/^retry: \d+\n(?!\n)/);
      expect(stream.queue.length).toBeGreaterThan(0);
    }
    await quick.stop();
  });

  it('says in an event of at most 64 KiB where one stands, with as many participants as that holds', async () => {
    const roomId = await chat.room({ maxParticipants: 200 });
    const name = (i: number) => `${i}-${'김'.repeat(250)}`;
    const people = range(1, 120).map(name);
    const bearer = (user: string) => `Bearer ${tokenOf(user, { nickname: '김' })}`;
    for (const user of people) {
      const { status } = await chat.call('POST', `/api/chat/rooms/${roomId}/participants`, {
        as: bearer(user),
        body: {},
      });
      expect(status).toBe(201);
    }
    const stream = await openStream(chat.url + pathOf(roomId), { authorization: bearer(people[119]!) });
    const { data } = await stream.next('joined');
    const listed = data.participants.map(({ userId }: { userId: string }) => userId);
    expect(listed).toEqual(['seller', ...people].slice(0, listed.length));
    expect(listed.length).toBeGreaterThan(40);
    expect(listed.length).toBeLessThan(100);
    expect(data.you.userId).toBe(people[119]);
    expect(await stream.seqsUntil(data.lastSeq)).toHaveLength(50);
  });

  it('makes its user present, and its end absent', async () => {
    const roomId = await roomOf('ann', 'bob');
    const bob = await chat.connect('bob');
    await bob.join(roomId);
    const stream = await openStream(chat.url + pathOf(roomId), as('ann'));
    expect(await bob.event('presence')).toMatchObject({ userId: 'ann', online: true });
    stream.close();
    expect(await bob.event('presence')).toMatchObject({ userId: 'ann', online: false });
  });

  it('is counted as a connection of its protocol and has its lines in the log, without its token', async () => {
    const roomId = await roomOf('ann');
    const url = `${chat.url}${pathOf(roomId)}?token=${tokenOf('ann')}`;
    const stream = await openStream(url, { 'x-request-id': 'stream-1' });
    await stream.next('joined');
    const text = await (await fetch(`${chat.url}/metrics`)).text();
    expect(text).toMatch(/^gongu_chat_connections\{[^}]*protocol="sse"[^}]*\} [1-9]/m);
    const accepted = given.logs.of('handshake.accepted').find((line) => line.requestId === 'stream-1')!;
    expect(accepted).toMatchObject({ userId: 'ann', path: pathOf(roomId), tokenPresent: true, address: '127.0.0.1' });
    const { connectionId } = accepted;
    const of = (event: string) => given.logs.of(event).filter((line) => line.connectionId === connectionId);
    expect(of('session.authenticated')).toMatchObject([{ userId: 'ann', protocol: 'sse' }]);
    stream.close();
    await expect.poll(() => of('session.closed'), wait).toMatchObject([{ userId: 'ann', code: 1006 }]);
  });
});

describe('recovery', () => {
  it('gives all messages after Last-Event-ID, or after the query on the first opening; the header goes first', async () => {
    const roomId = await roomOf('ann');
    for (let i = 0; i < 5; i++) await say(roomId, 'ann');
    const tries: [string, Record<string, string>, number][] = [
      ['', { 'last-event-id': '4' }, 5],
      ['?after=5', {}, 6],
      ['?lastEventId=6', {}, 7],
      ['?after=2', { 'last-event-id': '6' }, 7],
    ];
    for (const [query, headers, first] of tries) {
      const stream = await openStream(chat.url + pathOf(roomId, query), { ...as('ann'), ...headers });
      expect((await stream.next('joined')).data).toMatchObject({ recovered: true, hasMore: false, lastSeq: 7 });
      expect(await stream.seqsUntil(7)).toEqual(range(first, 7));
      stream.close();
    }
    const upToDate = await openStream(chat.url + pathOf(roomId), { ...as('ann'), 'last-event-id': '7' });
    expect((await upToDate.next('joined')).data).toMatchObject({ recovered: true, lastSeq: 7 });
    await say(roomId, 'ann');
    expect((await upToDate.next('message')).id).toMatch(/^8\./);
  });

  it('of more than 1,000 messages starts over with the newest page, and says that there are more', async () => {
    const roomId = await roomOf('ann');
    const ann = await chat.connect('ann');
    await ann.join(roomId);
    for (let i = 0; i < 1_010; i += 101) await Promise.all(range(1, 101).map(() => ann.say(roomId)));
    const stream = await openStream(chat.url + pathOf(roomId), { ...as('ann'), 'last-event-id': '1' });
    expect((await stream.next('joined')).data).toMatchObject({ recovered: false, hasMore: true, lastSeq: 1_012 });
    expect(await stream.seqsUntil(1_012)).toEqual(range(963, 1_012));
  });

  it('starts over in a room that was made anew', async () => {
    const roomId = await roomOf('ann');
    const stream = await openStream(chat.url + pathOf(roomId), { ...as('ann'), 'last-event-id': '900' });
    expect((await stream.next('joined')).data).toMatchObject({ recovered: false, lastSeq: 2 });
    expect(await stream.seqsUntil(2)).toEqual([1, 2]);
  });

  it('loses and doubles nothing for a real EventSource that is cut again and again while messages flow', async () => {
    const roomId = await roomOf('ann');
    const proxy = await tcpProxy({ target: chat.port });
    const source = new EventSource(`http://127.0.0.1:${proxy.port}${pathOf(roomId)}?token=${tokenOf('ann')}`);
    onTestFinished(async () => {
      source.close();
      await proxy.close();
    });
    const seqs: number[] = [];
    let opened = 0;
    source.addEventListener('open', () => opened++);
    source.addEventListener('message', ({ data, lastEventId }) => {
      expect(lastEventId.split('.')[0]).toBe(String(JSON.parse(data).seq));
      seqs.push(JSON.parse(data).seq);
    });
    await expect.poll(() => seqs.length, wait).toBe(2);
    let talking = true;
    const talk = (async () => {
      while (talking) {
        const seq = await say(roomId, 'ann');
        // Whoever lacks more than 1,000 begins anew, and on a busy machine the way back takes a while.
        await expect.poll(() => !talking || seq - (seqs.at(-1) ?? 0) < 500).toBe(true);
      }
    })();
    for (let cuts = 1; cuts <= 3; cuts++) {
      await expect.poll(() => opened).toBe(cuts);
      const had = seqs.length;
      await expect.poll(() => seqs.length, wait).toBeGreaterThan(had + 5);
      proxy.cut();
    }
    await expect.poll(() => opened).toBe(4);
    talking = false;
    await talk;
    const last = await say(roomId, 'ann');
    await expect.poll(() => seqs.at(-1), wait).toBe(last);
    expect(seqs).toEqual(range(1, last));
  });

  it('works on another instance, and while the two hear each other', async () => {
    const exchange = createLocalExchange();
    const [here, there] = await Promise.all([given.start({}, { exchange }), given.start({}, { exchange })]);
    const roomId = await roomOf('ann');
    const first = await openStream(here.url + pathOf(roomId), as('ann'));
    await first.seqsUntil(2);
    const bob = await there.connect('bob');
    await bob.join(roomId);
    for (let i = 0; i < 10; i++) await bob.say(roomId);
    expect(await first.seqsUntil(13)).toEqual(range(3, 13));
    first.close();
    for (let i = 0; i < 10; i++) await bob.say(roomId);
    const second = await openStream(there.url + pathOf(roomId), { ...as('ann'), 'last-event-id': '13' });
    expect(await second.seqsUntil(23)).toEqual(range(14, 23));
  });
});

describe('a stream that is refused', () => {
  it.each(['abc', '-1', '1.5', '1.', '1e3', '99999999999999999'])(
    'Last-Event-ID %s is 400, and says why',
    async (id) => {
      const roomId = await roomOf('ann');
      const answers = [
        await chat.call('GET', pathOf(roomId), { as: 'ann', headers: { 'last-event-id': id } }),
        await chat.call('GET', pathOf(roomId, `?after=${encodeURIComponent(id)}`), { as: 'ann' }),
      ];
      for (const { status, body } of answers) {
        expect(status).toBe(400);
        expect(body).toMatchObject({
          code: 'VALIDATION_FAILED',
          errors: [{ message: expect.stringContaining('must be a seq') }],
        });
      }
    },
  );

  it('is a problem with the status of its reason, so that an EventSource stays away, and a line in the log', async () => {
    const roomId = await roomOf('ann');
    const expired = `Bearer ${tokenOf('ann', { expiresInSeconds: -5 })}`;
    const ended = await roomOf('ann');
    await chat.call('PATCH', `/api/chat/rooms/${ended}`, { as: SERVICE, body: { status: 'CLOSED' } });
    const tries: [string, object, number, string][] = [
      [pathOf(roomId), {}, 401, 'UNAUTHENTICATED'],
      // Within the 30 s that the check of a token forgives: a stream would end at once.
      [pathOf(roomId), { as: expired }, 401, 'TOKEN_EXPIRED'],
      [pathOf(roomId), { as: SERVICE }, 401, 'UNAUTHENTICATED'],
      [pathOf(ended), { as: 'bob' }, 403, 'NOT_A_MEMBER'],
      [pathOf(roomId), { as: 'ann', headers: { origin: 'https://evil.example' } }, 403, 'ORIGIN_NOT_ALLOWED'],
      [pathOf('no-such-room'), { as: 'ann' }, 404, 'NOT_FOUND'],
    ];
    for (const [path, options, status, code] of tries) {
      expect(await chat.call('GET', path, options)).toMatchObject({ status, body: { code } });
      expect(given.logs.of('handshake.rejected').at(-1)).toMatchObject({
        ...{ code, path, address: '127.0.0.1', requestId: expect.any(String), reason: expect.any(String) },
        tokenPresent: 'as' in options,
      });
    }
  });

  it('for a page of another origin: with CORS where ALLOWED_ORIGINS has it', async () => {
    const roomId = await roomOf('ann');
    const stream = await openStream(chat.url + pathOf(roomId), { ...as('ann'), origin: 'https://shop.example' });
    expect(stream.response.headers['access-control-allow-origin']).toBe('https://shop.example');
  });

  it('by an instance that is full: 503, with a time to come back', async () => {
    const full = await given.start({ MAX_CONNECTIONS: '1' });
    const roomId = await roomOf('ann');
    const stream = await openStream(full.url + pathOf(roomId), as('ann'));
    const { status, headers, body } = await full.call('GET', pathOf(roomId), { as: 'ann' });
    expect([status, body.code]).toEqual([503, 'UNAVAILABLE']);
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
    stream.close();
    await expect.poll(() => metricOf(full, 'gongu_chat_connections'), wait).toBe(0);
    await (await openStream(full.url + pathOf(roomId), as('ann'))).next('joined');
    await full.stop();
  });

  it('by a ticket that was used already', async () => {
    const roomId = await roomOf('ann');
    const { body } = await chat.call<{ ticket: string }>('POST', '/api/chat/tickets', { as: 'ann' });
    given.logs.secret(body.ticket);
    const path = pathOf(roomId, `?ticket=${body.ticket}`);
    await (await openStream(chat.url + path)).next('joined');
    expect(await chat.call('GET', path)).toMatchObject({ status: 401, body: { code: 'UNAUTHENTICATED' } });
  });
});

describe('a stream that is ended', () => {
  it('by removal: after the row that says so, with 4503; an EventSource comes back by itself, and looks on', async () => {
    const roomId = await roomOf('ann', 'bob');
    const source = new EventSource(`${chat.url}${pathOf(roomId)}?token=${tokenOf('bob')}`);
    onTestFinished(() => source.close());
    const events: [string, Record<string, unknown>][] = [];
    const looks: { you: object | null }[] = [];
    source.addEventListener('joined', ({ data }) => looks.push(JSON.parse(data)));
    for (const type of ['message', 'closed']) {
      source.addEventListener(type, ({ data }) => events.push([type, JSON.parse(data)]));
    }
    await expect.poll(() => events.length, wait).toBe(3);
    await chat.call('DELETE', `/api/chat/rooms/${roomId}/participants/bob`, { as: 'seller' });
    await expect.poll(() => events.length, wait).toBe(5);
    expect(events[3]).toMatchObject(['message', { data: { event: 'participant.removed' } }]);
    expect(events[4]).toEqual(['closed', { code: 4503, reason: 'no longer a member' }]);
    await expect.poll(() => looks.length, wait).toBe(2);
    expect(looks.map(({ you }) => you === null)).toEqual([false, true]);
  });

  it('by the end of its room: error NOT_FOUND, 4504, and then it is 404', async () => {
    const roomId = await roomOf('ann');
    const stream = await openStream(chat.url + pathOf(roomId), as('ann'));
    await stream.next('joined');
    await chat.call('DELETE', `/api/chat/rooms/${roomId}`, { as: SERVICE });
    expect((await stream.next('error')).data).toMatchObject({ code: 'NOT_FOUND', roomId });
    expect((await stream.next('closed')).data).toMatchObject({ code: 4504 });
    await stream.over;
    expect((await chat.call('GET', pathOf(roomId), { as: 'ann' })).status).toBe(404);
  });

  it('by the end of its token: announced, told, 4101', async () => {
    const clock = settableClock();
    const timed = await given.start({}, { clock });
    const roomId = await roomOf('ann');
    const token = tokenOf('ann', { expiresInSeconds: 600 });
    const stream = await openStream(timed.url + pathOf(roomId), { authorization: `Bearer ${token}` });
    await stream.next('joined');
    // In its last 30 s, of which the machine may take long.
    clock.step(575_000);
    await stream.next('token.expiring');
    clock.step(30_000);
    expect((await stream.next('error')).data).toMatchObject({ code: 'TOKEN_EXPIRED' });
    expect((await stream.next('closed')).data).toMatchObject({ code: 4101 });
    await stream.over;
    await timed.stop();
  });

  it('by a stop of the service: told when to come back, also as retry, and the stop waits for nothing', async () => {
    const going = await given.start({ DRAIN_MS: '400' });
    const roomId = await roomOf('ann');
    const stream = await openStream(going.url + pathOf(roomId), as('ann'));
    await stream.next('joined');
    const began = performance.now();
    await going.stop();
    expect(performance.now() - began).toBeLessThan(5_000);
    const { data } = await stream.next('reconnect');
    expect(data.afterMs).toEqual(expect.any(Number));
    expect(stream.retries.at(-1)).toBe(data.afterMs);
    expect((await stream.next('closed')).data).toMatchObject({ code: 4001 });
    await stream.over;
  });
});

describe('a reader that stops reading', () => {
  const LONG = said('').concat('🍊'.repeat(3_990));

  it('costs bounded memory, keeps nobody waiting, and gets all of it when it reads again', async () => {
    const narrow = await given.start({ SEND_QUEUE_BYTES: '65536', SEND_TIMEOUT_MS: '60000' });
    const roomId = await roomOf('ann');
    const stream = await openStream(narrow.url + pathOf(roomId), as('ann'));
    await stream.next('joined');
    let most = 0;
    const sockets = new Set<import('node:net').Socket>();
    narrow.chat.app.server.on('connection', (socket) => sockets.add(socket));
    const slow = await openStream(narrow.url + pathOf(roomId), as('ann'));
    await slow.next('joined');
    slow.pause();
    const watch = setInterval(() => {
      for (const socket of sockets) most = Math.max(most, socket.writableLength);
    }, 5);
    const sender = await narrow.connect('ann');
    for (let i = 0; i < 600; i += 20) await Promise.all(range(1, 20).map(() => sender.say(roomId, LONG)));
    expect(await stream.seqsUntil(602)).toEqual(range(1, 602));
    clearInterval(watch);
    expect(most).toBeGreaterThan(65_536);
    expect(most).toBeLessThan(65_536 + 2 * 20 * 16_500);
    expect(await metricOf(narrow, 'gongu_chat_resyncs_total')).toBeGreaterThan(0);
    slow.resume();
    expect(await slow.seqsUntil(602)).toEqual(range(1, 602));
    await sender.say(roomId);
    expect((await slow.next('message')).id).toMatch(/^603\./);
    await narrow.stop();
  });

  it('is ended after SEND_TIMEOUT_MS and goes on from its last id', async () => {
    const exchange = createLocalExchange();
    const strict = await given.start({ SEND_QUEUE_BYTES: '65536', SEND_TIMEOUT_MS: '500' }, { exchange });
    // `strict` would end a sender as well that a busy machine keeps from reading.
    const other = await given.start({}, { exchange });
    const roomId = await roomOf('ann');
    const sockets: import('node:net').Socket[] = [];
    strict.chat.app.server.on('connection', (socket) => sockets.push(socket));
    const slow = await openStream(strict.url + pathOf(roomId), as('ann'));
    await slow.next('joined');
    slow.pause();
    const sender = await other.connect('ann');
    const ended = () => given.logs.of('session.closed').filter(({ reason }) => reason === 'too slow');
    let last = 0;
    // No more than it takes: who is further behind than a recovery holds begins anew.
    while (sockets[0]!.writableLength < 65_536 && ended().length === 0) {
      const acks = await Promise.all(range(1, 20).map(() => sender.say(roomId, LONG)));
      last = Math.max(...acks.map(({ seq }) => seq));
    }
    await expect.poll(ended).toHaveLength(1);
    slow.resume();
    await slow.over;
    const got = slow.queue.filter(({ type }) => type === 'message').map(({ id }) => Number.parseInt(id!, 10));
    expect(got).toEqual(range(1, got.length));
    expect(got.length).toBeLessThan(last);
    const headers = { ...as('ann'), 'last-event-id': String(got.length) };
    const again = await openStream(strict.url + pathOf(roomId), headers);
    expect(await again.seqsUntil(last)).toEqual(range(got.length + 1, last));
    await Promise.all([strict, other].map((instance) => instance.stop()));
  });
});
