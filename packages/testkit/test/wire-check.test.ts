import { serverFrames } from '@gongu/shared';
import { expect, test } from 'vitest';
import { checkFrame, checkReceived, differencesFrom } from '../src/index.ts';

test('a frame that is what its schema says is let through; of another protocol nothing is known', () => {
  checkFrame({ type: 'head', roomId: 'r', seq: 3 }, 'gongu.v1');
  checkFrame('CONNECTED\n\n\0', 'v12.stomp');
});

test.each([
  [
    'a field too many',
    { type: 'head', roomId: 'r', seq: 3, more: 1 },
    /gongu\.v1 head .*\n {2}more: is not in the schema/,
  ],
  ['a field of another type', { type: 'head', roomId: 'r', seq: '3' }, /gongu\.v1 head .*\n {2}seq: /],
  ['a field too few', { type: 'head', seq: 3 }, /gongu\.v1 head .*\n {2}roomId: /],
  ['no such type', { type: 'tail' }, /gongu\.v1 tail .*\n {2}there is no such type/],
  ['no object', 'text', /there is no such type/],
])('%s is told with the type of the frame and the path', (_, frame, message) => {
  expect(() => checkFrame(frame, 'gongu.v1')).toThrow(message);
});

test('what lies deeper is looked at as well: the data of a SYSTEM message in a page', () => {
  const room = { ...Object.fromEntries(['roomId', 'title', 'createdAt'].map((name) => [name, 'x'])), status: 'ACTIVE' };
  const none = { productId: null, reason: null, hostId: null, minParticipants: null, expiresAt: null, closedAt: null };
  const counts = { maxParticipants: 1, participantCount: 0, committedCount: 0, lastSeq: 0 };
  const data = { event: 'room.opened', room: { ...room, ...none, ...counts, onlineCount: 1 }, participant: null };
  const message = { roomId: 'r', seq: 1, messageId: 'r:1', kind: 'SYSTEM', sender: null, content: '', data };
  const rest = { version: 1, replyTo: null, clientMessageId: null, createdAt: '' };
  const page = { type: 'page', roomId: 'r', messages: [{ ...message, ...rest }], hasMore: false };
  expect(differencesFrom(serverFrames.page, page)).toEqual(['messages.0.data.room.onlineCount: is not in the schema']);
});

test('any JSON is allowed where the schema says so', () => {
  const body = { roomId: 'r', seq: 1, messageId: 'r:1', kind: 'CHAT', sender: null, content: '', data: { any: [1] } };
  checkReceived('stomp', 'messages', { ...body, version: 1, replyTo: null, clientMessageId: null, createdAt: '' });
});
