import type { Product, ProductChange, Purchase } from '@gongu/shared';
import { describe, expect, test } from 'vitest';
import { contentPolicy } from '../server/content-policy.ts';
import { serviceUrls } from '../server/service-urls.ts';
import { createServerClock } from '../src/clock/server-clock.ts';
import { english } from '../src/i18n/english.ts';
import { money, remaining } from '../src/i18n/format.ts';
import { korean } from '../src/i18n/korean.ts';
import { applyChange, applyToPages, hasProduct, newer, newerPages } from '../src/products/apply-change.ts';
import { ownPicture } from '../src/products/picture.ts';
import { findRoute } from '../src/routing/Routes.tsx';
import { openRoomOf, safePath, signInPath } from '../src/ui/paths.ts';

const ports = { chatPort: 8080, tradePort: 8081 };

describe('where the page finds the services', () => {
  test.each([
    ['localhost:5173', 'localhost'],
    ['192.168.0.4:5173', '192.168.0.4'],
    ['shop.example', 'shop.example'],
    ['[::1]:5173', '[::1]'],
  ])('by the name %s by which the browser came', (host, name) => {
    expect(serviceUrls(host, ports)).toEqual({ chatUrl: `http://${name}:8080`, tradeUrl: `http://${name}:8081` });
  });

  test.each([
    undefined,
    '',
    "evil; script-src 'unsafe-inline'",
    'a b',
    'x\r\nset-cookie: a=b',
    'evil/..',
    '*',
    '[::1',
    '-x-',
  ])('and nothing else of a Host header gets into an address or a policy: %j', (host) => {
    const urls = serviceUrls(host, ports);
    expect(urls.chatUrl).toBe('http://127.0.0.1:8080');
    expect(contentPolicy(urls)).toMatch(
      /connect-src 'self' http:\/\/127\.0\.0\.1:8080 ws:\/\/127\.0\.0\.1:8080 http:\/\/127\.0\.0\.1:8081;/,
    );
  });
});

test('the policy of the page names where files are put and got, where that is an S3', () => {
  const policy = contentPolicy({ chatUrl: '', tradeUrl: '' }, 'https://files.shop.example');
  expect(policy).toContain("connect-src 'self' https://files.shop.example;");
  expect(policy).toMatch(/img-src [^;]* https:\/\/files\.shop\.example;/);
});

test('won have no smaller unit, dollars have cents', () => {
  expect(money({ amount: 23_000, currency: 'KRW' }, 'ko')).toBe('₩23,000');
  expect(money({ amount: 23_000, currency: 'KRW' }, 'en')).toBe('₩23,000');
  expect(money({ amount: 1_999, currency: 'USD' }, 'en')).toBe('$19.99');
});

test('won are written as Intl writes them, in both languages', () => {
  for (const locale of ['ko', 'en']) {
    const intl = new Intl.NumberFormat(locale, { style: 'currency', currency: 'KRW' });
    for (const amount of [0, 1, 12, 999, 1_000, 12_345, 999_999, 1_000_000, 98_765_432_101, 99_000_000_000_000]) {
      expect(money({ amount, currency: 'KRW' }, locale)).toBe(intl.format(amount));
    }
  }
});

