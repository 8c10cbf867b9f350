import { describe, expect, test } from 'vitest';
import type { StompVersion } from '../../../src/protocol/stomp/frame.ts';
import { STOMP_FRAME_LIMITS, StompParser } from '../../../src/protocol/stomp/parser.ts';
import { readAll } from '../../fixture/stomp-reader.ts';

const broken = (code: string, receipt: string | null = null) => ({
  kind: 'broken',
  code,
  receipt,
  message: expect.any(String),
});
const inTwoPieces = (bytes: Uint8Array, at: number) => [bytes.subarray(0, at), bytes.subarray(at)];

describe('frames', () => {
  test('a frame has a command, headers and a body', () => {
    expect(readAll(['SEND\ndestination:/app/chat/r1\nx: y \n\nhello\0'])).toEqual([
      { command: 'SEND', headers: { destination: '/app/chat/r1', x: ' y ' }, body: 'hello' },
    ]);
  });

  test('a text chunk and a binary one say the same', () => {
    const text = 'SEND\ndestination:/a\n\n안녕\0';
    expect(readAll([Buffer.from(text)])).toEqual(readAll([text]));
  });

  test('several frames and line ends may share a chunk', () => {
    const found = readAll(['\n\nCONNECT\n\n\0\n\r\nSEND\ndestination:/a\n\nx\0\n\nDISCONNECT\n\n\0\n']);
    expect(found.map((each) => 'command' in each && each.command)).toEqual(['CONNECT', 'SEND', 'DISCONNECT']);
  });

  test('a frame may be cut at any byte, also inside a Korean character', () => {
    const bytes = Buffer.from('SEND\r\ndestination:/app/chat/공구\r\ncontent-length:6\r\n\r\n안녕\0');
    const whole = readAll([bytes]);
    for (let at = 0; at <= bytes.length; at++) expect(readAll(inTwoPieces(bytes, at))).toEqual(whole);
    expect(readAll([...bytes].map((byte) => Uint8Array.of(byte)))).toEqual(whole);
  });

  test('texts may be cut between the halves of a character', () => {
    const text = 'SEND\ndestination:/a\n\n🍊!\0';
    for (let at = 0; at <= text.length; at++) {
      expect(readAll([text.slice(0, at), text.slice(at)])[0]).toMatchObject({ body: '🍊!' });
    }
  });

  test('half a character that is never completed becomes a replacement character', () => {
    expect(readAll(['SEND\n\n\ud83c', 'x\0'])).toMatchObject([{ body: '\ufffdx' }]);
    expect(readAll(['SEND\n\n\ud83c', Buffer.from('x\0')])).toMatchObject([{ body: '\ufffdx' }]);
  });

  test('content-length counts bytes, and then the body may hold NUL', () => {
    expect(readAll(['SEND\ncontent-length:7\n\n안\0\0귤\0'])).toEqual([broken('BAD_FRAME')]);
    expect(readAll(['SEND\ncontent-length:8\n\n안\0\0귤\0'])).toMatchObject([{ body: '안\0\0귤' }]);
    expect(readAll(['SEND\ncontent-length:0\n\n\0'])).toMatchObject([{ body: '' }]);
  });

  test('a body without content-length ends at the first NUL', () => {
    expect(readAll(['SEND\n\na\nb\n\nc\0', 'SEND\n\n', 'd', 'e\0'])).toMatchObject([
      { body: 'a\nb\n\nc' },
      { body: 'de' },
    ]);
  });

  test('of repeated headers the first wins', () => {
    expect(readAll(['SEND\nfoo:first\nfoo:second\ncontent-length:1\ncontent-length:9\n\nx\0'])).toMatchObject([
      { headers: { foo: 'first' }, body: 'x' },
    ]);
  });

  test('a header named like a property of objects is a header', () => {
    const parser = new StompParser(STOMP_FRAME_LIMITS);
    const values: (string | undefined)[] = [];
    for (const input of parser.read('SEND\n__proto__:x\nconstructor:y\n\n\0')) {
      if (input.kind === 'frame')
        values.push(input.frame.headers.get('__proto__'), input.frame.headers.get('toString'));
    }
    expect(values).toEqual(['x', undefined]);
  });

  test('a chunk of line ends between frames is a heart-beat, and within a body it is not', () => {
    expect(readAll(['\n', '\r\n', 'SEND\n\nx', '\n', '\0\n'])).toEqual([
      { kind: 'heartbeat' },
      { kind: 'heartbeat' },
      expect.objectContaining({ body: 'x\n' }),
    ]);
    expect(readAll(['', new Uint8Array(0)])).toEqual([]);
  });
});

