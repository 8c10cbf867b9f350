import { errorEvent } from '@gongu/shared';
import { describe, expect, test } from 'vitest';
import { connected } from '../../fixture/stomp-client.ts';

const ack = (ref: string | undefined) => ({
  type: 'ack' as const,
  ref,
  roomId: 'r1',
  seq: 1,
  messageId: 'r1:1',
  clientMessageId: 'c',
  createdAt: '',
  duplicate: false,
});
const send = (headers: Record<string, string>, body: string, options = {}) =>
  connected(options).frame('SEND', { destination: '/app/chat/r1', ...headers }, body);

describe('SEND', () => {
  test.each(['/app/chat/r1', '/pub/couple/r1', '/topic/chat/r1'])('to %s is a message', (destination) => {
    const body = JSON.stringify({ content: '안녕', clientMessageId: 'c-1', replyTo: 'r1:3', timestamp: 5 });
    expect(send({ destination }, body).commands).toEqual([
      { type: 'send', ref: 's1', roomId: 'r1', clientMessageId: 'c-1', content: '안녕', replyTo: 'r1:3' },
    ]);
  });

  test('a text that is no JSON is the message itself', () => {
    expect(send({}, '안녕 {공구}').commands).toMatchObject([{ content: '안녕 {공구}', clientMessageId: 'id-1' }]);
    expect(send({}, '42').commands).toMatchObject([{ content: '42' }]);
    expect(send({ 'content-type': 'text/plain' }, '{"a":1}').commands).toMatchObject([{ content: '{"a":1}' }]);
  });

  test.each([undefined, 'application/json', 'text/plain;charset=UTF-8'])(
    'a JSON body is read under content-type %s',
    (type) => {
      const headers: Record<string, string> = type === undefined ? {} : { 'content-type': type };
      expect(send(headers, '{"content":"a"}').commands).toMatchObject([{ content: 'a' }]);
      expect(send(headers, '{"message":"b"}').commands).toMatchObject([{ content: 'b' }]);
    },
  );

  test('a JSON text under application/json is the message', () => {
    expect(send({ 'content-type': 'application/json;charset=utf-8' }, '"a"').commands).toMatchObject([
      { content: 'a' },
    ]);
  });

  test('/pub/chat names the room in the body, else it is the lobby', () => {
    const to = { destination: '/pub/chat' };
    expect(send(to, '{"roomId":"r9","content":"a"}').commands).toMatchObject([{ roomId: 'r9' }]);
    expect(send(to, '{"roomId":7,"message":"a"}').commands).toMatchObject([{ roomId: '7', content: 'a' }]);
    expect(send(to, '{"content":"a"}', { lobbyRoomId: 'lobby' }).commands).toMatchObject([{ roomId: 'lobby' }]);
    expect(send(to, '{"content":"a"}').frames[0]!.body).toContain('roomId: is missing');
  });

  test('read and typing', () => {
    expect(send({ destination: '/app/chat/r1/read' }, '{"seq":5}').commands).toMatchObject([
      { type: 'read', roomId: 'r1', seq: 5 },
    ]);
    expect(send({ destination: '/pub/couple/r1/read' }, '{"messageId":"r1:6"}').commands).toMatchObject([
      { type: 'read', roomId: 'r1', seq: 6 },
    ]);
    expect(send({ destination: '/app/chat/r1/typing' }, '{"typing":true}').commands).toMatchObject([
      { type: 'typing', roomId: 'r1', typing: true },
    ]);
  });

  test('the receipt comes with the acknowledgement, not before', () => {
    const client = connected();
    const told = client.frame('SEND', { destination: '/app/chat/r1', receipt: 'r-1' }, 'a');
    expect(told.frames).toEqual([]);
    expect(client.event(ack(told.commands[0]!.ref)).frames).toEqual([
      { command: 'RECEIPT', headers: { 'receipt-id': 'r-1' }, body: '' },
    ]);
    const silent = client.frame('SEND', { destination: '/app/chat/r1' }, 'b');
    expect(client.event(ack(silent.commands[0]!.ref)).frames).toEqual([]);
  });

  test('read and typing are confirmed only where a receipt is asked for', () => {
    const client = connected();
    const silent = client.frame('SEND', { destination: '/app/chat/r1/typing' }, '{"typing":true}');
    expect(silent.steps).toEqual([{ kind: 'command', command: { type: 'typing', roomId: 'r1', typing: true } }]);
    const told = client.frame('SEND', { destination: '/app/chat/r1/read', receipt: 'r' }, '{"seq":1}');
    expect(told.steps).toMatchObject([{ kind: 'command', confirm: true }]);
    expect(told.frames).toEqual([]);
    expect(client.event({ type: 'ok', ref: told.commands[0]!.ref }).frames[0]!.headers['receipt-id']).toBe('r');
  });

  test.each([
    ['a wrong field', { 'content-type': 'application/json' }, '{"text":"a"}', 'VALIDATION_FAILED'],
    ['an object without a text', {}, '{"text":"a"}', 'VALIDATION_FAILED'],
    ['broken JSON', { 'content-type': 'application/json' }, '{"content":', 'VALIDATION_FAILED'],
    ['an empty body', {}, '', 'VALIDATION_FAILED'],
    ['a text too long', {}, 'x'.repeat(4_001), 'VALIDATION_FAILED'],
    ['a lone surrogate', {}, '{"content":"\\ud83c"}', 'VALIDATION_FAILED'],
    ['a clientMessageId that is none', {}, '{"content":"a","clientMessageId":5}', 'VALIDATION_FAILED'],
    ['an unknown destination', { destination: '/app/nowhere' }, 'a', 'NOT_FOUND'],
    ['a read mark without seq', { destination: '/app/chat/r1/read' }, '{}', 'VALIDATION_FAILED'],
    ['a read mark of another room', { destination: '/app/chat/r1/read' }, '{"messageId":"r2:1"}', 'VALIDATION_FAILED'],
    ['a typing that is no JSON', { destination: '/app/chat/r1/typing' }, 'true', 'VALIDATION_FAILED'],
  ])('%s is told on the error queue, and ends a connection that has none', (_, headers, body, code) => {
    const frame = { destination: '/app/chat/r1', receipt: 'r', ...headers };
    const listening = connected();
    listening.frame('SUBSCRIBE', { id: 'e', destination: '/user/queue/errors' });
    const told = listening.frame('SEND', frame, body);
    expect(told.frames).toMatchObject([
      { command: 'MESSAGE', headers: { subscription: 'e', destination: '/user/queue/errors', 'receipt-id': 'r' } },
    ]);
    expect(JSON.parse(told.frames[0]!.body)).toMatchObject({ type: 'about:blank', code });
    expect(told.close).toBeNull();

    const deaf = connected().frame('SEND', frame, body);
    expect(deaf.frames).toMatchObject([{ command: 'ERROR', headers: { message: code, 'receipt-id': 'r' } }]);
    expect(deaf.close).toEqual({ code: 4500, reason: code });
  });

  test('a body that is no UTF-8 is refused', () => {
    const bytes = Buffer.concat([Buffer.from('SEND\ndestination:/app/chat/r1\n\n'), Buffer.from([0xff, 0])]);
    expect(connected().raw(bytes).frames[0]!.body).toContain('UTF-8');
  });

  test('without destination is malformed', () => {
    expect(connected().frame('SEND', {}, 'a').frames[0]!.headers.message).toBe('BAD_FRAME');
  });

  test('a refusal by the domain names the receipt of its frame', () => {
    const client = connected();
    client.frame('SUBSCRIBE', { id: 'e', destination: '/user/queue/errors' });
    const [command] = client.frame('SEND', { destination: '/app/chat/r1', receipt: 'r-9' }, 'a').commands;
    const { frames } = client.event(
      errorEvent('RATE_LIMITED', 'Too many', { ref: command!.ref, roomId: 'r1', retryAfterMs: 800 }),
    );
    expect(frames[0]!.headers).toMatchObject({
      subscription: 'e',
      'receipt-id': 'r-9',
      'content-type': 'application/json',
    });
    expect(JSON.parse(frames[0]!.body)).toMatchObject({ code: 'RATE_LIMITED', status: 429, retryAfterMs: 800 });
  });

  test('frames without an answer are bounded', () => {
    const client = connected({ limits: { pending: 2 } });
    client.frame('SUBSCRIBE', { id: 'e', destination: '/user/queue/errors' });
    const refs = [1, 2].map(() => client.frame('SEND', { destination: '/app/chat/r1' }, 'a').commands[0]!.ref);
    const third = client.frame('SEND', { destination: '/app/chat/r1' }, 'a');
    expect(third.commands).toEqual([]);
    expect(JSON.parse(third.frames[0]!.body)).toMatchObject({ code: 'RATE_LIMITED' });
    client.event(ack(refs[0]));
    expect(client.frame('SEND', { destination: '/app/chat/r1' }, 'a').commands).toHaveLength(1);
  });
});