test('every currency is divided by its minor unit of ISO 4217, whatever decimals people write, and nothing of it is lost', () => {
  const places: Readonly<Record<string, number>> = {
    ...{
      BIF: 0,
      CLP: 0,
      DJF: 0,
      GNF: 0,
      ISK: 0,
      JPY: 0,
      KMF: 0,
      KRW: 0,
      PYG: 0,
      RWF: 0,
      UGX: 0,
      UYI: 0,
      VND: 0,
      VUV: 0,
    },
    ...{ XAF: 0, XOF: 0, XPF: 0, BHD: 3, IQD: 3, JOD: 3, KWD: 3, LYD: 3, OMR: 3, TND: 3, CLF: 4, UYW: 4 },
    // Before 2002 and the like; a browser may still know them.
    ...{ ADP: 0, BEF: 0, BYB: 0, BYR: 0, ESP: 0, GRD: 0, ITL: 0, LUF: 0, MGF: 0, PTE: 0, ROL: 0, TPE: 0, TRL: 0 },
  };
  const number = (text: string) => Number(text.replace(/[^\d.]/g, ''));
  for (const currency of Intl.supportedValuesOf('currency')) {
    const unit = 10 ** (places[currency] ?? 2);
    for (const amount of [0, 1, 1_234 * unit, 123_456_789]) {
      const shown = money({ amount, currency }, 'en').replace(currency, '');
      expect([currency, number(shown.replace(/^[^\d]*/, ''))]).toEqual([currency, amount / unit]);
    }
  }
  // Between code and number is a blank that does not break.
  expect(money({ amount: 150_000_00, currency: 'IDR' }, 'en')).toBe('IDR\u00a0150,000');
  expect(money({ amount: 150_000_50, currency: 'IDR' }, 'ko')).toBe('IDR\u00a0150,000.50');
});

test('what is left of a deadline counts whole seconds down to one, and then there is nothing', () => {
  expect(remaining(90_061_000, 0)).toEqual({ days: 1, hours: 1, minutes: 1, seconds: 1 });
  expect(remaining(1_000, 999)).toEqual({ days: 0, hours: 0, minutes: 0, seconds: 1 });
  expect(remaining(1_000, 1_000)).toBeNull();
  expect(english.remaining({ days: 2, hours: 3, minutes: 4, seconds: 5 })).toBe('2d 03:04:05');
  expect(korean.remaining({ days: 0, hours: 13, minutes: 4, seconds: 5 })).toBe('13:04:05');
});

test('the time is that of the answers, however wrong the device, and what fits does not move it', () => {
  let deviceMs = Date.parse('2026-12-01T00:20:00.000Z');
  const trueMs = () => deviceMs - 1_200_000;
  const clock = createServerClock(() => deviceMs);
  expect(clock.now()).toBe(deviceMs);
  clock.heard(null, 5);
  clock.heard('yesterday', 5);
  expect(clock.now()).toBe(deviceMs);
  const errors: number[] = [];
  for (let answers = 0; answers < 20; answers++) {
    deviceMs += 1_337;
    // `Date` has whole seconds.
    clock.heard(new Date(trueMs()).toUTCString(), 40);
    errors.push(Math.abs(clock.now() - trueMs()));
  }
  expect(Math.max(...errors)).toBeLessThanOrEqual(1_040);
  expect(errors.at(-1)).toBeLessThan(500);
  const before = clock.now() - trueMs();
  clock.heard(new Date(trueMs()).toUTCString(), 40);
  expect(clock.now() - trueMs()).toBe(before);
  // Somebody sets the device.
  deviceMs += 3_600_000;
  clock.heard(new Date(trueMs() - 3_600_000).toUTCString(), 40);
  expect(Math.abs(clock.now() - (trueMs() - 3_600_000))).toBeLessThanOrEqual(1_040);
});

describe('a change of a product', () => {
  const product = { id: 'a', version: 3, seatsLeft: 5, title: 'A' } as Product;
  const change = (version: number, id = 'a') => ({ id, version, seatsLeft: 4 }) as ProductChange;

  test('takes effect when it is newer, whatever order they come in', () => {
    expect(applyChange(product, change(4))).toEqual({ ...product, version: 4, seatsLeft: 4 });
    for (const old of [change(3), change(2), change(9, 'b')]) expect(applyChange(product, old)).toBe(product);
  });

  test('changes the page it is on and leaves the others the objects they were', () => {
    const other = { items: [{ ...product, id: 'b' }], nextCursor: null };
    const pages = { pages: [{ items: [product], nextCursor: 'x' }, other], pageParams: [null, 'x'] };
    const next = applyToPages(pages, change(4));
    expect(next.pages[0]!.items[0]!.seatsLeft).toBe(4);
    expect(next.pages[1]).toBe(other);
    expect(applyToPages(next, change(4))).toBe(next);
    expect([hasProduct(pages, 'b'), hasProduct(pages, 'c')]).toEqual([true, false]);
  });
});