describe('versions', () => {
  const escaped = 'SEND\na\\cb:1\\n2\\\\3\\c4\n\n\0';

  test('1.0 has no escapes, 1.1 and 1.2 unescape names and values (STOMP 1.2, Value Encoding)', () => {
    expect(readAll([escaped], { version: '1.0' })).toMatchObject([{ headers: { 'a\\cb': '1\\n2\\\\3\\c4' } }]);
    for (const version of ['1.1', '1.2'] as const) {
      expect(readAll([escaped], { version })).toMatchObject([{ headers: { 'a:b': '1\n2\\3:4' } }]);
    }
  });

  test('a carriage return is an escape of 1.2 only', () => {
    expect(readAll(['SEND\na:\\r\n\n\0'], { version: '1.2' })).toMatchObject([{ headers: { a: '\r' } }]);
    expect(readAll(['SEND\na:\\r\n\n\0'], { version: '1.1' })).toEqual([broken('BAD_FRAME')]);
  });

  test.each(['\\t', '\\', '\\x', '\\N', '\\ '])('the escape %j is fatal', (unknown) => {
    expect(readAll([`SEND\nreceipt:r-1\na:${unknown}\n\n\0`], { version: '1.2' })).toEqual([
      broken('BAD_FRAME', 'r-1'),
    ]);
  });

  test.each(['CONNECT', 'STOMP', 'CONNECTED'])('%s is never unescaped', (command) => {
    expect(readAll([`${command}\npasscode:a\\cb\\t\n\n\0`], { version: '1.2' })).toMatchObject([
      { headers: { passcode: 'a\\cb\\t' } },
    ]);
  });

  test('CRLF ends lines in 1.2 and before the version is known; in 1.0 and 1.1 the CR belongs to the value', () => {
    const frame = 'SEND\na:b\r\n\n\0';
    expect(readAll([frame], { version: '1.2' })).toMatchObject([{ headers: { a: 'b' } }]);
    expect(readAll([frame], { version: null })).toMatchObject([{ headers: { a: 'b' } }]);
    expect(readAll([frame], { version: '1.1' })).toMatchObject([{ headers: { a: 'b\r' } }]);
    expect(readAll(['SEND\r\n\r\n\0'], { version: '1.1' })).toEqual([broken('BAD_FRAME')]);
    expect(readAll(['SEND\na:b\rc\n\n\0'], { version: '1.2' })).toEqual([broken('BAD_FRAME')]);
  });

  test('a version set while a frame is handled counts for the next one of the same chunk', () => {
    const parser = new StompParser(STOMP_FRAME_LIMITS);
    const headers: (string | undefined)[] = [];
    for (const input of parser.read('CONNECT\na:\\c\n\n\0SEND\na:\\c\n\n\0')) {
      if (input.kind === 'frame') headers.push(input.frame.headers.get('a'));
      parser.version = '1.2';
    }
    expect(headers).toEqual(['\\c', ':']);
  });

  test('only SEND, MESSAGE and ERROR have a body from 1.1 on', () => {
    for (const version of ['1.1', '1.2'] as const) {
      expect(readAll(['SUBSCRIBE\nid:1\n\nx\0'], { version })).toEqual([broken('BAD_FRAME')]);
      expect(readAll(['SUBSCRIBE\nid:1\ncontent-length:1\n\nx\0'], { version })).toEqual([broken('BAD_FRAME')]);
      expect(readAll(['SUBSCRIBE\nid:1\ncontent-length:0\n\n\0'], { version })).toHaveLength(1);
      expect(readAll(['ERROR\n\nx\0'], { version })).toMatchObject([{ body: 'x' }]);
    }
    expect(readAll(['SUBSCRIBE\n\nx\0'], { version: '1.0' })).toMatchObject([{ body: 'x' }]);
  });
});

