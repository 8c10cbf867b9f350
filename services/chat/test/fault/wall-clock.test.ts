import { type Probe, probe } from '@gongu/testkit';
import { describe, expect, it } from 'vitest';
import { chatOfThisFile } from '../fixture/chat.ts';
import { openStream } from '../fixture/event-stream.ts';
import { settableClock } from '../fixture/settable-clock.ts';
import { tokenOf } from '../fixture/tokens.ts';

const given = chatOfThisFile();
const SECOND_MS = 1_000;
const HOUR_MS = 3_600_000;

/** Good for a day, whatever the clock is set to. */
const longToken = (userId: string) => tokenOf(userId, { expiresInSeconds: 86_400 });

describe('a step of the wall clock', () => {
  it.each([
    ['forward by 30 s', 30 * SECOND_MS],
    ['back by 30 s', -30 * SECOND_MS],
    ['forward by an hour', HOUR_MS],
    ['back by an hour', -HOUR_MS],
  ])('%s ends nobody, and nothing that lasts', async (_, stepMs) => {
    const clock = settableClock();
    const chat = await given.start({}, { clock });
    const roomId = await chat.room();
    const ann = await chat.connect('ann', { token: longToken('ann') });
    const bob = await chat.connect('bob', { token: longToken('bob') });
    for (const client of [ann, bob]) await client.join(roomId);
    const stomp = await probe(chat.socketUrl, { protocols: 'v12.stomp' });
    stomp.send(`CONNECT\naccept-version:1.2\nheart-beat:10000,10000\npasscode:${longToken('cy')}\n\n\0`);
    await stomp.next((frame) => frame.startsWith('CONNECTED'));
    // It says nothing yet, and has a minute for that.
    const silent = await chat.open();
    const older = await probe(`ws://127.0.0.1:${chat.port}/chat/${roomId}?token=${longToken('dee')}`);
    const stream = await openStream(`${chat.url}/api/chat/rooms/${roomId}/events`, {
      authorization: `Bearer ${longToken('ann')}`,
    });
    await stream.next('joined');
    let streamIsOver = false;
    void stream.over.then(() => {
      streamIsOver = true;
    });
    ann.send({ type: 'typing', roomId, typing: true });
    await bob.event('typing', ({ typing }) => typing);

    clock.step(stepMs);
    // Deadlines are looked at four times a second: three looks.
    const open = (socket: Probe) => expect(socket.closed(800)).rejects.toThrow('still open');
    await Promise.all([
      ...[ann, bob, stomp, silent, older].map(open),
      bob.none(800, (frame) => frame.type === 'typing' && !frame.typing),
    ]);
    expect(streamIsOver).toBe(false);
    const { seq } = await ann.say(roomId);
    await bob.event('message', (message) => message.seq === seq);
    await stream.next('message', ({ data }) => data.seq === seq);
    // Of an instance that it hears nothing from: the database is read by the time that passes.
    const elsewhere = await (await given.start()).connect('ann');
    await elsewhere.join(roomId);
    const later = await elsewhere.say(roomId);
    await bob.event('message', (message) => message.seq === later.seq);
    elsewhere.close();
    await chat.stop();
  });
});
