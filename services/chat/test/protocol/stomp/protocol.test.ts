import { expect, test } from 'vitest';
import { detectProtocol } from '../../../src/protocol/detect.ts';
import { createJsonProtocol } from '../../../src/protocol/json.ts';
import { createDestinations } from '../../../src/protocol/stomp/destination.ts';
import { createStompProtocol } from '../../../src/protocol/stomp/protocol.ts';
import { ready } from '../../fixture/stomp-client.ts';
import { framesOf } from '../../fixture/stomp-reader.ts';

const stomp = createStompProtocol({ destinations: createDestinations() });
const kinds = [createJsonProtocol({ contentChars: 100 }), stomp];

test('the subprotocols are offered highest first', () => {
  expect(stomp.subprotocols).toEqual(['v12.stomp', 'v11.stomp', 'v10.stomp']);
});

test.each([
  '\n',
  '\r\n',
  'CONNECT\n',
  'CONNECT\r\naccept-version:1.2',
  'STOMP\n',
  'SEND\n\n\0',
  'CON',
  'S',
  'UNSUBSCRIBE\nid:1',
])('%j is the beginning of STOMP, as text and as bytes', (start) => {
  expect(stomp.sniff(start)).toBe(true);
  expect(stomp.sniff(Buffer.from(start))).toBe(true);
});

test.each([
  '',
  '{"type":"auth"}',
  '["a"]',
  'o',
  'connect\n',
  'GET / HTTP/1.1\r\n',
  'HELLO',
  'CONNECTX\n',
  ' CONNECT',
  '\0',
  '안녕',
])('%j is not', (start) => {
  expect(stomp.sniff(start)).toBe(false);
  expect(stomp.sniff(Buffer.from(start))).toBe(false);
});

test('a socket without subprotocol speaks what its first frame speaks, and knows the user of the upgrade', () => {
  const codec = detectProtocol(kinds, null);
  expect(codec.render(ready).texts).toEqual([]);
  expect([...codec.receive('')]).toEqual([]);
  const steps = [...codec.receive('CONNECT\naccept-version:1.2\nheart-beat:1000,20000\n\n\0')];
  expect(codec.protocol).toBe('stomp');
  expect(steps.map((step) => step.kind)).toEqual(['note', 'reply']);
  expect(codec.heartbeat).toEqual({ sendMs: 20_000, expectMs: 10_000, text: '\n' });
});

test('a JSON client of an upgrade with a token is told ready before its first answer', () => {
  const codec = detectProtocol(kinds, null);
  codec.render(ready);
  const steps = [...codec.receive('{"type":"ping"}')];
  expect(steps.map((step) => step.kind)).toEqual(['reply', 'command']);
  expect(JSON.parse((steps[0] as { text: string }).text)).toEqual(ready);
  expect(codec.render({ type: 'connections', count: 3 }).texts).toEqual([]);
});

test('after the preamble, CONNECTED is a frame of its own for a parser that took the o of SockJS', () => {
  expect(framesOf([`o${stomp.preamble}`.replace('o', 'O'), 'CONNECTED\nversion:1.2\n\n\0'])).toMatchObject([
    { command: 'O', body: '' },
    { command: 'CONNECTED' },
  ]);
});
