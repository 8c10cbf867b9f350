import { createHmac, hkdfSync } from 'node:crypto';
import { AppError } from '@gongu/shared';
import { BAD_TIMES, GOOD_TIMES, manualClock, serviceToken, signToken, userToken } from '@gongu/testkit';
import { describe, expect, test } from 'vitest';
import { createShopKeys } from '../src/auth/shop-keys.ts';
import { type AuthOptions, createAuth, EnvError } from '../src/index.ts';

const JWT = 'user secret of thirty-two bytes...';
const SERVICE = 'service secret of thirty-two bytes';
const ANONYMOUS = Buffer.from(hkdfSync('sha256', SERVICE, '', 'gongu anonymous token', 32)).toString('latin1');

const clock = manualClock(Date.now());
const open = (options: Partial<AuthOptions> = {}) =>
  createAuth({ jwtSecret: JWT, serviceSecret: SERVICE, clock, ...options });

async function codeOf(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => 'good',
    (reason) => reason,
  );
  return error instanceof AppError ? error.code : String(error);
}
const anonymousToken = (claims: object) => {
  const signed = signToken({ ...claims, anon: true }, '')
    .split('.')
    .slice(0, 2)
    .join('.');
  const key = Buffer.from(ANONYMOUS, 'latin1');
  return `${signed}.${createHmac('sha256', key).update(signed).digest('base64url')}`;
};

describe('times', () => {
  test.each(BAD_TIMES)('%s: nobody is let in', async (_what, claims) => {
    const refused = /^(UNAUTHENTICATED|TOKEN_EXPIRED)$/;
    const auth = open();
    expect(await codeOf(auth.verifyUser(signToken({ sub: 'ann', ...claims }, JWT)))).toMatch(refused);
    expect(await codeOf(auth.verifyUser(anonymousToken({ sub: 'anon-1', ...claims })))).toMatch(refused);
    expect(await codeOf(auth.verifyService(serviceToken({ secret: SERVICE, claims })))).toMatch(refused);
  });

  test.each(GOOD_TIMES)('%s: the token is good, to an end that can be written', async (_what, claims) => {
    const user = await open().verifyUser(signToken({ sub: 'ann', ...claims }, JWT));
    expect(new Date(user.expiresAtMs).toISOString()).toMatch(/^\d{4}-/);
    expect((await open().verifyUser(anonymousToken({ sub: 'anon-1', ...claims }))).anon).toBe(true);
  });

  test('an exp that JSON reads as Infinity is refused', async () => {
    const claims = Buffer.from('{"sub":"ann","exp":1e400}').toString('base64url');
    const signed = `${signToken({}, JWT).split('.')[0]}.${claims}`;
    const token = `${signed}.${createHmac('sha256', JWT).update(signed).digest('base64url')}`;
    expect(await codeOf(open().verifyUser(token))).toBe('UNAUTHENTICATED');
  });
});

test.each([null, '', []])('optional claims that are %j count as absent', async (empty) => {
  const names = ['nickname', 'name', 'tag', 'roles', 'scope', 'anon', 'aud', 'iss', 'nbf', 'iat', 'jti', 'email'];
  const claims = Object.fromEntries(names.map((name) => [name, empty]));
  expect(await open().verifyUser(userToken({ sub: 'a-long-user-id', secret: JWT, claims }))).toMatchObject({
    ...{ userId: 'a-long-user-id', nickname: 'a-long-u', tag: null, roles: [], anon: false },
  });
  const service = serviceToken({ secret: SERVICE, claims: { scope: empty, nickname: empty } });
  expect(await codeOf(open().verifyService(service))).toBe('good');
});

test.each(['ann', 'a'.repeat(255), '가'.repeat(255), '😀'.repeat(255), 'auth0|0123', 'a b/c?d#e%20', '"\\', '...'])(
  'the user id %s is one',
  async (sub) => {
    expect((await open().verifyUser(userToken({ sub, secret: JWT }))).userId).toBe(sub);
  },
);

test.each(['\u0000', 'a\ud800', '\udc00'])('what can not be stored, %j, is no nickname, tag or role', async (odd) => {
  for (const claims of [{ nickname: odd }, { tag: odd }, { roles: ['seller', odd] }]) {
    const token = userToken({ sub: 'ann', secret: JWT, claims });
    expect([claims, await codeOf(open().verifyUser(token))]).toEqual([claims, 'UNAUTHENTICATED']);
  }
});

test('a nickname of 32 characters and a tag of 16 are good, whatever they are written with', async () => {
  for (const [nickname, tag] of [
    ['n'.repeat(32), 't'.repeat(16)],
    ['😀'.repeat(32), '😀'.repeat(16)],
  ] as const) {
    expect(await open().verifyUser(userToken({ sub: 'ann', secret: JWT, claims: { nickname, tag } }))).toMatchObject({
      ...{ nickname, tag },
    });
    for (const more of [{ nickname: `${nickname}n` }, { tag: `${tag}t` }]) {
      expect(await codeOf(open().verifyUser(userToken({ sub: 'ann', secret: JWT, claims: more })))).toBe(
        'UNAUTHENTICATED',
      );
    }
  }
});

