import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { plainAddress, plainForwardedFor } from '../src/http/forwarded-for.ts';
import { clientAddress, createHttp, type Http } from '../src/index.ts';
import { logLines } from './fixture/log-lines.ts';

const service = { name: 'test', description: 'A service for tests', version: '1.0.0' };
let app: Http;
afterEach(() => app?.close());

/** What the service takes the address to be, as it logs it and as it counts by it. */
async function seen(trustProxy: boolean | string[], remoteAddress: string, forwardedFor?: string) {
  app = createHttp({ log: logLines().log, service, allowedOrigins: '*', trustProxy });
  app.get('/who', async (request) => ({ ip: request.ip, client: clientAddress(request) }));
  const headers = forwardedFor === undefined ? {} : { 'x-forwarded-for': forwardedFor };
  const answer = (await app.inject({ url: '/who', remoteAddress, headers })).json();
  await app.close();
  return answer;
}

test.each([
  ['203.0.113.5', '203.0.113.5'],
  [' 203.0.113.5 ', '203.0.113.5'],
  ['203.0.113.5:4711', '203.0.113.5'],
  ['203.0.113.5:', '203.0.113.5'],
  ['2001:db8::1', '2001:db8::1'],
  ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
  ['[2001:db8::1]', '2001:db8::1'],
  ['[2001:db8::1]:4711', '2001:db8::1'],
  ['"[2001:db8::1]:4711"', '2001:db8::1'],
  ['fe80::1%eth0', 'fe80::1'],
  ['[fe80::1%25eth0]:4711', 'fe80::1'],
  ['::ffff:203.0.113.5', '203.0.113.5'],
  ['[::ffff:cb00:7105]:80', '203.0.113.5'],
  ['::1', '::1'],
  ['::', '::'],
])('%j is the address %s', (text, address) => expect(plainAddress(text)).toBe(address));

test.each([
  ...['', 'unknown', '_hidden', 'shop.example', 'shop.example:80', '999.0.0.1', '010.0.0.1', '1.2.3', '1.2.3.4.5'],
  ...['203.0.113.5:471100', '203.0.113.5:port', '203.0.113.5%eth0', '203.0.113.5 4711', '[203.0.113', '[]', '[]:80'],
  ...['[2001:db8::1', '2001:db8::1]:80', '[2001:db8::1]x', '[2001:db8::1]:x', '2001:db8::1::2', '-', 'null'],
  ...['<script>', '203.0.113.5/24', '0x7f.1', '::ffff:999.0.0.1', '[[::1]]'],
])('%j is no address', (text) => expect(plainAddress(text)).toBeUndefined());

test('any text is an address in plain form or none, and a plain one stays as it is', () => {
  const address = fc.oneof(fc.ipV4(), fc.ipV6());
  const port = fc.integer({ min: 0, max: 65_535 });
  const spelled = fc.tuple(address, port).map(([one, at]) => (one.includes(':') ? `[${one}]:${at}` : `${one}:${at}`));
  fc.assert(
    fc.property(fc.oneof(address, spelled, fc.string()), (text) => {
      const plain = plainAddress(text);
      if (plain !== undefined) expect(plainAddress(plain)).toBe(plain);
    }),
  );
  fc.assert(fc.property(address, (one) => plainAddress(one) !== undefined));
  fc.assert(fc.property(spelled, (one) => plainAddress(one) !== undefined));
});

test('what stands before something that is no address is left out', () => {
  expect(plainForwardedFor('203.0.113.5:4711, 10.0.0.1')).toBe('203.0.113.5, 10.0.0.1');
  expect(plainForwardedFor('198.51.100.7, unknown, 203.0.113.5:1, [fe80::1%eth0]:2')).toBe('203.0.113.5, fe80::1');
  expect(plainForwardedFor(' ,, 203.0.113.5 , ,')).toBe('203.0.113.5');
  expect(plainForwardedFor('203.0.113.5, junk')).toBe('');
  expect(plainForwardedFor('')).toBe('');
});

describe('whose address a request has', () => {
  test.each([
    ['203.0.113.5:4711', '203.0.113.5'],
    ['[2001:db8::1]:4711', '2001:db8::1'],
    ['203.0.113.5:4711, 10.0.0.7:80', '203.0.113.5'],
    ['198.51.100.9, 203.0.113.5:4711, 10.0.0.7', '203.0.113.5'],
    ['198.51.100.9, 203.0.113.5, [::ffff:10.0.0.7]:80', '203.0.113.5'],
    ['fe80::1%eth0, 203.0.113.5, 127.0.0.1:1', '203.0.113.5'],
    ['10.0.0.1', '10.0.0.1'],
  ])('a trusted proxy that says %j tells of %s', async (header, address) => {
    expect(await seen(['loopback', '10.0.0.0/8'], '127.0.0.1', header)).toEqual({ ip: address, client: address });
  });

  test('a trusted proxy that names nobody is seen itself, and is not counted as one client', async () => {
    for (const header of ['unknown', '203.0.113.5, unknown', '', ', ,', undefined]) {
      expect(await seen(['loopback'], '127.0.0.1', header)).toEqual({ ip: '127.0.0.1', client: null });
    }
  });

  test('who is not trusted is seen himself, whatever he says', async () => {
    for (const trust of [false, ['10.0.0.0/8']]) {
      expect(await seen(trust, '198.51.100.1', '203.0.113.5:4711')).toEqual({
        ip: '198.51.100.1',
        client: '198.51.100.1',
      });
    }
  });

  test('with everybody trusted it is the first address behind which all are addresses', async () => {
    expect((await seen(true, '192.0.2.1', '203.0.113.5:4711, 198.51.100.1:80')).client).toBe('203.0.113.5');
    expect((await seen(true, '192.0.2.1', 'forged, 203.0.113.5:4711, 198.51.100.1:80')).client).toBe('203.0.113.5');
  });

  test('a private peer may be a proxy for everybody, one on the internet is a client', async () => {
    for (const peer of ['127.0.0.1', '::ffff:10.0.0.1', '::1', 'fe80::1%eth0', 'fd00::1', '172.31.0.1', '100.64.0.1']) {
      expect((await seen(false, peer)).client).toBeNull();
    }
    expect((await seen(false, '::ffff:203.0.113.5')).client).toBe('203.0.113.5');
    expect((await seen(false, '2001:db8::1')).client).toBe('2001:db8::1');
  });
});
