import { errorEvent } from '@gongu/shared';
import { expect, test } from 'vitest';
import { negotiateHeartbeat, negotiateVersion } from '../../../src/protocol/stomp/connect.ts';
import { connected, ready, stompClient } from '../../fixture/stomp-client.ts';

const own = { sendMs: 10_000, expectMs: 10_000 };

test('the highest common version is chosen, whatever the order', () => {
  expect(negotiateVersion('1.0,1.1,1.2')).toBe('1.2');
  expect(negotiateVersion('1.2, 1.1')).toBe('1.2');
  expect(negotiateVersion('1.0,1.1')).toBe('1.1');
  expect(negotiateVersion('1.3,1.1,2.0')).toBe('1.1');
  expect(negotiateVersion(undefined)).toBe('1.0');
  expect(negotiateVersion('2.0')).toBeNull();
  expect(negotiateVersion('')).toBeNull();
});

test('heart-beats go at the slower interval, and not at all where one side has 0 (STOMP 1.2, Heart-beating)', () => {
  expect(negotiateHeartbeat('10000,10000', own)).toEqual({ sendMs: 10_000, expectMs: 10_000 });
  expect(negotiateHeartbeat('4000,60000', own)).toEqual({ sendMs: 60_000, expectMs: 10_000 });
  expect(negotiateHeartbeat('0,5000', own)).toEqual({ sendMs: 10_000, expectMs: 0 });
  expect(negotiateHeartbeat('5000,0', own)).toEqual({ sendMs: 0, expectMs: 10_000 });
  expect(negotiateHeartbeat(undefined, own)).toEqual({ sendMs: 0, expectMs: 0 });
  expect(negotiateHeartbeat('5000,5000', { sendMs: 0, expectMs: 0 })).toEqual({ sendMs: 0, expectMs: 0 });
  for (const bad of ['', '1', 'a,b', '-1,5', '1,2,3']) expect(negotiateHeartbeat(bad, own)).toBeNull();
});

test('CONNECT with a token asks the session to authenticate, and is answered when the user is known', () => {
  const client = stompClient();
  const told = client.frame('CONNECT', {
    'accept-version': '1.2,1.1,1.0',
    'heart-beat': '10000,10000',
    Authorization: 'Bearer a.b.c',
  });
  expect(told.commands).toEqual([{ type: 'auth', token: 'a.b.c' }]);
  expect(told.frames).toEqual([]);
  expect(told.steps[0]).toEqual({
    kind: 'note',
    note: 'stomp.connect',
    fields: { version: '1.2', tokenPresent: true },
  });
  expect(client.codec.heartbeat).toBeNull();
  expect(client.event(ready).frames).toEqual([
    {
      command: 'CONNECTED',
      headers: { version: '1.2', 'heart-beat': '10000,10000', session: 'c-1', server: 'gongu', 'user-name': 'ann' },
      body: '',
    },
  ]);
  expect(client.codec.heartbeat).toEqual({ sendMs: 10_000, expectMs: 10_000, text: '\n' });
});

test.each([
  ['STOMP', { passcode: 'a.b.c' }],
  ['CONNECT', { authorization: 'bearer a.b.c' }],
  ['CONNECT', { login: 'ann', passcode: 'a.b.c', host: 'somewhere.else' }],
  ['CONNECT', { Authorization: '', passcode: 'Bearer a.b.c' }],
])('%s with %j presents the token', (command, headers) => {
  expect(stompClient().frame(command, headers).commands).toEqual([{ type: 'auth', token: 'a.b.c' }]);
});

test('CONNECT without a token is enough where the upgrade carried one', () => {
  const client = stompClient();
  expect(client.event(ready).frames).toEqual([]);
  const { frames, commands } = client.frame('CONNECT', { 'accept-version': '1.1', login: 'guest', passcode: 'guest' });
  expect(frames[0]).toMatchObject({ command: 'CONNECTED', headers: { version: '1.1' } });
  expect(commands).toEqual([]);
});

