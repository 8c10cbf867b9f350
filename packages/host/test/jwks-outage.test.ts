import { createServer, type Server, type ServerResponse } from 'node:http';
import { AppError } from '@gongu/shared';
import { type ManualClock, manualClock } from '@gongu/testkit';
import { eventually } from '@gongu/testkit/eventually';
import { exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type Auth, createAuth } from '../src/index.ts';

interface Key {
  readonly jwk: JWK;
  sign(header?: { kid?: string; alg?: string }): Promise<string>;
}
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

let clock: ManualClock;
let auth: Auth;
let server: Server;
let asked = 0;
let answer: (response: ServerResponse) => void;

async function makeKey(
  kid: string | undefined,
  alg: 'RS256' | 'PS256' | 'ES256' | 'ES512' | 'EdDSA' | 'Ed25519' = 'ES256',
  more: object = {},
): Promise<Key> {
  const { publicKey, privateKey } = await generateKeyPair(alg);
  return {
    jwk: { ...(await exportJWK(publicKey)), ...(kid === undefined ? {} : { kid }), alg, use: 'sig', ...more },
    sign: (header = kid === undefined ? {} : { kid }) =>
      new SignJWT({ sub: 'ann', exp: 4_000_000_000 }).setProtectedHeader({ alg, ...header }).sign(privateKey),
  };
}
const publish =
  (...keys: (Key | JWK)[]) =>
  (response: ServerResponse) =>
    void response.end(JSON.stringify({ keys: keys.map((key) => ('jwk' in key ? key.jwk : key)) }));
const text =
  (body: string, status = 200) =>
  (response: ServerResponse) => {
    response.statusCode = status;
    response.end(body);
  };

async function codeOf(token: string): Promise<string> {
  const error = await auth.verifyUser(token).then(
    () => 'good',
    (reason) => reason,
  );
  return error instanceof AppError ? error.code : String(error);
}

