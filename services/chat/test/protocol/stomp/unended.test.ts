import { expect, test } from 'vitest';
import { ready, stompClient } from '../../fixture/stomp-client.ts';
import { framesOf } from '../../fixture/stomp-reader.ts';

/** What the codec says after so long a silence, in short. */
function after(codec: ReturnType<typeof stompClient>['codec'], silentMs: number) {
  const step = codec.unended?.(silentMs);
  if (step === undefined) return null;
  if (step.kind !== 'close') throw new Error(step.kind);
  const [frame] = framesOf(step.texts ?? [], '1.2');
  return { ...step, headers: frame!.headers, body: frame!.body };
}

function connected() {
  const client = stompClient();
  client.frame('CONNECT', { 'accept-version': '1.2', Authorization: 'Bearer a.b.c' });
  client.event(ready);
  return client;
}

test.each([
  ['CONNECT\naccept-version:1.2\nAuthorization:Bearer a.b.c\n\n'],
  ['STOMP\naccept-version:1.2\nhost:shop\n\n'],
  ['\nCONNECT\r\naccept-version:1.2\r\n\r\n'],
  ['CONNECT\naccept-version:1.2\ncontent-length:0\n\n'],
])('a CONNECT without its NUL is told what is missing, and how to mend it: %j', (text) => {
  const { raw, codec } = stompClient();
  expect(raw(text).steps).toEqual([]);
  expect(after(codec, 2_999)).toBeNull();
  const told = after(codec, 3_000);
  expect(told).toMatchObject({ code: 4500, headers: expect.anything() });
  expect(told?.headers.message).toBe('BAD_FRAME');
  expect(told?.body).toContain('NUL');
  for (const option of ['forceBinaryWSFrames', 'appendMissingNULLonIncoming']) {
    expect(told?.body).toContain(option);
    expect(told?.reason).toContain(option);
  }
  expect(Buffer.byteLength(told?.reason ?? '')).toBeLessThan(124);
  expect(raw('\0').steps).toEqual([]);
});

test.each([
  ['SEND\ndestination:/app/chat/r\ncontent-length:2\nreceipt:r-1\n\nhi', 3_000],
  ['SUBSCRIBE\nid:1\ndestination:/topic/chat/r\nreceipt:r-1\n\n', 3_000],
  ['SEND\ndestination:/app/chat/r\nreceipt:r-1\n\nbuy 2', 15_000],
])('any other frame without its NUL is refused and never taken, as it may be cut: %j', (text, ms) => {
  const { raw, codec } = connected();
  expect(raw(text).steps).toEqual([]);
  expect(after(codec, ms - 1)).toBeNull();
  expect(after(codec, ms)).toMatchObject({ code: 4500 });
  expect(raw('00 boxes\0').steps).toEqual([]);
});

test.each([
  ['nothing', ''],
  ['heart-beats', '\n\n'],
  ['a whole frame', 'SEND\ndestination:/app/chat/r\n\nhi\0'],
  [
    'counted bytes that are on their way',
    'SEND\ndestination:/app/chat/r\ncontent-length:200000\n\nhi'.replace('200000', '99'),
  ],
  ['half of its headers', 'SEND\ndestination:/app/ch'],
])('a client from whom %s came is waited for', (_, text) => {
  const { raw, codec } = connected();
  if (text !== '') raw(text);
  expect(after(codec, 3_600_000)).toBeNull();
});
