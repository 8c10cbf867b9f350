import { type ManualClock, manualClock } from '@gongu/testkit';
import { beforeAll, describe, expect, it } from 'vitest';
import { chatOfThisFile, type Instance } from '../fixture/chat.ts';
import { openStream } from '../fixture/event-stream.ts';
import { said } from '../fixture/log-lines.ts';
import { tokenOf } from '../fixture/tokens.ts';

const given = chatOfThisFile();
let chat: Instance;
let clock: ManualClock;
beforeAll(async () => {
  clock = manualClock(Math.floor(Date.now() / 1_000) * 1_000);
  chat = await given.start({}, { clock });
});

/** A token that ends so many seconds after the present of the clock. */
const ending = (userId: string, seconds: number) => tokenOf(userId, { claims: { exp: clock.now() / 1_000 + seconds } });
const isoIn = (seconds: number) => new Date(clock.now() + seconds * 1_000).toISOString();

describe('a token on a live socket', () => {
  it('is announced to end 30 seconds before, once, and ends the socket with 4101', async () => {
    const ann = await chat.connect('ann', { token: ending('ann', 40) });
    const expiresAt = isoIn(40);
    await clock.advance(9_000);
    await ann.none(400);
    await clock.advance(2_000);
    expect(await ann.next()).toEqual({ type: 'token.expiring', expiresAt });
    await clock.advance(28_000);
    await ann.none(400);
    await clock.advance(1_000);
    expect(await ann.next()).toMatchObject({ type: 'error', code: 'TOKEN_EXPIRED' });
    expect(await ann.closed()).toMatchObject({ code: 4101 });
  });

  it('is announced at once where it has less than that to live', async () => {
    const ann = await chat.connect('ann', { token: ending('ann', 10) });
    expect(await ann.next()).toMatchObject({ type: 'token.expiring' });
  });

  it('is renewed by an auth frame: the socket lives on, in its rooms, and is told of the new end', async () => {
    const roomId = await chat.room();
    const [ann, bob] = [await chat.connect('ann', { token: ending('ann', 20) }), await chat.connect('bob')];
    await ann.join(roomId);
    await ann.event('token.expiring');
    ann.send({ type: 'auth', ref: 'again', token: ending('ann', 100) });
    expect(await ann.next((frame) => frame.type === 'ready')).toMatchObject({
      ...{ user: { userId: 'ann' }, tokenExpiresAt: isoIn(100) },
    });
    await clock.advance(25_000);
    await bob.join(roomId);
    await bob.say(roomId);
    expect(await ann.event('message', (message) => message.kind === 'CHAT')).toMatchObject({
      sender: { userId: 'bob' },
    });
    await clock.advance(50_000);
    expect(await ann.event('token.expiring')).toMatchObject({ type: 'token.expiring' });
    await clock.advance(26_000);
    expect(await ann.closed()).toMatchObject({ code: 4101 });
  });

  it('is announced once, whatever is presented again that ends no later', async () => {
    const ann = await chat.connect('ann', { token: ending('ann', 20) });
    await ann.event('token.expiring');
    for (const seconds of [20, 10, 20]) {
      ann.send({ type: 'auth', token: ending('ann', seconds) });
      await ann.event('ready');
    }
    await ann.none(600, (frame) => frame.type === 'token.expiring');
  });

  it('that is renewed by a bad one stays the old one', async () => {
    const ann = await chat.connect('ann', { token: ending('ann', 100) });
    ann.send({ type: 'auth', ref: '1', token: 'garbage' });
    expect(await ann.next()).toMatchObject({ type: 'error', ref: '1', code: 'UNAUTHENTICATED' });
    ann.send({ type: 'auth', ref: '2', token: ending('ann', -60) });
    expect(await ann.next()).toMatchObject({ type: 'error', ref: '2', code: 'TOKEN_EXPIRED' });
    expect(await ann.ask({ type: 'ping' }, 'pong')).toMatchObject({ type: 'pong' });
  });

  it('can not become another user’s', async () => {
    const roomId = await chat.room();
    const ann = await chat.connect('ann');
    await ann.join(roomId);
    ann.send({ type: 'auth', ref: '1', token: tokenOf('bob') });
    expect(await ann.event('error')).toMatchObject({ ref: '1', code: 'FORBIDDEN' });
    const { seq } = await ann.say(roomId);
    const message = await ann.event('message', (one) => one.seq === seq);
    expect(message.sender).toMatchObject({ userId: 'ann' });
  });

  it('that has ended lets nothing more happen, even before the client has answered the close', async () => {
    const roomId = await chat.room();
    const [ann, bob] = [await chat.connect('ann', { token: ending('ann', 50) }), await chat.connect('bob')];
    await ann.join(roomId);
    await bob.join(roomId);
    // A client that neither reads nor answers, and goes on talking.
    ann.pause();
    await clock.advance(51_000);
    await new Promise((resolve) => setTimeout(resolve, 600));
    ann.send({ type: 'send', roomId, clientMessageId: 'too-late', content: said('late') });
    await bob.none(300, (frame) => frame.type === 'message' && frame.kind === 'CHAT');
    ann.resume();
    expect(await ann.closed()).toMatchObject({ code: 4101 });
  });
});

