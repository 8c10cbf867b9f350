import { expect, test } from 'vitest';
import { createDestinations } from '../../../src/protocol/stomp/destination.ts';

const { source, sink } = createDestinations();
const messages = (roomId: string) => ({ kind: 'room', roomId, topic: 'messages' });

test.each([
  ['/topic/chat/r-1', messages('r-1')],
  ['/topic/couple/2a3d5d24-7070-4e0e-91d1-1d2cd545bf8d', messages('2a3d5d24-7070-4e0e-91d1-1d2cd545bf8d')],
  ['/sub/channel/7', messages('7')],
  ['/topic/chat/r1/read', { kind: 'room', roomId: 'r1', topic: 'read' }],
  ['/topic/couple/r1/typing', { kind: 'room', roomId: 'r1', topic: 'typing' }],
  ['/topic/chat/r1/participants', { kind: 'room', roomId: 'r1', topic: 'participants' }],
  ['/topic/chat/r1/status', { kind: 'room', roomId: 'r1', topic: 'status' }],
  ['/sub/channel/entry', { kind: 'connections' }],
  ['/user/queue/errors', { kind: 'errors' }],
])('SUBSCRIBE %s', (destination, expected) => {
  expect(source(destination)).toEqual(expected);
});

test.each([
  '',
  '/',
  '/topic',
  '/topic/chat',
  '/topic/chat/',
  '/topic/chat/entry',
  '/topic/chat/r1/',
  '/topic/chat/r1/boo',
  '/topic/chat/r1/read/x',
  '/topic/other/r1',
  '/topic/chat/방',
  `/topic/chat/${'x'.repeat(65)}`,
  '/sub/channel/',
  '/sub/channel/r1/read',
  '/app/chat/r1',
  '/user/queue/other',
  'topic/chat/r1',
  '/topic/chat/../r1',
])('nothing can be subscribed to at %j', (destination) => {
  expect(source(destination)).toBeNull();
});

test.each([
  ['/app/chat/r1', { kind: 'send', roomId: 'r1' }],
  ['/pub/couple/r1', { kind: 'send', roomId: 'r1' }],
  ['/topic/chat/r1', { kind: 'send', roomId: 'r1' }],
  ['/pub/chat', { kind: 'send', roomId: null }],
  ['/app/chat/r1/read', { kind: 'read', roomId: 'r1' }],
  ['/pub/couple/r1/typing', { kind: 'typing', roomId: 'r1' }],
])('SEND %s', (destination, expected) => {
  expect(sink(destination)).toEqual(expected);
});

test.each([
  '/topic/chat',
  '/app',
  '/app/',
  '/app/other/r1',
  '/app/chat/r1/status',
  '/sub/channel/r1',
  '/queue/chat/r1',
  '/app/chat/',
])('nothing can be sent to %j', (destination) => {
  expect(sink(destination)).toBeNull();
});

test('prefixes are configuration', () => {
  const own = createDestinations({
    topics: ['/exchange', '/queue/rooms'],
    applications: ['/do'],
    names: ['talk'],
    channel: '/s',
    errors: '/me/errors',
  });
  expect(own.source('/queue/rooms/talk/r1')).toEqual(messages('r1'));
  expect(own.source('/s/entry')).toEqual({ kind: 'connections' });
  expect(own.source('/me/errors')).toEqual({ kind: 'errors' });
  expect(own.sink('/do/talk')).toEqual({ kind: 'send', roomId: null });
  expect(own.source('/topic/chat/r1')).toBeNull();
  expect(own.sink('/app/chat/r1')).toBeNull();
});