describe('rules of the operator', () => {
  const verify = (options: Partial<AuthOptions>, claims: Record<string, unknown>) =>
    codeOf(open(options).verifyUser(userToken({ sub: 'ann', secret: JWT, claims })));
  const now = Math.floor(clock.now() / 1_000);

  test.each([undefined, null, '', 'https://other.example', 'https://id.example/', ['https://id.example'], 7])(
    'JWT_ISSUER: iss %j is refused',
    async (iss) => expect(await verify({ issuer: 'https://id.example' }, { iss })).toBe('UNAUTHENTICATED'),
  );

  test.each([undefined, null, '', [], 'other', ['other'], ['gongu2'], { gongu: 1 }, 7])(
    'JWT_AUDIENCE: aud %j is refused',
    async (aud) => expect(await verify({ audience: 'gongu' }, { aud })).toBe('UNAUTHENTICATED'),
  );

  test('JWT_ISSUER and JWT_AUDIENCE: what says so is good; aud may have others beside', async () => {
    const rules = { issuer: 'https://id.example', audience: 'gongu' };
    expect(await verify(rules, { iss: 'https://id.example', aud: 'gongu' })).toBe('good');
    expect(await verify(rules, { iss: 'https://id.example', aud: ['other', 'gongu'] })).toBe('good');
  });

  test.each([
    [{ iat: now, exp: now + 3_600 }, 'good'],
    [{ iat: now, exp: now + 3_601 }, 'UNAUTHENTICATED'],
    [{ iat: now - 3_000, exp: now + 600 }, 'good'],
    [{ iat: now - 3_000, exp: now + 601 }, 'UNAUTHENTICATED'],
    [{ iat: undefined, exp: now + 60 }, 'UNAUTHENTICATED'],
    [{ iat: null, exp: now + 60 }, 'UNAUTHENTICATED'],
    [{ iat: now + 29, exp: now + 3_600 }, 'good'],
    [{ iat: now, exp: 8.64e12 }, 'UNAUTHENTICATED'],
  ])('JWT_MAX_LIFETIME_S of an hour: %j is %s', async (claims, code) => {
    expect(await verify({ maxLifetimeS: 3_600 }, claims)).toBe(code);
  });

  test('an iat ahead of the clock by more than 30 s is refused whatever the rules are, and says so', async () => {
    const claims = (ahead: number) => ({ iat: now + ahead, exp: now + 86_400 });
    expect([await verify({}, claims(30)), await verify({}, claims(32))]).toEqual(['good', 'UNAUTHENTICATED']);
    const late = userToken({ sub: 'ann', secret: JWT, claims: claims(3_600) });
    await expect(open().verifyUser(late)).rejects.toThrow('issued in the future (iat)');
    const shop = createShopKeys({ secret: SERVICE, audience: 'trade', clock });
    const key = (ahead: number) => signToken({ ...claims(ahead), aud: 'trade', scope: 'users' }, SERVICE);
    expect(await codeOf(shop.verify(key(30), 'users'))).toBe('good');
    expect(await codeOf(shop.verify(key(32), 'users'))).toBe('UNAUTHENTICATED');
  });

  test('they are the users’ only: services and people without an account are as before', async () => {
    const auth = open({ issuer: 'https://id.example', audience: 'gongu', maxLifetimeS: 60 });
    const guest = auth.signAnonymous({ userId: 'anon-1', nickname: 'n', tag: '1' });
    expect((await auth.verifyUser(guest)).anon).toBe(true);
    await auth.verifyService(await auth.signService());
    // Development's sign-in keeps them.
    expect((await auth.verifyUser(auth.signUser({ userId: 'kim' }, 86_400))).expiresAtMs).toBe((now + 60) * 1_000);
  });
});

describe('several JWT_SECRETs', () => {
  const [old, fresh] = ['o'.repeat(32), 'f'.repeat(40)];
  const takes = async (jwtSecret: string, secret: string) =>
    (await codeOf(open({ jwtSecret }).verifyUser(userToken({ sub: 'ann', secret })))) === 'good';

  test.each([`${fresh},${old}`, ` ${fresh} , ${old}`])('%s: tokens of each are good', async (list) => {
    expect(await Promise.all([fresh, old, 'x'.repeat(32)].map((one) => takes(list, one)))).toEqual([true, true, false]);
    const newest = open({ jwtSecret: list }).signUser({ userId: 'kim' }, 60);
    expect((await open({ jwtSecret: fresh }).verifyUser(newest)).userId).toBe('kim');
  });

  test('a secret with a comma in it is one secret still', async () => {
    for (const one of ['a user secret of at least 32 bytes, ok', `${fresh},${old}`])
      expect(await takes(one, one)).toBe(true);
    expect(await takes('a user secret of at least 32 bytes, ok', 'a user secret of at least 32 bytes')).toBe(false);
  });

  test('none of them may be that of the services', () => {
    expect(() => open({ jwtSecret: `${fresh},${SERVICE}` })).toThrow(EnvError);
  });
});