test('an answer that is older than what was told meanwhile changes nothing back', () => {
  const product = (id: string, version: number) => ({ id, version, seatsLeft: version }) as Product;
  const [old, told] = [product('a', 3), product('a', 4)];
  expect([newer(undefined, old), newer(told, old), newer(old, told)]).toEqual([old, told, told]);
  expect(newer(product('b', 9), old)).toBe(old);
  const pages = (...items: Product[]) => ({ pages: [{ items, nextCursor: null }], pageParams: [null] });
  expect(newerPages(undefined, pages(old))).toEqual(pages(old));
  expect(newerPages(pages(told, product('b', 1)), pages(product('b', 2), old))).toEqual(pages(product('b', 2), told));
  const bought = (product: Product) => ({
    pages: [{ items: [{ product } as Purchase], nextCursor: null }],
    pageParams: [null],
  });
  expect(newerPages(bought(told), bought(old))).toEqual(bought(told));
});

test('both languages have every text, and none is empty', () => {
  expect(Object.keys(korean).sort()).toEqual(Object.keys(english).sort());
  expect(Object.keys(korean.errors).sort()).toEqual(Object.keys(english.errors).sort());
  for (const strings of [korean, english]) {
    for (const text of [...Object.values(strings), ...Object.values(strings.errors)]) expect(text).not.toBe('');
  }
});

test('a product without a picture gets one that fits its title, in either language', () => {
  expect(ownPicture('제주 감귤 10kg')).toBe('/pictures/tangerines.svg');
  expect(ownPicture('Fresh Strawberries')).toBe('/pictures/berries.svg');
  expect(ownPicture('../../etc/passwd')).toBe('/pictures/parcel.svg');
});

test('the way back from signing in stays in this shop', () => {
  expect(safePath('/products/1?tab=chat')).toBe('/products/1?tab=chat');
  for (const next of [
    null,
    '',
    'products',
    '//evil.example',
    '/\\evil.example',
    'https://evil.example',
    'javascript:x',
    '/\t/evil.example',
    '/\n\\evil.example',
    '\r//evil.example',
  ]) {
    expect(safePath(next)).toBe('/');
  }
  expect(signInPath('/')).toBe('/sign-in');
  expect(safePath(new URLSearchParams(signInPath('/products/1?a=b').split('?')[1]).get('next'))).toBe(
    '/products/1?a=b',
  );
});

test("the conversation in sight is that of the product's page: beside it on a desk, behind its tab on a telephone", () => {
  for (const path of ['/products/7', '/sell/7', '/products/7/']) {
    expect(openRoomOf(path, '', true)).toBe('7');
    expect(openRoomOf(path, '?tab=chat', false)).toBe('7');
    expect(openRoomOf(path, '', false)).toBeNull();
  }
  for (const path of ['/', '/rooms', '/sell', '/sell/new', '/sign-in']) {
    expect(openRoomOf(path, '?tab=chat', true)).toBeNull();
  }
});

test('an address has the page of its path, and what stands in the path for something', () => {
  const routes = ['/', '/products/:id', '/sell/new', '/sell/:id', '*'].map((path) => ({ path }));
  const found = (pathname: string) => {
    const { route, params } = findRoute(routes, pathname)!;
    return [route.path, params];
  };
  expect(found('/')).toEqual(['/', {}]);
  expect(found('/products/a%2Fb')).toEqual(['/products/:id', { id: 'a/b' }]);
  expect(found('/products/%EA%B7%A4/')).toEqual(['/products/:id', { id: '귤' }]);
  expect(found('/products/%')).toEqual(['/products/:id', { id: '%' }]);
  expect(found('/sell/new')).toEqual(['/sell/new', {}]);
  expect(found('/sell/newer')).toEqual(['/sell/:id', { id: 'newer' }]);
  for (const nowhere of ['/products', '/products/1/2', '/Products/1', '/sell/']) {
    expect(found(nowhere), nowhere).toEqual(['*', {}]);
  }
});