describe('other commands', () => {
  test.each(['BEGIN', 'COMMIT', 'ABORT'])('%s is refused by a clear ERROR', (command) => {
    const { frames, close } = connected().frame(command, { transaction: 't-1', receipt: 'r' });
    expect(frames[0]).toMatchObject({ command: 'ERROR', headers: { 'receipt-id': 'r' } });
    expect(frames[0]!.body).toContain('no transactions');
    expect(close?.code).toBe(4500);
  });

  test('a SEND within a transaction is refused alike', () => {
    expect(send({ transaction: 't-1' }, 'a').frames[0]!.body).toContain('no transactions');
  });

  test.each(['ACK', 'NACK'])('%s is accepted and changes nothing', (command) => {
    const told = connected().frame(command, { id: 'x', receipt: 'r' });
    expect(told.frames).toMatchObject([{ command: 'RECEIPT', headers: { 'receipt-id': 'r' } }]);
    expect(told.commands).toEqual([]);
  });

  test.each(['MESSAGE', 'CONNECTED', 'RECEIPT', 'PING'])('%s from a client is unknown', (command) => {
    const { frames, close } = connected().frame(command);
    expect(frames[0]).toMatchObject({ command: 'ERROR', headers: { message: 'UNKNOWN_TYPE' } });
    expect(close?.code).toBe(4500);
  });

  test('a frame beyond the ceiling is an ERROR and 1009', () => {
    const client = connected({ limits: { frame: { frameBytes: 100 } } });
    const { frames, close } = client.frame('SEND', { destination: '/app/chat/r1', receipt: 'r' }, 'x'.repeat(100));
    expect(frames[0]).toMatchObject({ command: 'ERROR', headers: { message: 'TOO_LARGE', 'receipt-id': 'r' } });
    expect(close?.code).toBe(1009);
    expect(client.raw('SEND\n\n\0').steps).toEqual([]);
  });
});

