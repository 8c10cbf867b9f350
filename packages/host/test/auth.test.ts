import { AppError } from '@gongu/shared';
import { type JwksIssuer, manualClock, serviceToken, signToken, startJwks, userToken } from '@gongu/testkit';
import type { FastifyRequest } from 'fastify';
import { afterEach, expect, test } from 'vitest';
import {
  type AuthOptions,
  bearerOf,
  createAuth,
  EnvError,
  requireEither,
  requireService,
  requireUser,
} from '../src/index.ts';

const JWT = 'user secret of thirty-two bytes...';
const SERVICE = 'service secret of thirty-two bytes';

function open(options: Partial<AuthOptions> = {}) {
  const clock = manualClock(Date.now());
  return { clock, auth: createAuth({ jwtSecret: JWT, serviceSecret: SERVICE, clock, ...options }) };
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => 'no error',
    (reason) => reason,
  );
  return error instanceof AppError ? error.code : String(error);
}

const ann = { sub: 'ann', secret: JWT };

test.each(['HS256', 'HS384', 'HS512'] as const)("a user's token under %s is good", async (alg) => {
  const { auth } = open();
  const token = userToken({
    ...ann,
    alg,
    nickname: '앤',
    tag: '0007',
    roles: ['seller'],
    claims: { exp: 4_102_444_800 },
  });
  expect(await auth.verifyUser(token)).toEqual({
    userId: 'ann',
    nickname: '앤',
    tag: '0007',
    roles: ['seller'],
    anon: false,
    issuedAtS: expect.any(Number),
    expiresAtMs: 4_102_444_800_000,
  });
});

test('the nickname is the first 8 characters of sub where the token names none', async () => {
  const { auth } = open();
  expect((await auth.verifyUser(userToken({ sub: 'a-long-user-id', secret: JWT }))).nickname).toBe('a-long-u');
});

const unauthenticated: [string, string][] = [
  ['another secret', userToken({ sub: 'ann', secret: 'x'.repeat(40) })],
  ['alg none', `${signToken({ sub: 'ann', exp: 4e9 }, JWT, 'none').split('.').slice(0, 2).join('.')}.`],
  ['alg none with a signature', signToken({ sub: 'ann', exp: 4e9 }, JWT, 'none')],
  ['an algorithm of another kind', signToken({ sub: 'ann', exp: 4e9 }, JWT, 'RS256')],
  ['a name every object has as algorithm', signToken({ sub: 'ann', exp: 4e9 }, JWT, 'constructor')],
  ['a critical extension', signToken({ sub: 'ann', exp: 4e9 }, JWT, 'HS256', { crit: ['b64'] })],
  ['no exp', signToken({ sub: 'ann' }, JWT)],
  ['exp as text', signToken({ sub: 'ann', exp: '4000000000' }, JWT)],
  ['no sub', signToken({ exp: 4e9 }, JWT)],
  ['a sub with control characters', signToken({ sub: 'a\nb', exp: 4e9 }, JWT)],
  ['a sub of 256 characters', signToken({ sub: 'a'.repeat(256), exp: 4e9 }, JWT)],
  ['an empty sub', signToken({ sub: '', exp: 4e9 }, JWT)],
  ['a sub that is a number', signToken({ sub: 7, exp: 4e9 }, JWT)],
  ['a sub with a control character above ASCII', signToken({ sub: 'a\u0085', exp: 4e9 }, JWT)],
  ['a nickname of 33 characters', signToken({ sub: 'ann', nickname: 'n'.repeat(33), exp: 4e9 }, JWT)],
  ['aud chat under the users’ secret', signToken({ sub: 'ann', aud: 'chat', exp: 4e9 }, JWT)],
  ['not before tomorrow', signToken({ sub: 'ann', exp: 4e9, nbf: Date.now() / 1000 + 86_400 }, JWT)],
  ['an empty text', ''],
  ['no token at all', 'hello'],
  ['two parts', 'a.b'],
  ['9 000 characters', `${'a'.repeat(9_000)}.b.c`],
];
test.each(unauthenticated)('%s is UNAUTHENTICATED', async (_what, token) => {
  expect(await codeOf(open().auth.verifyUser(token))).toBe('UNAUTHENTICATED');
});

test('a signature is bound to every byte of the token', async () => {
  const { auth } = open();
  const [header, payload, signature] = userToken(ann).split('.') as [string, string, string];
  const other = userToken({ sub: 'bob', secret: JWT }).split('.')[1];
  expect(await codeOf(auth.verifyUser(`${header}.${other}.${signature}`))).toBe('UNAUTHENTICATED');
  expect(await codeOf(auth.verifyUser(`${header}.${payload}.${signature.slice(0, -2)}`))).toBe('UNAUTHENTICATED');
});

