import { expect, it } from 'vitest';
import { tellCommitted } from '../../src/room/committed.ts';
import type { Signal } from '../../src/room/ports/bus.ts';
import { storedMessage } from '../fixture/messages.ts';

function told(messages: Parameters<typeof tellCommitted>[1]) {
  const signals: Signal[] = [];
  tellCommitted((signal) => signals.push(signal), messages);
  return signals.flatMap((signal) => (signal.kind === 'messages' ? [signal] : []));
}

it.each([
  ['few', 3, 4_000],
  ['many small', 400, 10],
  ['many large', 400, 4_000],
  ['thousands', 5_000, 300],
])('tells %s messages in signals of bounded bytes, every message once and in order', (_, count, length) => {
  const messages = Array.from({ length: count }, (_, i) =>
    storedMessage(i + 1, { roomId: `room-${i % 2}`, content: '가'.repeat(length) }),
  );
  const signals = told(messages);
  for (const signal of signals) {
    expect(Buffer.byteLength(JSON.stringify(signal))).toBeLessThan(524_288);
    expect(signal.messages.every(({ roomId }) => roomId === signal.roomId)).toBe(true);
  }
  for (const roomId of ['room-0', 'room-1']) {
    const own = signals.filter((signal) => signal.roomId === roomId).flatMap((signal) => signal.messages);
    expect(own).toEqual(messages.filter((message) => message.roomId === roomId));
  }
  if (length === 10) expect(signals).toHaveLength(2);
});
