import { createAuth } from '@gongu/host';
import { manualClock, serviceToken, userToken } from '@gongu/testkit';
import { describe, expect, it } from 'vitest';
import { createAnonymous } from '../../src/room/anonymous.ts';

const JWT_SECRET = 'a secret of users that has 32 bytes!!';
const SERVICE_SECRET = 'a secret of services with 32 bytes!!';
const DAY_MS = 86_400_000;

function given(tags: (string | null)[] = ['0001', '0002', '0003'], kept = true) {
  const clock = manualClock(Date.now());
  const auth = createAuth({ jwtSecret: JWT_SECRET, serviceSecret: SERVICE_SECRET, clock });
  let ids = 0;
  const anonymous = createAnonymous({
    tokens: {
      verify: (token) => auth.verifyUser(token),
      readExpired: async (token) => auth.readExpiredAnonymous(token, 180),
      async sign(user) {
        const token = auth.signAnonymous(user);
        return { token, expiresAtMs: (await auth.verifyUser(token)).expiresAtMs };
      },
    },
    tags: { claim: async () => tags.shift() ?? null, keep: async () => kept },
    newId: () => `id-${++ids}`,
    random: () => 0,
  });
  return { anonymous, auth, clock };
}

describe('an anonymous identity', () => {
  it('is new for one who has none: a Korean nickname, a tag, 30 days', async () => {
    const { anonymous, auth, clock } = given();
    const made = await anonymous(null);
    expect(made).toMatchObject({
      user: { userId: 'anon-id-1', nickname: '부지런한 감귤', tag: '0001' },
      renewed: true,
    });
    expect(Date.parse(made.expiresAt) - clock.now()).toBeGreaterThan(30 * DAY_MS - 2_000);
    expect(await auth.verifyUser(made.token)).toMatchObject({ ...made.user, anon: true, roles: [] });
  });

  it('comes back unchanged while its token is good', async () => {
    const { anonymous, clock } = given();
    const made = await anonymous(null);
    await clock.advance(29 * DAY_MS);
    expect(await anonymous(made.token)).toEqual({ ...made, renewed: false });
  });

  it('is renewed after its token expired: the same user, nickname and tag, so own messages stay own', async () => {
    const { anonymous, clock } = given();
    const made = await anonymous(null);
    await clock.advance(170 * DAY_MS);
    const again = await anonymous(made.token);
    expect(again).toMatchObject({ user: made.user, renewed: true });
    expect(again.token).not.toBe(made.token);
    expect(Date.parse(again.expiresAt)).toBeGreaterThan(clock.now() + 29 * DAY_MS);
  });

  it('is new for garbage, for tokens of others and for a forged expired one', async () => {
    const { anonymous, auth, clock } = given(Array.from({ length: 9 }, (_, i) => `000${i}`));
    const forged = userToken({
      sub: 'anon-x',
      anon: true,
      secret: 'some other secret of 32 bytes or so!',
      expiresInSeconds: -99,
    });
    const expiredUser = userToken({ sub: 'ann', secret: JWT_SECRET, expiresInSeconds: -99 });
    const good = auth.signAnonymous({ userId: 'anon-y', nickname: 'y', tag: '1' });
    const changed = `${good.slice(0, -4)}AAAA`;
    const none = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${good.split('.')[1]}.`;
    await clock.advance(1_000);
    for (const token of [
      '',
      'garbage',
      'a.b.c',
      forged,
      expiredUser,
      changed,
      none,
      serviceToken({ secret: SERVICE_SECRET }),
    ]) {
      const { user, renewed } = await anonymous(token);
      expect([user.userId.startsWith('anon-id-'), renewed], token.slice(0, 20)).toEqual([true, true]);
    }
  });

  it('gets another tag, and stays who it is, where its tag was given away meanwhile', async () => {
    const { anonymous, clock } = given(['0001', '0002'], false);
    const made = await anonymous(null);
    await clock.advance(31 * DAY_MS);
    const again = await anonymous(made.token);
    expect(again).toMatchObject({ user: { ...made.user, tag: '0002' }, renewed: true });
  });

  it('is a new one when its token was issued too long ago', async () => {
    const { anonymous, clock } = given();
    const made = await anonymous(null);
    await clock.advance(179 * DAY_MS);
    const kept = await anonymous(made.token);
    expect(kept.user).toEqual(made.user);
    await clock.advance(181 * DAY_MS);
    expect((await anonymous(kept.token)).user.userId).not.toBe(made.user.userId);
  });

  it('is left to a signed-in user as he is', async () => {
    const { anonymous } = given();
    const token = userToken({ sub: 'ann', nickname: 'Ann', secret: JWT_SECRET });
    expect(await anonymous(token)).toMatchObject({ token, user: { userId: 'ann', nickname: 'Ann' }, renewed: false });
  });

  it('tries other nicknames when one has given all its tags, and is UNAVAILABLE when none is left', async () => {
    expect(await given([null, null, '7777']).anonymous(null)).toMatchObject({ user: { tag: '7777' } });
    await expect(given([]).anonymous(null)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });
});