test('30 seconds of clock skew are forgiven, 31 are not', async () => {
  const { auth, clock } = open();
  const exp = Math.floor(clock.now() / 1000);
  const token = signToken({ sub: 'ann', exp }, JWT);
  clock.set(exp * 1000 + 29_999);
  expect((await auth.verifyUser(token)).userId).toBe('ann');
  clock.set(exp * 1000 + 30_000);
  expect(await codeOf(auth.verifyUser(token))).toBe('TOKEN_EXPIRED');
});

test("a service's token where a user's is needed is FORBIDDEN, and the other way round", async () => {
  const { auth } = open();
  expect(await codeOf(auth.verifyUser(serviceToken({ secret: SERVICE })))).toBe('FORBIDDEN');
  expect(await codeOf(auth.verifyService(userToken(ann)))).toBe('FORBIDDEN');
  expect(await codeOf(auth.verifyService(userToken({ sub: 'ann', secret: 'x'.repeat(40) })))).toBe('UNAUTHENTICATED');
  expect(await codeOf(auth.verifyService(serviceToken({ secret: JWT })))).toBe('UNAUTHENTICATED');
});

test('a service token: subject trade, audience chat, five minutes at most', async () => {
  const { auth } = open();
  const verify = (claims: Record<string, unknown>, expiresInSeconds = 240) =>
    codeOf(auth.verifyService(serviceToken({ secret: SERVICE, expiresInSeconds, claims })));
  expect(await verify({})).toBe('no error');
  expect(await verify({ aud: ['other', 'chat'] })).toBe('no error');
  expect(await verify({}, 320)).toBe('no error');
  expect(await verify({}, 340)).toBe('UNAUTHENTICATED');
  expect(await verify({}, -31)).toBe('TOKEN_EXPIRED');
  expect(await verify({ sub: 'somebody' })).toBe('UNAUTHENTICATED');
  expect(await verify({ aud: 'trade' })).toBe('UNAUTHENTICATED');
});

test.each([-86_400_000, -120_000, 120_000, 86_400_000])(
  'a clock that is set by %i ms brings a new service token at once',
  async (byMs) => {
    const right = manualClock();
    const wrong = manualClock(right.now() - byMs);
    const [sender, receiver] = [wrong, right].map((one) =>
      createAuth({ jwtSecret: JWT, serviceSecret: SERVICE, clock: one }),
    );
    await sender!.signService();
    wrong.set(right.now());
    await receiver!.verifyService(await sender!.signService());
    for (let minutes = 0; minutes < 10; minutes++) {
      await Promise.all([wrong, right].map((one) => one.advance(60_000)));
      await receiver!.verifyService(await sender!.signService());
    }
  },
);

test('signService gives the same token until a minute before its end', async () => {
  const { auth, clock } = open();
  const first = await auth.signService();
  await auth.verifyService(first);
  await clock.advance(239_000);
  expect(await auth.signService()).toBe(first);
  await clock.advance(1_000);
  const second = await auth.signService();
  expect(second).not.toBe(first);
  await auth.verifyService(second);
});

test('an anonymous token is good for 30 days, and readable after it for so many days as are asked for', async () => {
  const { auth, clock } = open();
  const token = auth.signAnonymous({ userId: 'anon-1', nickname: '즐거운 귤', tag: '0042' });
  const user = await auth.verifyUser(token);
  expect(user).toMatchObject({ userId: 'anon-1', nickname: '즐거운 귤', tag: '0042', anon: true, roles: [] });
  expect(user.expiresAtMs - clock.now()).toBeGreaterThan(29.9 * 86_400_000);
  await clock.advance(31 * 86_400_000);
  expect(await codeOf(auth.verifyUser(token))).toBe('TOKEN_EXPIRED');
  expect(auth.readExpiredAnonymous(token, 180)).toMatchObject({ userId: 'anon-1', anon: true });
  await clock.advance(148 * 86_400_000);
  expect(auth.readExpiredAnonymous(token, 180)).not.toBeNull();
  await clock.advance(2 * 86_400_000);
  expect(auth.readExpiredAnonymous(token, 180)).toBeNull();
});

test('only anonymous tokens of our own are read after their end', () => {
  const { auth } = open();
  expect(auth.readExpiredAnonymous(userToken({ ...ann, anon: true }), 180)).toBeNull();
  expect(auth.readExpiredAnonymous(userToken({ sub: 'anon-1', secret: SERVICE, anon: true }), 180)).toBeNull();
  expect(auth.readExpiredAnonymous('rubbish', 180)).toBeNull();
});