describe('a room on a clock of its own', () => {
  it('tells the others that somebody stopped typing 6 seconds after the last sign of it', async () => {
    const roomId = await chat.room();
    const [ann, bob] = [await chat.connect('ann'), await chat.connect('bob')];
    await ann.join(roomId);
    await bob.join(roomId);
    const typing = { type: 'typing', roomId, typing: true };
    ann.send(typing);
    expect(await bob.event('typing')).toMatchObject({ typing: true });
    await clock.advance(4_000);
    ann.send(typing);
    expect(await bob.event('typing')).toMatchObject({ typing: true });
    await clock.advance(5_900);
    await bob.none(400, (frame) => frame.type === 'typing');
    await clock.advance(200);
    expect(await bob.event('typing')).toMatchObject({ user: { userId: 'ann' }, typing: false });
    await clock.advance(60_000);
    await bob.none(300, (frame) => frame.type === 'typing');
  });

  it('passes renewals of typing on at most once a second', async () => {
    const roomId = await chat.room();
    const [ann, bob] = [await chat.connect('ann'), await chat.connect('bob')];
    await ann.join(roomId);
    await bob.join(roomId);
    for (let i = 0; i < 20; i++) ann.send({ type: 'typing', roomId, typing: true });
    await ann.ask({ type: 'ping' }, 'pong');
    await bob.event('typing');
    await bob.none(100, (frame) => frame.type === 'typing');
  });

  it('hears that somebody stopped typing when he sends, unsubscribes, leaves or disappears', async () => {
    const roomId = await chat.room();
    const bob = await chat.connect('bob');
    await bob.join(roomId);
    const ends: Record<string, (ann: Awaited<ReturnType<Instance['connect']>>) => unknown> = {
      sends: (ann) => ann.say(roomId),
      unsubscribes: (ann) => ann.ask({ type: 'unsubscribe', roomId }, 'ok'),
      closes: (ann) => ann.close(),
      disappears: (ann) => ann.terminate(),
      leaves: (ann) => ann.ask({ type: 'leave', roomId }, 'ok'),
    };
    for (const [what, end] of Object.entries(ends)) {
      const ann = await chat.connect('ann');
      await ann.join(roomId);
      ann.send({ type: 'typing', roomId, typing: true });
      expect(await bob.event('typing'), what).toMatchObject({ typing: true });
      await end(ann);
      expect(await bob.event('typing'), what).toMatchObject({ user: { userId: 'ann' }, typing: false });
      ann.terminate();
    }
  });
});

// Last: they take so long by the clock that the tokens of the rooms' service are over.
describe('a token that lives shorter than a client is told of before its end', () => {
  it('is told of in its last third where it takes the place of another: short ones are not renewed over and over', async () => {
    const ann = await chat.connect('ann', { token: ending('ann', 20) });
    const renew = async (seconds: number) => {
      await ann.event('token.expiring');
      ann.send({ type: 'auth', token: ending('ann', seconds) });
      await ann.event('ready');
    };
    await renew(21);
    for (let i = 0; i < 3; i++) {
      await clock.advance(13_000);
      await ann.none(600, (frame) => frame.type === 'token.expiring');
      await clock.advance(2_000);
      await renew(21);
    }
    // One that lives long is told of 30 s before, as the first.
    await clock.advance(15_000);
    await renew(200);
    await clock.advance(169_000);
    await ann.none(600, (frame) => frame.type === 'token.expiring');
    await clock.advance(2_000);
    await ann.event('token.expiring');
  });

  it('on an event stream is told of in its last third: one that is opened anew at that is not told at once again', async () => {
    const headers = { authorization: `Bearer ${ending('ann', 21)}` };
    const stream = await openStream(`${chat.url}/api/chat/events`, headers);
    await stream.next('rooms');
    await clock.advance(13_000);
    // Two looks at the deadlines.
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect(stream.queue.filter(({ type }) => type === 'token.expiring')).toEqual([]);
    await clock.advance(2_000);
    await stream.next('token.expiring');
    stream.close();
  });
});