describe('what is no STOMP', () => {
  test.each([
    ['a lower-case command', 'send\n\n\0'],
    ['a command with other characters', 'SEND-NOW\n\n\0'],
    ['JSON', '{"type":"auth"}'],
    ['HTTP', 'GET / HTTP/1.1\r\n\r\n'],
    ['a NUL between frames', '\0'],
    ['a NUL within the headers', 'SEND\na:b\0'],
    ['a header without colon', 'SEND\nabc\n\n\0'],
    ['a header without name', 'SEND\n:b\n\n\0'],
    ['a content-length that is no number', 'SEND\ncontent-length:-1\n\n\0'],
    ['a body longer than its content-length', 'SEND\ncontent-length:1\n\nab\0'],
    ['headers that are not UTF-8', Buffer.from([...Buffer.from('SEND\na:'), 0xff, 0x0a, 0x0a, 0])],
  ])('%s ends the stream', (_, chunk) => {
    const version: StompVersion = '1.2';
    expect(readAll([chunk, 'SEND\n\n\0'], { version })).toEqual([broken('BAD_FRAME')]);
  });

  test('garbage is refused at its first byte, not at the ceiling', () => {
    expect(readAll(['<'])).toEqual([broken('BAD_FRAME')]);
    expect(readAll(['A'.repeat(33)])).toEqual([broken('BAD_FRAME')]);
  });
});

describe('ceilings', () => {
  const limits = { headers: 3, headerBytes: 60, bodyBytes: 20, frameBytes: 70 };
  const frame = (headers: string, body = '') => `SEND\n${headers}\n${body}\0`;

  test('as much as is allowed is read', () => {
    expect(readAll([frame('a:1\nb:2\nc:3\n', 'x'.repeat(20))], { limits })).toHaveLength(1);
    expect(readAll([frame(`a:${'x'.repeat(51)}\n`)], { limits })).toMatchObject([{ command: 'SEND' }]);
  });

  test.each([
    ['one header too many', frame('a:1\nb:2\nc:3\nd:4\n')],
    ['one repeated header too many', frame('a:1\na:2\na:3\na:4\n')],
    ['one header byte too many', frame(`a:${'x'.repeat(52)}\n`)],
    ['one body byte too many', frame('', 'x'.repeat(21))],
    ['a content-length beyond the body ceiling, before the body has come', 'SEND\ncontent-length:21\n\n'],
    ['a frame beyond its ceiling', frame(`a:${'x'.repeat(48)}\n`, 'x'.repeat(20))],
    ['an announced frame beyond its ceiling', `SEND\na:${'x'.repeat(30)}\ncontent-length:20\n\n`],
  ])('%s is too much', (_, text) => {
    expect(readAll([text], { limits })).toEqual([broken('TOO_LARGE')]);
    expect(readAll([...text], { limits })).toEqual([broken('TOO_LARGE')]);
  });

  test('an unfinished frame keeps no more than the ceiling, however it trickles in', () => {
    const parser = new StompParser(STOMP_FRAME_LIMITS);
    let over = false;
    expect([...parser.read('SEND\n\n')]).toEqual([]);
    for (let i = 0; i < 200_000 && !over; i++) {
      for (const input of parser.read('xx')) over = input.kind === 'broken';
      expect(parser.pendingBytes).toBeLessThanOrEqual(STOMP_FRAME_LIMITS.frameBytes);
    }
    expect(over).toBe(true);
    expect(parser.pendingBytes).toBe(0);
  });
});