test('CONNECT without any token is an ERROR and 4501', () => {
  const { frames, close } = stompClient().frame('CONNECT', { 'accept-version': '1.2', passcode: ' ' });
  expect(frames[0]).toMatchObject({ command: 'ERROR', headers: { message: 'UNAUTHENTICATED' } });
  expect(close).toEqual({ code: 4501, reason: 'UNAUTHENTICATED' });
});

test.each([
  ['UNAUTHENTICATED', 4501],
  ['TOKEN_EXPIRED', 4101],
  ['FORBIDDEN', 4501],
] as const)('a token refused as %s is an ERROR and %i', (code, closeCode) => {
  const client = stompClient();
  client.frame('CONNECT', { 'accept-version': '1.2', passcode: 'a.b.c' });
  const { frames, close } = client.event(errorEvent(code, 'The token is not valid'));
  expect(frames[0]).toMatchObject({ command: 'ERROR', headers: { message: code }, body: 'The token is not valid' });
  expect(close?.code).toBe(closeCode);
  expect(client.event(ready).frames).toEqual([]);
});

test('an expiry on a live connection is an ERROR even for a client that listens on its error queue', () => {
  const client = connected();
  client.frame('SUBSCRIBE', { id: 'e', destination: '/user/queue/errors' });
  const { frames, close } = client.event(errorEvent('TOKEN_EXPIRED', 'expired'));
  expect(frames[0]).toMatchObject({ command: 'ERROR', headers: { message: 'TOKEN_EXPIRED' } });
  expect(close?.code).toBe(4101);
});

test('no common version is an ERROR that names those spoken here', () => {
  const { frames, close } = stompClient().frame('CONNECT', { 'accept-version': '2.0', passcode: 'a.b.c' });
  expect(frames[0]).toMatchObject({ command: 'ERROR', headers: { version: '1.0,1.1,1.2' } });
  expect(close?.code).toBe(4500);
});

test('1.0 is what a client without accept-version speaks, and it has no heart-beats', () => {
  const client = stompClient();
  client.frame('CONNECT', { passcode: 'a.b.c', 'heart-beat': '5000,5000' });
  expect(client.event(ready).frames[0]!.headers).toEqual({
    version: '1.0',
    session: 'c-1',
    server: 'gongu',
    'user-name': 'ann',
  });
  expect(client.codec.heartbeat).toEqual({ sendMs: 0, expectMs: 0, text: '\n' });
});

test.each(['SUBSCRIBE', 'SEND', 'DISCONNECT', 'BOO'])('%s before CONNECT is an ERROR and the close', (command) => {
  const { frames, close } = stompClient().frame(command, { destination: '/topic/chat/r1', id: '1', receipt: 'r-1' });
  expect(frames[0]).toMatchObject({ command: 'ERROR', headers: { message: 'BAD_FRAME', 'receipt-id': 'r-1' } });
  expect(close?.code).toBe(4500);
});

test('a second CONNECT, a malformed heart-beat and a token beyond all measure are errors', () => {
  expect(connected().frame('CONNECT', { 'accept-version': '1.2' }).frames[0]).toMatchObject({ command: 'ERROR' });
  expect(stompClient().frame('CONNECT', { 'heart-beat': 'x' }).frames[0]).toMatchObject({ command: 'ERROR' });
  expect(stompClient().frame('CONNECT', { passcode: 'x'.repeat(9_000) }).close?.code).toBe(4501);
});

test('heart-beats are signs of life and nothing else', () => {
  expect(connected().raw('\n').steps).toEqual([{ kind: 'heartbeat' }]);
  expect(stompClient().raw('\r\n').steps).toEqual([{ kind: 'heartbeat' }]);
});

test('what is answered before CONNECTED waits for it', () => {
  const client = stompClient();
  client.frame('CONNECT', { 'accept-version': '1.2', passcode: 'a.b.c' });
  const early = client.frame('SUBSCRIBE', { id: 'e', destination: '/user/queue/errors', receipt: 'r-1' });
  expect(early.frames).toEqual([]);
  expect(client.event(ready).frames.map((frame) => frame.command)).toEqual(['CONNECTED', 'RECEIPT']);
});
