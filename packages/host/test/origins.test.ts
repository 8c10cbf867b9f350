import { expect, test } from 'vitest';
import { originOf } from '../src/http/origins.ts';
import { isLocalOrigin, isOriginAllowed } from '../src/index.ts';

const allowed = ['https://a.example', 'https://*.shop.example', 'http://*.localhost:5173'];

test.each([
  'https://m.shop.example',
  'https://a.b.shop.example',
  'https://A.Shop.Example',
  'http://x.localhost:5173',
  'https://a.example',
])('%s may call', (origin) => expect(isOriginAllowed(origin, allowed)).toBe(true));

test.each([
  ...['https://shop.example', 'http://m.shop.example', 'https://m.shop.example:8443', 'https://evilshop.example'],
  ...['https://m.shop.example.evil.kr', 'https://.shop.example', 'https://..shop.example', 'https://*.shop.example'],
  ...['https://evil.kr/.shop.example', 'https://evil.kr#.shop.example', 'https://u@m.shop.example', 'null', ''],
  ...['https://evil.kr:1.shop.example', 'https://x.localhost:5173', 'http://localhost:5173'],
])('%s may not', (origin) => expect(isOriginAllowed(origin, allowed)).toBe(false));

test.each([
  ...['http://localhost:5173', 'http://127.0.0.1:1', 'http://192.168.0.7:5173', 'http://10.1.2.3', 'http://[::1]:5173'],
  ...[
    'http://172.20.0.1',
    'http://app.localhost',
    'http://mac.local:5173',
    'capacitor://localhost',
    'http://gongu:5173',
  ],
  ...['http://*.localhost', 'http://[fd00::1]', 'http://[fe80::1]'],
])('%s is local', (origin) => expect(isLocalOrigin(origin)).toBe(true));

test.each([
  ...['https://gongu.kr', 'https://*.gongu.kr', 'http://203.0.113.5', 'https://172.32.0.1', 'https://[2001:db8::1]'],
  ...[
    'https://localhost.gongu.kr',
    'https://127.0.0.1.nip.io',
    'app://gongu.kr',
    'https://shop.example',
    'https://m.example.com',
  ],
])('%s is not local', (origin) => expect(isLocalOrigin(origin)).toBe(false));

test('a page without an origin is not local', () => {
  expect([isLocalOrigin('null'), isLocalOrigin('')]).toEqual([false, false]);
});

test.each([
  ...[
    'https://shop.example;https://m.shop.example',
    'https://shop.example|https://m.shop.example',
    'https://.shop.example',
  ],
  ...["https://'shop.example'", 'chrome-extension://abc?x', 'capacitor://localhost;x', 'app://a b', 'intent://x#y'],
])('%s is no origin', (text) => expect(originOf(text)).toBeUndefined());

test.each([
  ...[
    'https://shop_a.example',
    'https://shop.example.',
    'https://[2001:db8::1]:8443',
    'https://*.a_b.example',
    'file://',
  ],
  ...['capacitor://localhost', 'app://.', 'chrome-extension://abc', 'com.example.app://x:80', 'https://127.0.0.1'],
])('%s is one', (text) => expect(originOf(text)).toBe(text));
