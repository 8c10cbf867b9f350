import { type ManualClock, manualClock, signToken } from '@gongu/testkit';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { chatOfThisFile, type Instance } from '../fixture/chat.ts';
import { SERVICE, SERVICE_SECRET, tokenOf, tradeToken, USER_SECRET } from '../fixture/tokens.ts';

const given = chatOfThisFile();
let chat: Instance;
let clock: ManualClock;
beforeAll(async () => {
  clock = manualClock(Date.now());
  chat = await given.start({}, { clock });
});
beforeEach(() => clock.set(Date.now()));

interface Anonymous {
  token: string;
  user: { userId: string; nickname: string; tag: string };
  expiresAt: string;
  renewed: boolean;
}
const anonymous = async (body?: unknown) =>
  (await chat.call<Anonymous>('POST', '/api/chat/tokens/anonymous', { body })).body;
const refusal = ({ status, body }: { status: number; body: { code: string } }) => [status, body.code];
const DAY_MS = 86_400_000;

describe('POST /api/chat/tokens/anonymous', () => {
  it('makes an identity: a Korean nickname with a tag of four digits, for 30 days', async () => {
    for (const body of [undefined, {}, { token: null }, { token: '' }, null]) {
      const made = await anonymous(body);
      expect(made).toEqual({
        token: expect.stringMatching(/^eyJ/),
        user: {
          userId: expect.stringMatching(/^anon-[0-9a-f-]{36}$/),
          nickname: expect.stringMatching(/^[가-힣]+ [가-힣]+$/),
          tag: expect.stringMatching(/^\d{4}$/),
        },
        expiresAt: expect.any(String),
        renewed: true,
      });
      expect((Date.parse(made.expiresAt) - clock.now()) / DAY_MS).toBeCloseTo(30, 3);
    }
  });

  it('keeps a token that is good, and renews one that has ended: the same sub, nickname and tag', async () => {
    const made = await anonymous();
    expect(await anonymous({ token: made.token })).toEqual({ ...made, renewed: false });
    await clock.advance(31 * DAY_MS);
    const renewed = await anonymous({ token: made.token });
    expect(renewed).toMatchObject({ user: made.user, renewed: true });
    expect(renewed.token).not.toBe(made.token);
    expect(await anonymous({ token: renewed.token })).toMatchObject({ token: renewed.token, renewed: false });
  });

  it('makes a new identity of garbage, of forgeries and of what is somebody else’s', async () => {
    const made = await anonymous();
    const payload = JSON.parse(Buffer.from(made.token.split('.')[1]!, 'base64url').toString());
    const forged = [
      ...['garbage', 'a.b.c', `${made.token}x`, made.token.slice(0, -4), tradeToken()],
      ...[signToken(payload, USER_SECRET.replace('w', 'v')), signToken(payload, SERVICE_SECRET)],
      tokenOf('ann', { expiresInSeconds: -31 * 86_400 }),
    ];
    for (const token of forged) {
      const { user, renewed } = await anonymous({ token });
      expect([renewed, user.userId === made.user.userId, user.userId.startsWith('anon-')]).toEqual([true, false, true]);
    }
  });

  it('talks: its token opens a socket, joins and sends', async () => {
    clock.set(Date.now());
    const { token, user } = await anonymous();
    const roomId = await chat.room();
    const client = await chat.connect(user.userId, { token });
    expect((await client.join(roomId)).you).toMatchObject({ ...user, role: 'GUEST' });
    const { seq } = await client.say(roomId);
    expect((await client.event('message', (one) => one.seq === seq)).sender).toEqual(user);
  });

  it('refuses bodies that are none', async () => {
    for (const body of [[], '"text"', { token: 7 }, { token: 'x'.repeat(8_193) }, '{']) {
      const answer = await chat.call('POST', '/api/chat/tokens/anonymous', { body });
      expect(refusal(answer), JSON.stringify(body)).toEqual([400, 'VALIDATION_FAILED']);
    }
  });
});

