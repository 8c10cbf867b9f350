import { CLOSE } from '@gongu/shared';
import { expect, it } from 'vitest';
import type { Codec } from '../../src/protocol/codec.ts';
import { Inbox } from '../../src/session/inbox.ts';
import type { FrameBudget, SessionOptions } from '../../src/session/session-options.ts';
import { Writer } from '../../src/session/writer.ts';
import type { Socket } from '../../src/transport/socket.ts';

const MIB = 1024 * 1024;
const FRAME_BYTES = 1_000;

it('who asks on while nothing is read is ended with 4008 when eight of the largest frames wait, not before', () => {
  const ends: number[] = [];
  const owner = {
    ...{ over: false, takesMore: () => false, follow() {}, failed() {} },
    end: (code: number) => void ends.push(code),
  };
  const inbox = new Inbox(
    owner,
    {} as Codec,
    { framesPerSecond: 100, frameBytes: FRAME_BYTES },
    {} as unknown as FrameBudget,
  );
  for (let n = 0; n < 8; n++) inbox.receive('x'.repeat(FRAME_BYTES), 0);
  expect(ends).toEqual([]);
  inbox.receive('x', 0);
  expect(ends).toEqual([CLOSE.slowConsumer]);
});

it.each([
  ['16 MiB', 16_384, 16 * MIB],
  ['eight queues', 4 * MIB, 32 * MIB],
])('who is told more than he takes is cut off past %s, and no sooner', (_what, sendQueueBytes, ceiling) => {
  let queued = 0;
  let cuts = 0;
  const socket = { send() {}, write() {}, queuedBytes: () => queued, pause() {} } as unknown as Socket;
  const owner = { userId: 'ann', over: false, end() {}, leftRoom() {}, enteredRoom() {}, cutOff: () => void cuts++ };
  const options = { limits: { sendQueueBytes }, monotonic: () => 0 } as unknown as SessionOptions;
  const writer = new Writer(owner, options, socket, {} as Codec);
  queued = ceiling;
  writer.say('at it');
  expect(cuts).toBe(0);
  queued = ceiling + 1;
  writer.say('past it');
  expect(cuts).toBe(1);
  queued = 0;
  writer.write(Buffer.alloc(ceiling));
  expect(cuts).toBe(1);
  writer.write(Buffer.alloc(ceiling + 1));
  expect(cuts).toBe(2);
});