test('the anonymous key signs nobody who is not anonymous, and the service secret no user', async () => {
  const { auth } = open();
  const token = auth.signAnonymous({ userId: 'anon-1', nickname: 'n', tag: '1' });
  expect(JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()).anon).toBe(true);
  expect(await codeOf(auth.verifyUser(userToken({ sub: 'admin', secret: SERVICE })))).toBe('UNAUTHENTICATED');
});

test("anonymous tokens work beside JWKS_URL, where no users' secret is set", async () => {
  const { auth } = open({ jwtSecret: undefined, jwksUrl: 'http://127.0.0.1:9/jwks.json' });
  const token = auth.signAnonymous({ userId: 'anon-1', nickname: 'n', tag: '1' });
  expect((await auth.verifyUser(token)).anon).toBe(true);
  expect(await codeOf(auth.verifyUser(userToken(ann)))).toBe('UNAUTHENTICATED');
  expect(() => auth.signUser({ userId: 'ann' }, 60)).toThrow('JWT_SECRET');
});

test('signUser makes a token that verifyUser takes', async () => {
  const { auth } = open();
  const token = auth.signUser({ userId: 'kim', nickname: '김', roles: ['seller'] }, 60);
  expect(await auth.verifyUser(token)).toMatchObject({ userId: 'kim', nickname: '김', roles: ['seller'], anon: false });
});

test('equal secrets are refused at start', () => {
  expect(() => open({ serviceSecret: JWT })).toThrow(EnvError);
  expect(() => open({ jwtSecret: undefined })).toThrow(EnvError);
});

let issuer: JwksIssuer | undefined;
afterEach(async () => {
  await issuer?.stop();
  issuer = undefined;
});

test.each(['RS256', 'ES256'] as const)(
  '%s tokens are verified by published keys, which are fetched once',
  async (alg) => {
    issuer = await startJwks(alg);
    const { auth } = open({ jwksUrl: issuer.url });
    expect((await auth.verifyUser(await issuer.sign({ sub: 'lee' }))).userId).toBe('lee');
    expect((await auth.verifyUser(await issuer.sign({ sub: 'kim' }))).userId).toBe('kim');
    expect(issuer.requests).toBe(1);
    expect(await codeOf(auth.verifyUser(await issuer.sign({ sub: 'lee', exp: 1 })))).toBe('TOKEN_EXPIRED');
    expect(await codeOf(auth.verifyUser(await issuer.sign({ sub: 'lee', aud: 'chat' })))).toBe('UNAUTHENTICATED');
    const [header, , signature] = (await issuer.sign({ sub: 'lee' })).split('.');
    const forged = `${header}.${Buffer.from('{"sub":"x","exp":4000000000}').toString('base64url')}.${signature}`;
    expect(await codeOf(auth.verifyUser(forged))).toBe('UNAUTHENTICATED');
  },
);

test('keys that cannot be fetched are UNAVAILABLE, not the fault of the token', async () => {
  issuer = await startJwks();
  const token = await issuer.sign({ sub: 'lee' });
  const { auth } = open({ jwksUrl: issuer.url });
  await issuer.stop();
  expect(await codeOf(auth.verifyUser(token))).toBe('UNAVAILABLE');
});

test("callers: a person, a service, either; no header is the caller's fault", async () => {
  const { auth } = open();
  const request = (authorization?: string) =>
    ({ headers: { authorization }, server: { hasRequestDecorator: () => false } }) as unknown as FastifyRequest;
  const user = request(`bearer ${userToken(ann)}`);
  const service = request(`Bearer ${serviceToken({ secret: SERVICE })}`);
  expect((await requireUser(auth)(user)).userId).toBe('ann');
  expect(await codeOf(requireUser(auth)(service))).toBe('FORBIDDEN');
  expect(await codeOf(requireService(auth)(service))).toBe('no error');
  expect(await codeOf(requireService(auth)(user))).toBe('FORBIDDEN');
  expect(await requireEither(auth)(user)).toMatchObject({ userId: 'ann' });
  expect(await requireEither(auth)(service)).toBe('service');
  for (const caller of [requireUser, requireService, requireEither]) {
    expect(await codeOf(caller(auth)(request()))).toBe('UNAUTHENTICATED');
    expect(await codeOf(caller(auth)(request('Basic dTpw')))).toBe('UNAUTHENTICATED');
  }
  expect(bearerOf(request('Bearer  a.b.c '))).toBe('a.b.c');
});