describe('POST /api/chat/tickets', () => {
  it('issues a ticket of 30 seconds to a user: 201', async () => {
    const { status, body } = await chat.call<{ ticket: string; expiresAt: string }>('POST', '/api/chat/tickets', {
      as: `Bearer ${tokenOf('ann', { claims: { exp: clock.now() / 1_000 + 600 } })}`,
    });
    given.logs.secret(body.ticket);
    expect([status, Object.keys(body).sort()]).toEqual([201, ['expiresAt', 'ticket']]);
    expect(body.ticket).toMatch(/^[\w-]{43}$/);
    const seconds = (Date.parse(body.expiresAt) - Date.now()) / 1_000;
    expect(seconds).toBeGreaterThan(25);
    expect(seconds).toBeLessThanOrEqual(31);
  });

  it('is refused without a token, and to the service', async () => {
    expect(refusal(await chat.call('POST', '/api/chat/tickets'))).toEqual([401, 'UNAUTHENTICATED']);
    clock.set(Date.now());
    expect(refusal(await chat.call('POST', '/api/chat/tickets', { as: SERVICE }))).toEqual([403, 'FORBIDDEN']);
  });
});

describe('the Authorization header', () => {
  it('is Bearer and a token, nothing else, and 401 says so', async () => {
    clock.set(Date.now());
    const token = tokenOf('ann');
    const good = [`Bearer ${token}`, `bearer ${token}`, `Bearer   ${token} `];
    for (const authorization of good) {
      expect((await chat.call('GET', '/api/chat/rooms', { headers: { authorization } })).status).toBe(200);
    }
    const bad = ['', 'Bearer', token, `Basic ${token}`, `Bearer ${token} ${token}`, `Bearer ${token},`, 'Bearer null'];
    for (const authorization of bad) {
      const answer = await chat.call('GET', '/api/chat/rooms', { headers: { authorization } });
      expect(refusal(answer), authorization.slice(0, 12)).toEqual([401, 'UNAUTHENTICATED']);
      expect(answer.headers.get('www-authenticate')).toBe('Bearer');
    }
    const ended = await chat.call('GET', '/api/chat/rooms', {
      as: `Bearer ${tokenOf('ann', { expiresInSeconds: -60 })}`,
    });
    expect(refusal(ended)).toEqual([401, 'TOKEN_EXPIRED']);
    // Not by a query, where proxies log it.
    expect(refusal(await chat.call('GET', `/api/chat/rooms?token=${token}`))).toEqual([401, 'UNAUTHENTICATED']);
  });

  it('of a service must be trade’s, for chat, short, and signed with the service’s secret', async () => {
    const now = Math.floor(Date.now() / 1_000);
    const claims = { sub: 'trade', aud: 'chat', exp: now + 240 };
    const bad: Record<string, string> = {
      'signed with the users’ secret': signToken(claims, USER_SECRET),
      'of an hour': signToken({ ...claims, exp: now + 3_600 }, SERVICE_SECRET),
      'without an end': signToken({ sub: 'trade', aud: 'chat' }, SERVICE_SECRET),
      'of somebody else': signToken({ ...claims, sub: 'shop' }, SERVICE_SECRET),
      HS512: signToken(claims, SERVICE_SECRET, 'HS512'),
      'alg none': `${Buffer.from('{"alg":"none"}').toString('base64url')}.${signToken(claims, SERVICE_SECRET).split('.')[1]}.`,
    };
    for (const [what, token] of Object.entries(bad)) {
      const answer = await chat.call('DELETE', '/api/chat/rooms/nowhere', { as: `Bearer ${token}` });
      expect(refusal(answer), what).toEqual([401, 'UNAUTHENTICATED']);
    }
    const ended = signToken({ ...claims, exp: now - 60 }, SERVICE_SECRET);
    expect(refusal(await chat.call('DELETE', '/api/chat/rooms/nowhere', { as: `Bearer ${ended}` }))).toEqual([
      ...[401, 'TOKEN_EXPIRED'],
    ]);
    expect(refusal(await chat.call('DELETE', '/api/chat/rooms/nowhere', { as: SERVICE }))).toEqual([404, 'NOT_FOUND']);
  });
});