describe('DISCONNECT', () => {
  test('is answered by its receipt, and the client closes', () => {
    const client = connected();
    const told = client.frame('DISCONNECT', { receipt: 'close-1' });
    expect(told.frames).toEqual([{ command: 'RECEIPT', headers: { 'receipt-id': 'close-1' }, body: '' }]);
    expect(told.close).toBeNull();
    expect(client.frame('SEND', { destination: '/app/chat/r1' }, 'a').steps).toEqual([]);
  });

  test('its receipt waits for everything that came before', () => {
    const client = connected();
    const refs = ['a', 'b'].map((body) => client.frame('SEND', { destination: '/app/chat/r1' }, body).commands[0]!.ref);
    expect(client.frame('DISCONNECT', { receipt: 'bye' }).frames).toEqual([]);
    expect(client.event(ack(refs[0])).frames).toEqual([]);
    expect(client.event(ack(refs[1])).frames).toMatchObject([{ headers: { 'receipt-id': 'bye' } }]);
  });

  test('without a receipt is closed at once', () => {
    expect(connected().frame('DISCONNECT').close).toEqual({ code: 1000, reason: 'disconnected' });
  });

  test('without a receipt waits for what was said before, and takes no more', () => {
    const client = connected();
    const ref = client.frame('SEND', { destination: '/app/chat/r1' }, 'a').commands[0]!.ref;
    expect(client.frame('DISCONNECT').close).toBeNull();
    expect(client.frame('SEND', { destination: '/app/chat/r1' }, 'b').steps).toEqual([]);
    expect(client.event(ack(ref)).close).toEqual({ code: 1000, reason: 'disconnected' });
  });
});