beforeEach(async () => {
  clock = manualClock(Date.now());
  asked = 0;
  server = createServer((_request, response) => {
    asked++;
    answer(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  auth = createAuth({ jwksUrl: `http://127.0.0.1:${port}/keys`, serviceSecret: 's'.repeat(32), clock });
});
afterEach(async () => {
  vi.restoreAllMocks();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const JUNK: Record<string, (response: ServerResponse) => void> = {
  'is gone': (response) => response.destroy(),
  'answers 500': text('{"keys":[]}', 500),
  'answers 404': text('<html>', 404),
  'sends elsewhere': (response) => void response.writeHead(302, { location: '/other' }).end(),
  'answers a page': text('<html>We are back soon</html>'),
  'answers nothing': text(''),
  'answers null': text('null'),
  'answers an array': text('[]'),
  'answers no keys': text('{"keys":[]}'),
  'answers keys that are none': text('{"keys":[null,7,"x",{}]}'),
  'answers half of it': (response) => {
    response.writeHead(200, { 'content-length': '1000' });
    response.write('{"keys":[');
    setImmediate(() => response.destroy());
  },
  'answers without an end': (response) => {
    const more = () => {
      while (!response.destroyed && response.write('x'.repeat(65_536)));
    };
    response.on('drain', more);
    more();
  },
};

describe.each(Object.entries(JUNK))('an issuer that %s', (_what, junk) => {
  test('signs nobody out for a day whose key is known, and is asked seldom', async () => {
    const key = await makeKey('one');
    const other = await makeKey('two');
    answer = publish(key);
    expect(await codeOf(await key.sign())).toBe('good');
    answer = junk;
    const token = await key.sign();
    const [unknown, forged] = [await other.sign(), await other.sign({ kid: 'one' })];
    for (let hours = 0; hours < 23; hours++) {
      await clock.advance(HOUR);
      const before = asked;
      for (let i = 0; i < 5; i++) expect(await codeOf(token), `${hours} h`).toBe('good');
      // Nobody can tell whether a key that is not known is a new one; a known key tells of a forgery.
      for (let i = 0; i < 5; i++) expect(await codeOf(unknown), `${hours} h`).toBe('UNAVAILABLE');
      expect(await codeOf(forged)).toBe('UNAUTHENTICATED');
      expect(asked - before).toBeLessThanOrEqual(1);
    }
    await clock.advance(HOUR);
    expect(await codeOf(token)).toBe('UNAVAILABLE');
    answer = publish(key);
    await clock.advance(MINUTE);
    expect(await codeOf(token)).toBe('good');
    expect(await codeOf(unknown)).toBe('UNAUTHENTICATED');
  });
});

test('an issuer that is away from the start is asked again after 1, 2, 4 … 30 seconds, and not by each token', async () => {
  const key = await makeKey('one');
  const token = await key.sign();
  answer = JUNK['answers 500']!;
  for (const [seconds, requests] of [
    [0, 1],
    [0.9, 1],
    [0.1, 2],
    [1.9, 2],
    [0.1, 3],
    [4, 4],
    [8, 5],
    [16, 6],
    [29, 6],
    [1, 7],
    [30, 8],
  ] as const) {
    await clock.advance(seconds * 1_000);
    expect(await Promise.all([1, 2, 3].map(() => codeOf(token)))).toEqual(Array(3).fill('UNAVAILABLE'));
    expect(asked, `after ${seconds} more`).toBe(requests);
  }
  answer = publish(key);
  await clock.advance(30_000);
  expect(await codeOf(token)).toBe('good');
});

test('who asks while the issuer is away is told when it is asked again', async () => {
  answer = JUNK['answers 500']!;
  const token = await (await makeKey('one')).sign();
  for (const seconds of [1, 2, 4, 8]) {
    await expect(auth.verifyUser(token)).rejects.toMatchObject({ retryAfterMs: seconds * 1_000 });
    await clock.advance(seconds * 1_000);
  }
});

test('an issuer that hangs holds nobody up whose key is known, but the first who asks', async () => {
  const key = await makeKey('one');
  answer = publish(key);
  const token = await key.sign();
  expect(await codeOf(token)).toBe('good');
  answer = () => {};
  // The time that an answer may take, cut short.
  const timeout = vi.spyOn(AbortSignal, 'timeout').mockImplementation(() => AbortSignal.abort(new Error('too late')));
  await clock.advance(11 * MINUTE);
  expect(await codeOf(token)).toBe('good');
  timeout.mockRestore();
  await clock.advance(HOUR);
  // This one never ends within the test; who waits for it would not either.
  expect(await codeOf(token)).toBe('good');
  await eventually(() => expect(asked).toBe(1 + 1));
  expect(await codeOf(token)).toBe('good');
});

describe('keys that change', () => {
  test('a new key is read when a token of it comes, at most once in 30 seconds', async () => {
    const [one, two, three] = [await makeKey('one'), await makeKey('two'), await makeKey('three')];
    answer = publish(one);
    expect(await codeOf(await one.sign())).toBe('good');
    answer = publish(one, two);
    expect(await codeOf(await two.sign())).toBe('UNAUTHENTICATED');
    await clock.advance(30_000);
    const tokens = await Promise.all([1, 2, 3].map(() => two.sign()));
    expect(await Promise.all(tokens.map(codeOf))).toEqual(['good', 'good', 'good']);
    expect(asked).toBe(2);
    for (let i = 0; i < 5; i++) expect(await codeOf(await three.sign())).toBe('UNAUTHENTICATED');
    expect(asked).toBe(2);
    expect(await codeOf(await one.sign())).toBe('good');
  });

  test('an issuer that comes back with other keys under the old ids is believed', async () => {
    const [before, after] = [await makeKey('same'), await makeKey('same')];
    answer = publish(before);
    expect(await codeOf(await before.sign())).toBe('good');
    answer = publish(after);
    await clock.advance(30_000);
    expect(await codeOf(await after.sign())).toBe('good');
    expect(await codeOf(await before.sign())).toBe('UNAUTHENTICATED');
  });

  test('a key that is no longer published is not good for longer than ten minutes', async () => {
    const [one, two] = [await makeKey('one'), await makeKey('two')];
    answer = publish(one, two);
    expect(await codeOf(await one.sign())).toBe('good');
    answer = publish(two);
    await clock.advance(10 * MINUTE);
    expect(await codeOf(await one.sign())).toBe('UNAUTHENTICATED');
    expect(await codeOf(await two.sign())).toBe('good');
  });

  test('a day is counted from the last answer', async () => {
    const key = await makeKey('one');
    answer = publish(key);
    const token = await key.sign();
    expect(await codeOf(token)).toBe('good');
    await clock.advance(20 * HOUR);
    expect(await codeOf(token)).toBe('good');
    answer = JUNK['answers 500']!;
    await clock.advance(20 * HOUR);
    expect(await codeOf(token)).toBe('good');
    await clock.advance(DAY);
    expect(await codeOf(token)).toBe('UNAVAILABLE');
  });
});

describe('which key', () => {
  test.each(['RS256', 'PS256', 'ES256', 'ES512', 'EdDSA', 'Ed25519'] as const)(
    '%s: keys and tokens without an id are tried',
    async (alg) => {
      const keys = await Promise.all([undefined, '', 'named'].map((kid) => makeKey(kid, alg)));
      answer = publish(...keys);
      for (const key of keys) {
        for (const kid of [undefined, '', null as never]) expect(await codeOf(await key.sign({ kid }))).toBe('good');
      }
      for (const key of keys.slice(0, 2)) expect(await codeOf(await key.sign({ kid: 'unknown' }))).toBe('good');
      expect(await codeOf(await keys[2]!.sign({ kid: 'unknown' }))).toBe('UNAUTHENTICATED');
      expect(await codeOf(await (await makeKey(undefined, alg)).sign())).toBe('UNAUTHENTICATED');
    },
  );

  test('keys that are broken, of another kind or not for signatures stand in nobody’s way', async () => {
    const good = await makeKey('one');
    const broken = { ...good.jwk, x: 'AAAA' };
    const secret = { kty: 'oct', k: 'c2VjcmV0', kid: 'one' };
    answer = publish(broken, secret, { kty: 'EC', kid: 'one' }, await makeKey('one', 'RS256'), good);
    expect(await codeOf(await good.sign())).toBe('good');
    const sealed = await makeKey('sealed', 'ES256', { use: 'enc' });
    answer = publish(good, sealed);
    await clock.advance(MINUTE);
    expect(await codeOf(await sealed.sign())).toBe('UNAUTHENTICATED');
  });

  test.each([
    ['EdDSA', 'EdDSA'],
    ['EdDSA', 'Ed25519'],
    ['EdDSA', undefined],
    ['Ed25519', 'EdDSA'],
    ['Ed25519', 'Ed25519'],
    ['Ed25519', undefined],
  ] as const)('a token with alg %s is verified by an Ed25519 key with alg %s', async (alg, ofKey) => {
    const key = await makeKey('one', alg, ofKey === undefined ? {} : { alg: ofKey });
    const { alg: _, ...bare } = key.jwk;
    answer = publish(ofKey === undefined ? bare : key.jwk);
    expect(await codeOf(await key.sign())).toBe('good');
    expect(await codeOf(await (await makeKey('one', alg)).sign())).toBe('UNAUTHENTICATED');
  });

  test.each([
    ['says null of what it does not say', { alg: null, use: null, key_ops: null, kid: null }],
    ['says nothing in empty texts and lists', { alg: '', use: '', key_ops: [], kid: '', x5c: [] }],
    ['may sign too', { key_ops: ['sign', 'verify'], ext: 'true' }],
    ['is published with its private half', { d: 'AAAA', key_ops: ['verify', 'verify'] }],
    ['is numbered', { kid: 7 }],
  ])('a key that %s is good', async (_, said) => {
    const key = await makeKey('7', 'ES256', said);
    answer = publish(key);
    for (const kid of ['7', 7 as never, undefined]) expect(await codeOf(await key.sign({ kid }))).toBe('good');
    expect(await codeOf(await (await makeKey('7')).sign())).toBe('UNAUTHENTICATED');
  });

  test('a key for another algorithm of its kind is not tried, nor is one of Ed448', async () => {
    const key = await makeKey('one', 'RS256');
    answer = publish(
      { ...key.jwk, alg: 'RS512' },
      { ...key.jwk, alg: 'PS256' },
      { ...key.jwk, key_ops: ['sign'] },
      { kty: 'OKP', crv: 'Ed448', kid: 'one', x: 'A'.repeat(76) },
    );
    expect(await codeOf(await key.sign())).toBe('UNAUTHENTICATED');
    expect(await codeOf(await (await makeKey('one', 'Ed25519')).sign())).toBe('UNAUTHENTICATED');
  });

  test('16 keys are tried for one token, those with its id first', async () => {
    const verified = vi.spyOn(crypto.subtle, 'verify');
    const tried = () => verified.mock.calls.splice(0).length;
    const bare = await Promise.all(Array.from({ length: 40 }, () => makeKey(undefined)));
    const named = await makeKey('named');
    answer = publish(...bare, named);
    expect(await codeOf(await named.sign())).toBe('good');
    expect(tried()).toBe(1);
    for (const [i, outcome] of [
      [15, 'good'],
      [16, 'UNAUTHENTICATED'],
    ] as const) {
      expect(await codeOf(await bare[i]!.sign({}))).toBe(outcome);
      expect(tried()).toBe(16);
    }
  });
});
