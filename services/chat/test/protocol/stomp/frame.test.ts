import { expect, test } from 'vitest';
import { escapeHeader, headerLine, stompBytes, stompText, unescapeHeader } from '../../../src/protocol/stomp/frame.ts';
import { readAll } from '../../fixture/stomp-reader.ts';

test('a frame is written as the specification has it', () => {
  expect(stompText('MESSAGE', [['a', 'x:y']], '안녕', '1.2')).toBe('MESSAGE\na:x\\cy\ncontent-length:6\n\n안녕\0');
  expect(stompText('RECEIPT', [['receipt-id', '1']], '', '1.2')).toBe('RECEIPT\nreceipt-id:1\n\n\0');
});

test('CONNECTED is not escaped in any version, and still one line a header', () => {
  expect(stompText('CONNECTED', [['user-name', 'a:b\\\nc']], '', '1.2')).toBe('CONNECTED\nuser-name:a:b\\ c\n\n\0');
});

test('a content-length among the headers gives way to the counted one', () => {
  expect(stompText('SEND', [['content-length', '99']], 'x', '1.2')).toBe('SEND\ncontent-length:1\n\nx\0');
});

test('what a version can not say becomes a space', () => {
  expect(escapeHeader('a\r\nb\0c', '1.0')).toBe('a  b c');
  expect(escapeHeader('a\r\nb\0c', '1.1')).toBe('a \\nb c');
  expect(escapeHeader('a\r\nb\0c', '1.2')).toBe('a\\r\\nb c');
  expect(headerLine('a:b', 'c', '1.0')).toBe('a b:c\n');
});

test('an unknown escape has no text', () => {
  expect(unescapeHeader('a\\tb', '1.2')).toBeNull();
  expect(unescapeHeader('a\\', '1.1')).toBeNull();
  expect(unescapeHeader('a\\r', '1.1')).toBeNull();
  expect(unescapeHeader('a\\t', '1.0')).toBe('a\\t');
});

test('a body of any bytes goes through', () => {
  const body = Uint8Array.from({ length: 256 }, (_, i) => i);
  const bytes = stompBytes('SEND', [['destination', '/a']], body, '1.2');
  expect(readAll([bytes], { version: '1.2' })).toMatchObject([{ body: Buffer.from(body).toString('utf8') }]);
});
